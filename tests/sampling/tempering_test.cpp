#include "thalweg/sampling/tempering.h"

#include <gtest/gtest.h>

#include <array>

#include "thalweg/sampling/integrator.h"
#include "thalweg/sampling/neural_trainer.h"

namespace thalweg {
namespace {

TEST(Tempering, WeightsOfPowers) {
  // F = 8, g = 1/2: w = 16.
  EXPECT_DOUBLE_EQ(tempered_weight(16, 2, 1), 16);
  EXPECT_DOUBLE_EQ(tempered_weight(16, 2, 1.0 / 3), 4);
  EXPECT_DOUBLE_EQ(tempered_weight(-16, 2, 1.0 / 3), 4);
  EXPECT_EQ(tempered_weight(0, 2, 0.5), 0);
}

TEST(Tempering, EffectivePoints) {
  EffectivePoints n;
  EXPECT_EQ(n.count(), 0);
  for (int i = 0; i < 10; ++i) n.add(3);
  EXPECT_DOUBLE_EQ(n.count(), 10);
  n.add(1e9);
  EXPECT_NEAR(n.count(), 1, 1e-6);
}

TEST(Tempering, TheRungIsTheLargestPowerThatEnoughPointsSee) {
  std::array<EffectivePoints, kRungs> rungs;
  for (std::size_t k = 0; k < kRungs; ++k) rungs[k] = {1, 1 / std::pow(4.0, static_cast<double>(k))};  // 4^k effective
  EXPECT_EQ(choose_rung(rungs, 20000), 4U);  // 256 of a hundred
  EXPECT_EQ(choose_rung(rungs, 200), 2U);    // 16 of ten
  EXPECT_EQ(choose_rung({}, 20000), 0U);     // nothing seen: nothing to soften
}

TEST(Tempering, PowersOfFlowsStayBetweenTheirBounds) {
  const EffectivePoints many{10, 1}, few{1, 1};  // 100 and 1 effective points
  EXPECT_DOUBLE_EQ(move_power(0.5, {many, many}, 100), 0.55);
  EXPECT_EQ(move_power(0.95, {many, many}, 100), 1);
  EXPECT_DOUBLE_EQ(move_power(0.5, {few, few}, 100), 0.5 / 1.2);
  EXPECT_EQ(move_power(rung_power(kRungs - 1), {few, few}, 100), rung_power(kRungs - 1));
  EXPECT_EQ(move_power(0.5, {many, few}, 100), 0.5);
}

// Two narrow peaks far apart, on a diagonal: a grid of one peak sees none of the other.
class TwoPeaks : public Integrand {
 public:
  std::size_t dim() const override { return 12; }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return "cube"; }
  void evaluate(std::size_t, const Batch& points, const Evaluation& out, Arena&) const override {
    const double norm = 0.5 * std::pow(0.1 * std::sqrt(M_PI), -12);
    for (std::size_t e = 0; e < points.size; ++e) {
      double a = 0, b = 0;
      for (std::size_t d = 0; d < 12; ++d) {
        const double x = points.row(d)[e];
        a += (x - 1.0 / 3) * (x - 1.0 / 3);
        b += (x - 2.0 / 3) * (x - 2.0 / 3);
      }
      out.weight[e] = norm * (std::exp(-100 * a) + std::exp(-100 * b));
      set_alpha(out, 0, e, std::array{1.0});
    }
  }
};

// A sampler that lost a peak has the integral 1/2 with a small error.
TEST(Tempering, NoPeakIsLost) {
  const TwoPeaks f;
  for (const std::uint64_t seed : {1, 2}) {
    const Integrator integrator(f, {.seed = seed, .points = 40'000});
    IntegratorState state = integrator.initial_state();
    integrator.adapt(state, [](const IntegratorState&) {});
    EXPECT_LT(state.power[0], 1);
    TrainerConfig config;
    config.seed = seed;
    config.batches = 800;
    config.batch_size = 512;
    config.flow.hidden = 16;
    const NeuralTrainer trainer(f, config);
    TrainerState training = trainer.initial_state(state.grids, state.power);
    trainer.train(training, [](const TrainerState&) {});
    EXPECT_EQ(training.power[0], 1);
    state.flows = NeuralTrainer::averaged(training);
    integrator.integrate(state, [](const IntegratorState&) {});
    const Integral integral = total(state);
    EXPECT_LT(integral.error, 0.1);
    EXPECT_LT(std::abs(integral.value - 1), 5 * integral.error);  // 6e-7 each
  }
}

}  // namespace
}  // namespace thalweg
