// Every event that survives obeys the bounds; and they are reached, or nearly.
#include "thalweg/kinematics/cut_bounds.h"

#include <gtest/gtest.h>

#include <cmath>

#include "test_momenta.h"

namespace thalweg {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Cut cut(Observable o, std::vector<std::vector<int>> tuples, double min, double max = kInfinity) {
  return {"c", o, std::move(tuples), min, max};
}

double mass_of(const Momenta& p, std::uint32_t set, std::size_t e) {
  double v[4] = {};
  for (std::size_t l = 2; l < p.legs(); ++l)
    for (std::size_t mu = 0; mu < 4; ++mu) v[mu] += (set >> (l - 2) & 1) ? p.component(l, mu)[e] : 0;
  return std::sqrt(std::max(v[0] * v[0] - v[1] * v[1] - v[2] * v[2] - v[3] * v[3], 0.0));
}

TEST(CutBounds, HoldForAllEventsThatPass) {
  const std::vector<double> masses = {0, 10, 0};
  const std::vector<std::vector<Cut>> sets = {
      {},
      {cut(Observable::mass, {{2, 3}}, 60)},
      {cut(Observable::mass, {{2, 4}}, 60, 120), cut(Observable::pt, {{3}}, 20)},
      {cut(Observable::pt, {{2}, {3}, {4}}, 25)},
      {cut(Observable::pt, {{2}}, 30)},
      {cut(Observable::pt, {{2}, {4}}, 20), cut(Observable::delta_r, {{2, 4}}, 0.7)},
      {cut(Observable::pt, {{2}, {4}}, 5), cut(Observable::delta_r, {{2, 4}}, 3.5)},
      {cut(Observable::ht, {{2, 3, 4}}, 150)},
      {cut(Observable::transverse_mass, {{2, 4}}, 60)},
      {cut(Observable::mt_particle, {{3}}, 40)},
  };
  for (const auto& list : sets) {
    Arena arena;
    const Cuts cuts(list);
    const std::size_t n = 200'000;
    const Momenta p = Momenta::take(arena, 5, n);
    ASSERT_TRUE(random_momenta({std::vector<double>{0, 0, 0, 10, 0}, 2, 11, 300, 0, 7}, p));
    const CutBounds bounds(cuts, 2, masses, 300);
    std::vector<std::uint8_t> pass(n);
    cuts.apply(p, arena, pass);
    double lowest[8], least_energy = 1e300;
    std::fill_n(lowest, 8, 1e300);
    for (std::size_t e = 0; e < n; ++e) {
      if (!pass[e]) continue;
      for (std::uint32_t set = 1; set < 8; ++set) {
        const double m = mass_of(p, set, e);
        lowest[set] = std::min(lowest[set], m);
        ASSERT_GE(m, bounds.least_mass(set) * (1 - 1e-9) - 1e-5);
        ASSERT_LE(m, bounds.most_mass(set) * (1 + 1e-9));
      }
      least_energy = std::min(least_energy, mass_of(p, 7, e));
      for (std::size_t i = 0; i < 3; ++i)
        ASSERT_GE(std::hypot(p.component(2 + i, 1)[e], p.component(2 + i, 2)[e]), bounds.least_pt(i));
    }
    EXPECT_GE(least_energy, bounds.least_energy() * (1 - 1e-9));
    EXPECT_LT(least_energy, bounds.least_energy() * 1.35 + 5);
  }
}

// The bound of two jets is reached: equal p_T, no distance in rapidity.
TEST(CutBounds, JetPairsAreTight) {
  const Cuts cuts({cut(Observable::pt, {{2}, {3}}, 20), cut(Observable::delta_r, {{2, 3}}, 0.4)});
  const CutBounds bounds(cuts, 2, {0, 0}, 13000);
  EXPECT_NEAR(bounds.least_mass(3), 20 * std::sqrt(2 * (1 - std::cos(0.4))), 1e-12);
  EXPECT_NEAR(bounds.least_energy(), 40, 1e-12);
}

// A massless particle beside a massive one: 2 p.q > 0 as long as p_T > 0 and the energy is finite.
TEST(CutBounds, SoftGluonsStayAwayFromTheirEmitters) {
  const Cuts cuts({cut(Observable::pt, {{3}}, 20)});
  const CutBounds bounds(cuts, 2, {173, 0}, 13000);
  EXPECT_GT(bounds.least_mass(3), 173.2);
  EXPECT_LT(bounds.least_mass(3), 174);
}

TEST(CutBounds, PermutedParticlesTakeTheirCutsAlong) {
  const Cuts cuts({cut(Observable::pt, {{2}}, 20), cut(Observable::mass, {{2, 4}}, 50, 90)});
  const CutBounds bounds = CutBounds(cuts, 2, {1, 2, 3}, 1000).permuted({2, 0, 1});
  EXPECT_EQ(bounds.mass(0), 3);
  EXPECT_EQ(bounds.least_pt(1), 20);
  EXPECT_EQ(bounds.most_mass(0b011), 90);
  EXPECT_EQ(bounds.most_mass(0b101), kInfinity);
}

TEST(CutBounds, KnowDirections) {
  EXPECT_FALSE(CutBounds(Cuts({cut(Observable::abs_eta, {{2}}, 0, 5)}), 2, {0, 0}, 100).has_direction());
  EXPECT_TRUE(CutBounds(Cuts({cut(Observable::eta, {{2}}, 0, 5)}), 2, {0, 0}, 100).has_direction());
}

}  // namespace
}  // namespace thalweg
