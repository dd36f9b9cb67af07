#include "thalweg/flow/adam.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>

namespace thalweg {
namespace {

void on_every_target(const auto& body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(Adam, FollowsThePublishedAlgorithm) {
  on_every_target([] {
    Adam adam(16);
    AlignedVector<float> p(16, 1.0F), g(16);
    std::vector<double> q(16, 1.0), m(16), v(16);
    for (int t = 1; t <= 20; ++t) {
      for (std::size_t i = 0; i < 16; ++i) g[i] = static_cast<float>(std::sin(t + static_cast<double>(i)));
      adam.step(p, g, 0.01);
      for (std::size_t i = 0; i < 16; ++i) {
        const double gi = static_cast<double>(g[i]);
        m[i] = 0.9 * m[i] + 0.1 * gi;
        v[i] = 0.999 * v[i] + 0.001 * gi * gi;
        q[i] -= 0.01 * m[i] / (1 - std::pow(0.9, t)) / (std::sqrt(v[i] / (1 - std::pow(0.999, t))) + 1e-8);
        ASSERT_NEAR(static_cast<double>(p[i]), q[i], 2e-6);
      }
    }
  });
}

TEST(Adam, ParametersWithoutGradientStayAndStayFinite) {
  on_every_target([] {
    Adam adam(32);
    AlignedVector<float> p(32, 0.5F), g(32, 0.0F);
    g[3] = 1;
    for (int t = 0; t < 3; ++t) adam.step(p, g, 0.1);
    for (std::size_t i = 0; i < 32; ++i) {
      if (i == 3)
        EXPECT_LT(p[i], 0.25F);
      else
        EXPECT_EQ(p[i], 0.5F);
    }
  });
}

TEST(Schedule, StartsAndEndsWhereItShould) {
  for (const Schedule s : {Schedule::cosine, Schedule::exponential, Schedule::inverse}) {
    EXPECT_NEAR(scheduled_rate(s, 1e-3, 1e-5, 0, 100), 1e-3, 1e-12);
    EXPECT_NEAR(scheduled_rate(s, 1e-3, 1e-5, 99, 100), 1e-5, 1e-12);
    EXPECT_LT(scheduled_rate(s, 1e-3, 1e-5, 50, 100), 1e-3);
  }
  EXPECT_EQ(scheduled_rate(Schedule::constant, 1e-3, 1e-5, 50, 100), 1e-3);
}

}  // namespace
}  // namespace thalweg
