#include "thalweg/sampling/integrator.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "thalweg/base/errors.h"
#include "thalweg/base/json_reader.h"
#include "thalweg/base/random.h"
#include "thalweg/sampling/unweighting.h"

namespace thalweg {
namespace {

// The camel back of Heimel, thesis, eqs. 5.24 to 5.27: two Cauchy maps, alpha_i = g_i / sum g. cut: f = 0
// below 2.5, exact integral 0.705529.
class Camel : public Integrand {
 public:
  explicit Camel(bool cut = false, double bad_share = 0) : cut_(cut), bad_share_(bad_share) {}
  std::size_t dim() const override { return 1; }
  std::size_t channels() const override { return 2; }
  std::string channel_name(std::size_t c) const override { return std::to_string(c); }
  std::size_t record_size() const override { return 1; }
  void evaluate(std::size_t c, const Batch& y, const Evaluation& out, Arena&) const override {
    for (std::size_t e = 0; e < y.size; ++e) {
      const double x = kMu[c] + std::numbers::sqrt2 * kSigma[c] * std::tan(std::numbers::pi * (y.row(0)[e] - 0.5));
      const double g[2] = {density(0, x), density(1, x)};
      out.weight[e] = (cut_ && x < 2.5) ? 0 : (0.35 * normal(0, x) + 0.65 * normal(1, x)) / g[c];
      if (y.row(0)[e] < bad_share_) out.weight[e] = std::nan("");
      set_alpha(out, c, e, std::array{g[0] / (g[0] + g[1]), g[1] / (g[0] + g[1])});
      if (out.records.dim) out.records.row(0)[e] = x;
    }
  }
  static double normal(int i, double x) {
    const double t = (x - kMu[i]) / kSigma[i];
    return std::exp(-t * t / 2) / (kSigma[i] * std::sqrt(2 * std::numbers::pi));
  }

