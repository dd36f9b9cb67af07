#include "thalweg/phasespace/propagator_map.h"

#include <gtest/gtest.h>

#include <cmath>

namespace thalweg {
namespace {

const PropagatorMap kMaps[] = {
    PropagatorMap::massive(91.188, 2.441404, 225, 1.69e8),
    PropagatorMap::massive(400, 0.0005, 225, 1.69e8),
    PropagatorMap::massive(400, 50, 225, 1.69e8),
    PropagatorMap::massless(2, 225, 1.69e8),
    PropagatorMap::massless(1, 225, 1.69e8),
    PropagatorMap::massless(0.8, 0, 1.69e8),
    PropagatorMap::massless(0, 225, 1.69e8),
    PropagatorMap::massless(1.3, 225, 1.69e8),
};

// The condition number of inverse(forward(z)) is g(s) ulp(s): rounding of s, seen in z.
TEST(PropagatorMap, InverseOfForwardIsTheIdentity) {
  for (const PropagatorMap& map : kMaps)
    for (int i = 1; i < 1000; ++i) {
      const double z = i / 1000.0, s = map.forward(z);
      EXPECT_NEAR(map.inverse(s), z, 100 * 2.3e-16 * (1 + s * map.density(s)));
      EXPECT_GE(s, map.s_min());
      EXPECT_LE(s, map.s_max());
    }
}

TEST(PropagatorMap, DensityIsTheInverseDerivative) {
  for (const PropagatorMap& map : kMaps)
    for (int i = 1; i < 100; ++i) {
      const double s = map.forward(i / 100.0), h = 1e-6 / map.density(s);
      if (s - h < map.s_min() || s + h > map.s_max()) continue;
      EXPECT_NEAR((map.inverse(s + h) - map.inverse(s - h)) / (2 * h), map.density(s), 1e-4 * map.density(s));
    }
}

TEST(PropagatorMap, EndsAreReachedAndOutsideIsZero) {
  for (const PropagatorMap& map : kMaps) {
    EXPECT_NEAR(map.forward(0), map.s_min(), 1e-9 * map.s_max());
    EXPECT_NEAR(map.forward(1) / map.s_max(), 1, 1e-5);
    EXPECT_EQ(map.density(map.s_max() * 1.01), 0);
    EXPECT_EQ(map.density(map.s_min() * 0.99 - 1), 0);
  }
}

}  // namespace
}  // namespace thalweg
