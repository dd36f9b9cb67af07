#include "thalweg/phasespace/invariant_map.h"

#include <gtest/gtest.h>

#include <cmath>

namespace thalweg {
namespace {

struct Case {
  InvariantMap map;
  double lo, hi;
};
const Case kCases[] = {
    {InvariantMap::massive(91.188, 2.441404), 225, 1.69e8},
    {InvariantMap::massive(400, 0.0005), 225, 1.69e8},
    {InvariantMap::massive(400, 50), 225, 1.69e8},
    {InvariantMap::massive(91.188, 2.4), 40000, 1e6},
    {InvariantMap::massive(91.188, 2.4), 10, 1000},
    {InvariantMap::power(2), 225, 1.69e8},
    {InvariantMap::power(1), 225, 1.69e8},
    {InvariantMap::power(0.8), 0, 1.69e8},
    {InvariantMap::power(0), 225, 1.69e8},
    {InvariantMap::power(0.5), 0, 1.69e8},
    {InvariantMap::power(1.3), 225, 1.69e8},
    {InvariantMap::power(1.5), 225, 1.69e8},
    {InvariantMap::power(1, -173.0 * 173), 30100, 1e6},
    {InvariantMap::power(1, 80.0 * 80), 0, 1e6},
    {InvariantMap::volume(1), 0, 1e6},
    {InvariantMap::volume(4), 900, 1e6},
};

// The condition number of inverse(forward(z)): rounding of s (and of a shift), seen in z, is g(s) ulp(s).
double condition(const InvariantMap& map, double s, double lo, double hi) {
  return 1 + (s + std::abs(map.shift)) * map.density(s, lo, hi);
}

TEST(InvariantMap, InverseOfForwardIsTheIdentity) {
  for (const auto& [map, lo, hi] : kCases)
    for (int i = 1; i < 1000; ++i) {
      const double z = i / 1000.0, s = map.forward(z, lo, hi);
      EXPECT_NEAR(map.inverse(s, lo, hi), z, 100 * 2.3e-16 * condition(map, s, lo, hi));
      EXPECT_GE(s, lo);
      EXPECT_LE(s, hi);
    }
}

TEST(InvariantMap, DensityIsTheInverseDerivative) {
  for (const auto& [map, lo, hi] : kCases)
    for (int i = 1; i < 100; ++i) {
      const double s = map.forward(i / 100.0, lo, hi), h = 1e-6 / map.density(s, lo, hi);
      if (s - h < lo || s + h > hi) continue;
      EXPECT_NEAR((map.inverse(s + h, lo, hi) - map.inverse(s - h, lo, hi)) / (2 * h), map.density(s, lo, hi),
                  1e-4 * map.density(s, lo, hi));
    }
}

TEST(InvariantMap, EndsAreReachedAndOutsideIsZero) {
  for (const auto& [map, lo, hi] : kCases) {
    EXPECT_NEAR(map.forward(0, lo, hi), lo, 1e-9 * hi);
    EXPECT_NEAR(map.forward(1, lo, hi) / hi, 1, 1e-5);
    EXPECT_EQ(map.density(hi * 1.01, lo, hi), 0);
    EXPECT_EQ(map.density(lo * 0.99 - 1, lo, hi), 0);
  }
}

}  // namespace
}  // namespace thalweg