 private:
  static constexpr double kMu[2] = {2, 5}, kSigma[2] = {0.5, 0.1};
  static double density(int i, double x) {
    const double d = x - kMu[i], w = std::numbers::sqrt2 * kSigma[i];
    return w / (std::numbers::pi * (d * d + w * w));
  }
  bool cut_;
  double bad_share_;
};

IntegratorConfig config(int threads = 1) {
  IntegratorConfig c;
  c.threads = threads;
  c.accuracy = 1e-4;
  c.adaptation_points = 5000;
  return c;
}

IntegratorState integrate(const Integrand& f, const IntegratorConfig& c) {
  const Integrator integrator(f, c);
  IntegratorState state = integrator.initial_state();
  integrator.integrate(state, [](const IntegratorState&) {});
  return state;
}

TEST(Integrator, ReachesTheExactValueAtTheAccuracyAskedFor) {
  const std::pair<bool, double> cases[] = {{false, 1.0}, {true, 0.705529}};
  for (const auto& [cut, exact] : cases) {
    const Integral result = total(integrate(Camel(cut), config()));
    EXPECT_NEAR(result.value, exact, 5 * result.error + 1e-6);
    EXPECT_LE(result.error, 1e-4 * result.value);
    EXPECT_LT(result.chi2_per_dof, 5);
  }
}

// Published relative error for 10^4 events split evenly, alpha optimal: 0.769 %, exact 0.7727 % (thesis,
// Tab. 5.1); cut 1.0182 %. Flat sampling of the channels, so that nothing adapts.
TEST(Integrator, PublishedErrorOfTheCamelBack) {
  const std::pair<bool, double> cases[] = {{false, 0.7727}, {true, 1.0182}};
  for (const auto& [cut, percent] : cases) {
    IntegratorConfig c = config();
    c.adapt_grids = false;
    c.points = 4'000'000;
    const IntegratorState state = integrate(Camel(cut), c);
    const double variance = 2 * (state.channels[0].variance() + state.channels[1].variance());
    EXPECT_NEAR(100 * std::sqrt(variance / 1e4) / total(state).value, percent, 0.003);
  }
}

TEST(Integrator, SameBitsForAnyNumberOfThreads) {
  const auto one = integrate(Camel(), config(1)).to_json().dump();
  for (int threads : {2, 5}) EXPECT_EQ(integrate(Camel(), config(threads)).to_json().dump(), one);
}

TEST(Integrator, GoesOnFromACheckpointToTheSameBits) {
  const Camel camel;
  const Integrator keep(camel, config());
  std::vector<std::string> checkpoints;
  IntegratorState state = keep.initial_state();
  keep.integrate(state, [&](const IntegratorState& s) { checkpoints.push_back(s.to_json().dump()); });
  for (const std::string& text : checkpoints) {
    IntegratorState resumed = IntegratorState::from_json(nlohmann::json::parse(text));
    keep.integrate(resumed, [](const IntegratorState&) {});
    EXPECT_EQ(resumed.to_json().dump(), state.to_json().dump());
  }
}

TEST(Integrator, PointsAreExact) {
  IntegratorConfig c = config();
  c.points = 123'456;
  const Integral result = total(integrate(Camel(), c));
  EXPECT_GE(result.points, 123'456u);
  EXPECT_LE(result.points, 123'456u + 20);
}

// Fifty channels of weights that are 1, and 1001 for one point in a thousand: their mean is 2.
class RareLargeWeights : public Integrand {
 public:
  std::size_t dim() const override { return 1; }
  std::size_t channels() const override { return 50; }
  std::string channel_name(std::size_t c) const override { return std::to_string(c); }
  void evaluate(std::size_t c, const Batch& y, const Evaluation& out, Arena&) const override {
    static const std::vector<double> even(50, 0.02);
    for (std::size_t e = 0; e < y.size; ++e) {
      out.weight[e] = y.row(0)[e] < 1e-3 ? 1001 : 1;
      set_alpha(out, c, e, even);
    }
  }
};

// Points are given to channels by the weights that they have shown, and that must not pull the mean of all runs down
// (by 26 % for means pooled by points of a channel). False alarm: 1e-6, and the mean error is the one stated.
TEST(Integrator, AllocationDoesNotBias) {
  IntegratorConfig c = config();
  c.adapt_grids = false;
  c.adaptation_iterations = 1;
  c.adaptation_points = 400;
  c.points = 100'000;
  const RareLargeWeights f;
  WeightStatistics values;
  for (c.seed = 1; c.seed <= 60; ++c.seed) values.add(total(integrate(f, c)).value);
  EXPECT_NEAR(values.mean(), 2, 4.9 * std::sqrt(values.error2()));
  EXPECT_LT(std::sqrt(values.error2()), 0.04);
}

// Weights that are 1 and, rarely, 1001: the relative variance of the error's square is that of the number
// of large weights, 1/(N p), and no warning where there are many.
TEST(Integrator, SpreadOfTheError) {
  IntegratorConfig c = config();
  c.adapt_grids = false;
  c.adaptation_iterations = 1;
  const RareLargeWeights f;
  for (const std::uint64_t points : {2'000, 2'000'000}) {
    c.points = points;
    const double expected = 1 / (1e-3 * static_cast<double>(points));
    const Integral result = total(integrate(f, c));
    // N p large weights: 2 +- 1.4, 2000 +- 45
    EXPECT_NEAR(result.error_spread / expected, 1, points > 10'000 ? 0.15 : 0.8);
    EXPECT_EQ(result.error_spread > kErrorSpread, points < 10'000);
  }
}

TEST(Integrator, NonFiniteWeightsAreCountedAndTooManyFail) {
  EXPECT_GT(total(integrate(Camel(false, 2e-5), config())).non_finite, 0u);
  EXPECT_THROW(integrate(Camel(false, 1e-3), config()), RunError);
}

TEST(Allocate, NineTenthsFollowSigma) {  // rounded up
  EXPECT_EQ(allocate(1'200'000, {3, 1, 0}, {1, 1, 1}), (std::vector<std::uint64_t>{850'000, 310'001, 40'000}));
  EXPECT_EQ(allocate(100, {0, 0}, {1, 1}), (std::vector<std::uint64_t>{50, 50}));
}

struct Unweighted {
  std::vector<double> x, weight, trials;
};
Unweighted unweight(const Camel& camel, const IntegratorState& state, const UnweightingPlan& plan,
                    std::uint64_t chunks) {
  Unweighted result;
  Arena arena;
  for (std::uint64_t k = 0; k < chunks; ++k) {
    arena.reset();
    const auto chunk = unweight_chunk(camel, state.maps(), plan, 1, k, arena);
    for (std::size_t i = 0; i < chunk.rows.size(); i += kRowHead + 1) {
      result.weight.push_back(chunk.rows[i]);
      result.trials.push_back(chunk.rows[i + 2]);
      result.x.push_back(chunk.rows[i + kRowHead]);
    }
  }
  return result;
}

// Unweighted events follow f: chi^2 in 50 bins of the cumulative distribution, also when a good part of
// the weights lies above the maximum (5 sigma; weights enter the errors by their squares).
TEST(Unweighting, EventsFollowTheDensity) {
  const Camel camel;
  const IntegratorState state = integrate(camel, config());
  for (double budget : {0.0, 1e-3, 0.1}) {
    const auto plan = UnweightingPlan::from_budget(state.channels, budget);
    const Unweighted events = unweight(camel, state, plan, 60);
    double total_weight = 0, over = 0;
    std::vector<double> sum(50), squares(50);
    for (std::size_t i = 0; i < events.x.size(); ++i) {
      auto cumulative = [](double t) { return std::erfc(-t / std::numbers::sqrt2) / 2; };
      const double u = 0.35 * cumulative((events.x[i] - 2) / 0.5) + 0.65 * cumulative((events.x[i] - 5) / 0.1);
      const auto bin = std::min<std::size_t>(49, static_cast<std::size_t>(50 * u));
      sum[bin] += events.weight[i], squares[bin] += events.weight[i] * events.weight[i];
      total_weight += events.weight[i], over += events.weight[i] - 1;
    }
    double chi2 = 0;
    for (std::size_t b = 0; b < 50; ++b) chi2 += std::pow(sum[b] - total_weight / 50, 2) / squares[b];
    EXPECT_NEAR(chi2, 49, 5 * std::sqrt(98.0)) << budget;
    EXPECT_LT(over / total_weight, 1.5 * budget + 1e-6);
  }
}

// Trials count every attempt: sum of weights / sum of trials x the weight of a trial is the integral.
TEST(Unweighting, TrialsAreTrueCounts) {
  const Camel camel;
  const IntegratorState state = integrate(camel, config());
  const auto plan = UnweightingPlan::from_budget(state.channels, 1e-3);
  const Unweighted events = unweight(camel, state, plan, 60);
  double w = 0, trials = 0;
  for (std::size_t i = 0; i < events.x.size(); ++i) w += events.weight[i], trials += events.trials[i];
  EXPECT_NEAR(w / trials * plan.sum(), 1, 5 * std::sqrt(1 / w));
}

// Weights 1 with tails of different strength: the budget is kept and used, and no exchange of a little of it between
// channels makes events cheaper.
TEST(Unweighting, BudgetGoesWhereItSavesMost) {
  const double powers[] = {0.1, 0.3, 0.5};
  const std::vector<double> cost = {1, 2, 5};
  std::vector<WeightStatistics> channels(3);
  for (std::size_t c = 0; c < 3; ++c)
    for (int i = 1; i <= 1'000'000; ++i) channels[c].add(std::pow(i / 1e6, -powers[c]));
  for (const double budget : {0.01, 0.05}) {
    const auto plan = UnweightingPlan::from_budget(channels, budget, cost);
    EXPECT_LE(plan.over, budget);
    EXPECT_GT(plan.over, 0.95 * budget);
    // P(w > w_max) = w_max^(-1/power) as cost
    for (std::size_t c = 1; c < 3; ++c)
      EXPECT_NEAR(std::pow(plan.w_max[c], -1 / powers[c]) / std::pow(plan.w_max[0], -1 / powers[0]), cost[c] / cost[0],
                  0.1 * cost[c]);
  }
  EXPECT_EQ(UnweightingPlan::from_budget(channels, 0, cost).w_max[2], channels[2].maximum());
}

// Weights u^-0.4 in channels of 500 points each, whose overweight above any maximum is known: w^(1 - 1/p) p / (1 - p).
// What the plan expects comes true on new weights, also where the largest weight is not large enough; from the weights
// alone it is too small where few points lie above the maxima.
TEST(Unweighting, ExpectedOverweightComesTrue) {
  constexpr double kPower = 0.4;
  constexpr std::size_t kChannels = 3000;
  std::vector<WeightStatistics> channels(kChannels);
  RandomStream random({1, Phase::integration, 0, 0});
  for (WeightStatistics& c : channels)
    for (int i = 0; i < 500; ++i) c.add(std::pow(random.next(), -kPower));
  auto truth = [&](const UnweightingPlan& plan) {
    double over = 0;
    for (const double w : plan.w_max) over += std::pow(w, 1 - 1 / kPower) * kPower / (1 - kPower);
    return over / (kChannels / (1 - kPower));
  };
  // 0.86 % is expected above the largest weights.
  for (const double budget : {0.005, 0.015, 0.05}) {
    const auto plan = UnweightingPlan::from_budget(channels, budget);
    EXPECT_NEAR(truth(plan) / plan.over, 1, 0.1) << budget;
    EXPECT_LE(plan.over, budget);
    EXPECT_EQ(plan.w_max[0] > channels[0].maximum(), budget == 0.005);
  }
  const auto out_of_reach = UnweightingPlan::from_budget(channels, 1e-5);
  EXPECT_EQ(out_of_reach.w_max[0], channels[0].maximum());
  EXPECT_NEAR(truth(out_of_reach), 0.0086, 0.001);
  EXPECT_NEAR(out_of_reach.over, 0.0086, 0.001);
  const auto seen = UnweightingPlan::from_budget(channels, 0.015, {}, false);
  EXPECT_GT(truth(seen) / seen.over, 1.25);
}

TEST(Unweighting, EfficienciesOfADefinition) {
  std::vector<WeightStatistics> channels(2);
  for (double w : {1.0, 1.0, 2.0, 0.0}) channels[0].add(w);
  for (double w : {3.0, 3.0, 3.0, 3.0}) channels[1].add(w);
  UnweightingPlan plan{{1.5, 3.0}, 0.125 / 4};
  const Efficiencies e = efficiencies(channels, plan);
  // I = 1 + 3; channel 0: mean of non-zero weights 4/3
  EXPECT_NEAR(e.unweighting, 0.25 * (4.0 / 3) / 2 + 0.75, 1e-12);
  EXPECT_NEAR(e.budget, 3.875 / (1.5 * 0.75 + 3), 1e-12);  // of 3/4 and 4/4 of the trials that are not zero
  EXPECT_NEAR(e.cut, 7.0 / 8, 1e-12);
}

}  // namespace
}  // namespace thalweg
