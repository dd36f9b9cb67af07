#include "thalweg/sampling/blind_spots.h"

#include <gtest/gtest.h>

#include <functional>

namespace thalweg {
namespace {

class Square : public Integrand {
 public:
  Square(std::size_t dim, std::function<double(const std::vector<double>&)> f) : dim_(dim), f_(std::move(f)) {}
  std::size_t dim() const override { return dim_; }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return "square"; }
  void evaluate(std::size_t, const Batch& y, const Evaluation& out, Arena&) const override {
    std::vector<double> x(dim_);
    for (std::size_t e = 0; e < y.size; ++e) {
      for (std::size_t d = 0; d < dim_; ++d) x[d] = y.row(d)[e];
      out.weight[e] = f_(x);
    }
  }

 private:
  std::size_t dim_;
  std::function<double(const std::vector<double>&)> f_;
};

BlindSpots spots_of(const Square& f, std::uint64_t seed, int threads = 2, bool adapted = true) {
  IntegratorConfig config;
  config.seed = seed;
  config.threads = threads;
  config.adapt_grids = adapted;
  config.points = 100'000;
  const Integrator integrator(f, config);
  IntegratorState state = integrator.initial_state();
  integrator.integrate(state, [](const IntegratorState&) {});
  return find_blind_spots(f, state, UnweightingPlan::from_budget(state.channels, 1e-3), 100'000, seed, threads);
}

TEST(BlindSpots, ACornerWithHalfOfTheIntegralIsSeen) {
  const Square corner(
      3, [](const std::vector<double>& x) { return 1 + (x[0] < 1e-3 && x[1] > 1 - 1e-3 && x[2] < 1e-3 ? 1e9 : 0); });
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const BlindSpots spots = spots_of(corner, seed);
    EXPECT_TRUE(is_blind(spots)) << seed;
    EXPECT_NEAR(spots.share, 0.5, 0.35);
    EXPECT_NE(spots.where.find("y ="), std::string::npos);
  }
}

TEST(BlindSpots, ASpikeIsSeenOrSampled) {
  const Square spike(2, [](const std::vector<double>& x) {
    return 1 + (std::abs(x[0] - 0.4) < 0.005 && std::abs(x[1] - 0.7) < 0.005 ? 1e4 : 0);
  });
  for (std::uint64_t seed = 1; seed <= 5; ++seed)
    EXPECT_FALSE(is_blind(spots_of(spike, seed))) << "grids have found it, seed " << seed;
  // A sampler that has missed it: the state of a flat integrand.
  const Square flat(2, [](const std::vector<double>&) { return 1.0; });
  IntegratorConfig config;
  config.points = 100'000;
  const Integrator integrator(flat, config);
  IntegratorState state = integrator.initial_state();
  integrator.integrate(state, [](const IntegratorState&) {});
  const UnweightingPlan plan = UnweightingPlan::from_budget(state.channels, 1e-3);
  EXPECT_TRUE(is_blind(find_blind_spots(spike, state, plan, 100'000, 1, 2)));
  EXPECT_FALSE(is_blind(find_blind_spots(flat, state, plan, 100'000, 1, 2)));
}

TEST(BlindSpots, TheSameForAnyNumberOfThreads) {
  const Square peak(2, [](const std::vector<double>& x) { return 1 / (1e-3 + x[0] * x[0] + x[1]); });
  const BlindSpots one = spots_of(peak, 3, 1), two = spots_of(peak, 3, 2);
  EXPECT_EQ(one.share, two.share);
  EXPECT_EQ(one.where, two.where);
  EXPECT_FALSE(is_blind(one));
}

}  // namespace
}  // namespace thalweg
