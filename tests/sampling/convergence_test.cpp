#include "thalweg/sampling/convergence.h"

#include <gtest/gtest.h>

#include <cmath>

namespace thalweg {
namespace {

// f on [0, 1].
class Line : public Integrand {
 public:
  explicit Line(std::function<double(double)> f) : f_(std::move(f)) {}
  std::size_t dim() const override { return 1; }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return "line"; }
  void evaluate(std::size_t, const Batch& y, const Evaluation& out, Arena&) const override {
    for (std::size_t e = 0; e < y.size; ++e) out.weight[e] = f_(y.row(0)[e]);
  }

 private:
  std::function<double(double)> f_;
};

IntegratorState integrated(const std::function<double(double)>& f, double accuracy, std::uint64_t most = 40'000'000) {
  const Line line(f);
  IntegratorConfig config;
  config.accuracy = accuracy;
  config.threads = 2;
  config.minimum_points = 50'000;
  config.maximum_points = most;
  const Integrator integrator(line, config);
  IntegratorState state = integrator.initial_state();
  integrator.integrate(state, [](const IntegratorState&) {});
  return state;
}

TEST(Convergence, WhatConvergesIsAccepted) {
  EXPECT_FALSE(why_not_converged(integrated([](double x) { return 1 / std::sqrt(x); }, 1e-4), 0.001));
  const IntegratorState smooth = integrated([](double x) { return std::exp(-x); }, 1e-4);
  EXPECT_FALSE(why_not_converged(smooth, 0.001));
  EXPECT_LT(std::abs(chi2_significance(smooth)), 5);
  EXPECT_TRUE(why_not_converged(smooth, 0.5)) << "overweights";
}

TEST(Convergence, APoleEndsAndIsRefused) {
  const IntegratorState state = integrated([](double x) { return 1 / x; }, 1e-3);
  EXPECT_TRUE(state.complete);
  EXPECT_LT(total(state).points, 40'000'000U) << "it ends before its limit";
  EXPECT_TRUE(why_not_converged(state, 0.001));
}

TEST(Convergence, WhatIsOutOfReachEndsEarly) {
  const IntegratorState state = integrated([](double x) { return 1 + 50 * std::sin(2 * M_PI * x); }, 1e-3);
  EXPECT_TRUE(state.complete);
  EXPECT_LT(total(state).points, 5'000'000U);
  EXPECT_NEAR(total(state).value, 1, 5 * total(state).error);
  EXPECT_FALSE(why_not_converged(state, 0.001)) << "slow is not divergent";
}

}  // namespace
}  // namespace thalweg
