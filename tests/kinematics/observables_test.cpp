#include "thalweg/kinematics/observables.h"

#include <gtest/gtest.h>

#include "test_momenta.h"
#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

constexpr std::size_t kEvents = 500;

std::vector<double> values(Observable o, const Momenta& p, std::vector<int> legs) {
  std::vector<double> out(p.size());
  evaluate(o, p, legs, out);
  return out;
}

void boost_along_z(const Momenta& p, double eta) {
  for (std::size_t l = 0; l < p.legs(); ++l)
    for (std::size_t i = 0; i < p.size(); ++i) {
      double &e = p.component(l, 0)[i], &z = p.component(l, 3)[i];
      const double e1 = std::cosh(eta) * e + std::sinh(eta) * z;
      z = std::cosh(eta) * z + std::sinh(eta) * e;
      e = e1;
    }
}

TEST(Observables, BoostsAlongTheBeamShiftRapidityAndNothingElse) {
  Arena arena;
  const Momenta p = test::two_body_events(arena, kEvents, {0, 0, 5, 80}, 100, 1000, 1);
  const std::vector<Observable> unchanged = {Observable::pt, Observable::mt_particle, Observable::phi};
  std::vector<std::vector<double>> before;
  for (Observable o : unchanged) before.push_back(values(o, p, {2}));
  const auto mass = values(Observable::mass, p, {2, 3}), y = values(Observable::rapidity, p, {2});
  boost_along_z(p, 1.7);
  for (std::size_t k = 0; k < unchanged.size(); ++k) {
    const auto after = values(unchanged[k], p, {2});
    for (std::size_t i = 0; i < kEvents; ++i)
      EXPECT_NEAR(after[i], before[k][i], 1e-10 * std::abs(before[k][i]) + 1e-12);
  }
  const auto mass_after = values(Observable::mass, p, {2, 3}), y_after = values(Observable::rapidity, p, {2});
  for (std::size_t i = 0; i < kEvents; ++i) {
    EXPECT_NEAR(mass_after[i], mass[i], 1e-10 * mass[i]);
    EXPECT_NEAR(y_after[i], y[i] + 1.7, 1e-11);
  }
}

TEST(Observables, MasslessRapidityIsPseudorapidity) {
  Arena arena;
  const Momenta p = test::two_body_events(arena, kEvents, {0, 0, 0, 0}, 10, 1000, 2);
  const auto eta = values(Observable::eta, p, {2}), y = values(Observable::rapidity, p, {2});
  const auto c = values(Observable::cos_theta, p, {2}), dr = values(Observable::delta_r, p, {2, 3});
  for (std::size_t i = 0; i < kEvents; ++i) {
    EXPECT_NEAR(eta[i], y[i], 1e-9);
    EXPECT_NEAR(std::tanh(eta[i]), c[i], 1e-12);
    EXPECT_NEAR(dr[i], std::hypot(2 * eta[i], 3.14159265358979), 1e-9);  // back to back
  }
}

TEST(Observables, HtIsTheSumOfTransverseMasses) {
  Arena arena;
  const Momenta p = test::two_body_events(arena, 50, {0, 0, 173, 80}, 400, 1000, 3);
  const auto ht = values(Observable::ht, p, {2, 3}), a = values(Observable::mt_particle, p, {2}),
             b = values(Observable::mt_particle, p, {3});
  for (std::size_t i = 0; i < 50; ++i) EXPECT_DOUBLE_EQ(ht[i], a[i] + b[i]);
}

// M_T of W > l v is what an analysis takes: 2 p_T p_T' (1 - cos) without masses; boosts along the beam leave it, and it
// never exceeds the mass, nor mt_pair.
TEST(Observables, TransverseMass) {
  Arena arena;
  const Momenta p = Momenta::take(arena, 5, kEvents);
  for (const double heavy : {0.0, 40.0}) {
    ASSERT_TRUE(random_momenta({std::vector<double>{0, 0, 0, heavy, 0}, 2, 100, 300, 0.3, 7}, p));
    const auto mt = values(Observable::transverse_mass, p, {2, 3}), pt_a = values(Observable::pt, p, {2}),
               pt_b = values(Observable::pt, p, {3}), angle = values(Observable::delta_phi, p, {2, 3}),
               mass = values(Observable::mass, p, {2, 3}), pair = values(Observable::mt_pair, p, {2, 3});
    for (std::size_t i = 0; i < kEvents; ++i) {
      const double et = std::hypot(pt_b[i], heavy);
      const double expected = std::sqrt(heavy * heavy + 2 * pt_a[i] * (et - pt_b[i] * std::cos(angle[i])));
      EXPECT_NEAR(mt[i], expected, 1e-7 * expected + 1e-6);
      EXPECT_LE(mt[i], mass[i] * (1 + 1e-9));
      EXPECT_LE(mt[i], pair[i] * (1 + 1e-9));
    }
    boost_along_z(p, 1.3);
    const auto after = values(Observable::transverse_mass, p, {2, 3});
    for (std::size_t i = 0; i < kEvents; ++i) EXPECT_NEAR(after[i], mt[i], 1e-8 * mt[i] + 1e-6);
  }
}

TEST(ObservableCall, Grammar) {
  const auto call = parse_observable(" mass( e+ , e- ) ");
  EXPECT_EQ(call.observable, Observable::mass);
  EXPECT_EQ(call.arguments, (std::vector<std::string>{"e+", "e-"}));
  EXPECT_EQ(parse_observable("ht").observable, Observable::ht);
  EXPECT_EQ(parse_observable("missing_pt").observable, Observable::missing_pt);
  EXPECT_EQ(parse_observable("transverse_mass(e+, ve)").observable, Observable::transverse_mass);
  for (const char* bad : {"pt(e+,)", "pt(,e+)", "missing_pt(ve)", "transverse_mass(e+)", "mt_pair(e+)",
                          "mt_particle(a, b)", "mt", "mt(e+)", "mt(e+, ve)", "", "mas(e+)", "mass(e+", "mass()",
                          "delta_r(j)", "delta_r(a,b,c)", "ht(e+)", "pt(e+) x"})
    EXPECT_THROW(parse_observable(bad), RequestError) << bad;
  try {
    parse_observable("mt(e+, ve)");
  } catch (const RequestError& error) {
    EXPECT_NE(std::string(error.what()).find("transverse_mass"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("mt_pair"), std::string::npos);
  }
}

}  // namespace
}  // namespace thalweg
