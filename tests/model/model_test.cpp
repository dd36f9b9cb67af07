#include "thalweg/model/model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

TEST(Model, VerticesConserveChargeAndColour) {
  for (const std::string& name : Model::names()) {
    const Model model(name);
    for (const Vertex& v : model.vertices(model.default_parameters())) {
      int charge = 0, coloured = 0;
      for (std::size_t l = 0; l < v.legs(); ++l) {
        const int pdg = v.lines[l];
        charge += model.charge3(pdg);
        coloured += model.particle(pdg).colour != 1;
      }
      EXPECT_EQ(charge, 0);
      EXPECT_NE(coloured, 1);
      EXPECT_EQ(v.qcd + v.qed, static_cast<int>(v.legs()) - 2);
    }
  }
}

TEST(Model, AntiparticlesAndNames) {
  const Model model("sm");
  EXPECT_EQ(model.pdg("e+"), -11);
  EXPECT_EQ(model.anti(-11), 11);
  EXPECT_EQ(model.anti(22), 22);
  for (const std::string& name : model.particle_names()) EXPECT_EQ(model.particle_name(model.pdg(name)), name);
  EXPECT_THROW(model.pdg("e"), RequestError);
  EXPECT_THROW(Model("smm"), RequestError);
}

// MadGraph's derived values for its default inputs.
TEST(Parameters, DerivedValues) {
  const Parameters p = Parameters::defaults("sm");
  EXPECT_NEAR(p.get("mass.w"), 80.41900244575616, 1e-11);
  EXPECT_NEAR(p.sin2_theta_w(), 0.22224648578577766, 1e-13);
  EXPECT_NEAR(p.electric_charge(), 0.3079537672443688, 1e-14);
}

TEST(Parameters, SchemesAgreeOnTheirCommonPoint) {
  const Parameters a = Parameters::defaults("sm");
  Parameters b = Parameters::defaults("sm");
  b.set_scheme("gmu");
  b.set("mass.w", a.get("mass.w"));
  b.derive();
  EXPECT_NEAR(b.get("alpha_em_inverse"), a.get("alpha_em_inverse"), 1e-9);
}

TEST(Parameters, WrongInputIsRefused) {
  Parameters p = Parameters::defaults("sm");
  EXPECT_THROW(p.set("mass.zz", 1), RequestError);
  EXPECT_THROW(p.set("mass.zp", 1), RequestError);  // not a parameter of sm
  EXPECT_THROW(p.set("mass.z", -1), RequestError);
  EXPECT_THROW(p.set("mass.z", std::numeric_limits<double>::quiet_NaN()), RequestError);
  EXPECT_THROW(p.set_scheme("x"), RequestError);
  p.set("mass.z", 10.0);
  EXPECT_THROW(p.derive(), RequestError);
}

}  // namespace
}  // namespace thalweg
