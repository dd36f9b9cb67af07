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

// The global fit of the PDG review of 2022: parameters and the sizes of the elements to all their digits.
TEST(Parameters, MixingMatrixOfWolfensteinsParameters) {
  const double lambda = 0.22500, a = 0.826, rho = 0.159, eta = 0.348;
  const MixingMatrix v = wolfenstein_matrix(lambda, a, rho, eta);
  const double expected[3][3] = {
      {0.97435, 0.22500, 0.00369}, {0.22486, 0.97349, 0.04182}, {0.00857, 0.04110, 0.999118}};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(std::abs(v[i][j]), expected[i][j], 1.5e-5);
  EXPECT_LT(non_unitarity(v), 1e-15);
  const auto apex = -v[0][0] * std::conj(v[0][2]) / (v[1][0] * std::conj(v[1][2]));
  EXPECT_NEAR(apex.real(), rho, 1e-12);
  EXPECT_NEAR(apex.imag(), eta, 1e-12);
  EXPECT_NEAR((v[0][1] * v[1][2] * std::conj(v[0][2] * v[1][1])).imag(), 3.08e-5, 0.02e-5);  // Jarlskog's invariant
  EXPECT_EQ(non_unitarity(wolfenstein_matrix(0, 0.8, 0.1, 0.3)), 0);
}

TEST(Parameters, MixingMatricesThatCannotBe) {
  auto with = [](std::vector<std::pair<const char*, double>> values, bool check = true) {
    Parameters p = Parameters::defaults("sm");
    p.set_ckm_unitary(check);
    for (const auto& [name, value] : values) p.set(name, value);
    p.derive();
    return p;
  };
  EXPECT_THROW(with({{"ckm.us", 0.225}}), RequestError);  // not unitary
  EXPECT_EQ(with({{"ckm.us", 0.225}}, false).get("ckm.us"), 0.225);
  EXPECT_NO_THROW(with({{"ckm.ud", 0.9745}, {"ckm.us", 0.2245}, {"ckm.cd", -0.2245}, {"ckm.cs", 0.9745}}));
  EXPECT_THROW(with({{"ckm.lambda", 0.2}, {"ckm.us", 0.2}}), RequestError);  // one or the other
  EXPECT_THROW(with({{"ckm.lambda", 1.0}}), RequestError);
  EXPECT_THROW(with({{"ckm.lambda", 0.9}, {"ckm.a", 2}}), RequestError);
  EXPECT_THROW(with({{"ckm.lambda", 0.9}, {"ckm.a", 1.2}, {"ckm.rhobar", 1}}), RequestError);
  EXPECT_THROW(with({{"ckm.xd", 1}}), RequestError);
  EXPECT_THROW(with({{"mass.w", 80.3}}), RequestError);  // follows
  EXPECT_NO_THROW(with({{"mass.w", 80.419002}}));
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
