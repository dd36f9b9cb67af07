// Every event that survives obeys the bounds; and they are reached, or nearly.
#include "thalweg/kinematics/cut_bounds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

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

double pt_of(const Momenta& p, std::uint32_t set, std::size_t e) {
  double x = 0, y = 0;
  for (std::size_t l = 2; l < p.legs(); ++l)
    if (set >> (l - 2) & 1) x += p.component(l, 1)[e], y += p.component(l, 2)[e];
  return std::hypot(x, y);
}

// Along z, to partons of any fractions of two hadrons.
void boost_along_z(const Momenta& p, double energy, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (std::size_t e = 0; e < p.size(); ++e) {
    double total = 0;
    for (std::size_t l = 2; l < p.legs(); ++l) total += p.component(l, 0)[e];
    const double y = uniform(random) * std::log(energy / total), c = std::cosh(y), s = std::sinh(y);
    for (std::size_t l = 0; l < p.legs(); ++l) {
      double &t = p.component(l, 0)[e], &z = p.component(l, 3)[e];
      const double old = t;
      t = c * t + s * z, z = c * z + s * old;
    }
  }
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
      {cut(Observable::pt, {{2, 4}}, 60)},
      {cut(Observable::pt, {{2, 3}}, 40), cut(Observable::mass, {{2, 3}}, 30, 90)},
      {cut(Observable::pt, {{2}}, 50), cut(Observable::pt, {{4}}, 0, 20)},
      {cut(Observable::pt, {{2, 3}}, 40), cut(Observable::pt, {{3}}, 0, 10)},
      {cut(Observable::energy, {{2}, {4}}, 20)},
      {cut(Observable::energy, {{3}}, 40), cut(Observable::abs_eta, {{3}}, 0, 1)},
      {cut(Observable::energy, {{2}}, 30), cut(Observable::cos_theta, {{2}}, -0.5, 0.9)},
      {cut(Observable::energy, {{4}}, 30), cut(Observable::eta, {{4}}, 0.5, 2), cut(Observable::pt, {{2}}, 10)},
      {cut(Observable::energy, {{4}}, 30), cut(Observable::abs_rapidity, {{4}}, 0, 1.5)},
      {cut(Observable::energy, {{3}}, 30), cut(Observable::rapidity, {{3}}, -1, 1)},
  };
  for (const auto& list : sets) {
    Arena arena;
    const Cuts cuts(list);
    const std::size_t n = 200'000;
    const Momenta p = Momenta::take(arena, 5, n);
    ASSERT_TRUE(random_momenta({std::vector<double>{0, 0, 0, 10, 0}, 2, 11, 300, 0, 7}, p));
    boost_along_z(p, 300, 8);
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
      for (std::uint32_t set = 1; set < 7; ++set)
        ASSERT_GE(pt_of(p, set, e), bounds.least_pt_of_set(set) * (1 - 1e-12) - 1e-12);
      for (std::size_t i = 0; i < 3; ++i) ASSERT_GE(pt_of(p, 1u << i, e), bounds.least_pt(i) * (1 - 1e-12));
    }
    EXPECT_GE(least_energy, bounds.least_energy() * (1 - 1e-9));
    bool energies = false;  // in the frame of the collider: no bound on those of the partons
    for (const Cut& c : list) energies = energies || c.observable == Observable::energy;
    if (!energies) {
      EXPECT_LT(least_energy, bounds.least_energy() * 1.35 + 5);
    }
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

// At fixed energy two particles are back to back, so that the angle of one and their masses give both p_T.
TEST(CutBounds, TwoParticlesBalance) {
  for (const Cut& angle : {cut(Observable::cos_theta, {{3}}, -0.9, 0.8), cut(Observable::abs_eta, {{2}}, 0, 1.5),
                           cut(Observable::eta, {{3}}, -1, 2), cut(Observable::rapidity, {{3}}, -1, 1.2)}) {
    Arena arena;
    const Momenta p = Momenta::take(arena, 4, 300'000);
    ASSERT_TRUE(random_momenta({std::vector<double>{0, 0, 20, 0}, 2, 100 - 1e-12, 100, 0, 9}, p));
    const Cuts cuts({angle});
    const CutBounds bounds(cuts, 2, {20, 0}, 100, true);
    std::vector<std::uint8_t> pass(p.size());
    cuts.apply(p, arena, pass);
    double lowest = 1e300;
    for (std::size_t e = 0; e < p.size(); ++e)
      if (pass[e]) lowest = std::min(lowest, pt_of(p, 1, e));
    for (const std::size_t i : {0u, 1u}) {
      EXPECT_GT(bounds.least_pt(i), 0);
      EXPECT_GE(lowest, bounds.least_pt(i) * (1 - 1e-9));
      EXPECT_LT(lowest, bounds.least_pt(i) * 1.001);
    }
  }
  EXPECT_EQ(CutBounds(Cuts({cut(Observable::cos_theta, {{3}}, -0.9, 0.8)}), 2, {20, 0}, 100).least_pt(0), 0);
}

TEST(CutBounds, TransverseMomentaBalance) {
  const CutBounds met(Cuts({cut(Observable::pt, {{2, 3}}, 200)}), 2, {0, 0, 0}, 13000);
  EXPECT_EQ(met.least_pt(2), 200);
  EXPECT_EQ(met.least_pt_of_set(0b011), 200);
  EXPECT_EQ(met.least_pt(0), 0);
  EXPECT_NEAR(met.least_energy(), 400, 1e-9);
  const CutBounds two(Cuts({cut(Observable::pt, {{2}}, 25)}), 2, {0, 0}, 13000);
  EXPECT_EQ(two.least_pt(1), 25);
  const CutBounds soft(Cuts({cut(Observable::pt, {{2}}, 50), cut(Observable::pt, {{4}}, 0, 20)}), 2, {0, 0, 0}, 13000);
  EXPECT_NEAR(soft.least_pt(1), 30, 1e-12);
  const CutBounds both(Cuts({cut(Observable::energy, {{2}}, 50), cut(Observable::abs_eta, {{2}}, 0, 1)}), 2, {0, 0},
                       900);
  EXPECT_NEAR(both.least_pt(0), 50 / std::cosh(1.0), 1e-9);
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
