// Channel weights that are trained with the flows, and channels that are dropped.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "thalweg/sampling/neural_trainer.h"
#include "trained.h"
#include "two_peaks.h"

namespace thalweg {
namespace {

// Two peaks twice, as two parts of two channels each with integrals 2 and 6.
class TwoParts : public TwoPeaks {
 public:
  std::size_t channels() const override { return 4; }
  std::size_t parts() const override { return 2; }
  ChannelPart part_of(std::size_t c) const override { return {c / 2, c / 2 * 2, 2}; }
  void evaluate(std::size_t c, const Batch& y, const Evaluation& out, Arena& arena) const override {
    TwoPeaks::evaluate(c % 2, y, out, arena);
    for (std::size_t e = 0; c >= 2 && e < y.size; ++e) out.weight[e] *= 3;
  }
};

TEST(TrainedWeights, LowerTheVarianceAndKeepTheIntegral) {
  const TwoPeaks f;
  double errors[2];
  for (const bool with_weights : {false, true}) {
    TrainerConfig config;
    config.batches = 1000, config.learning_rate = 3e-3, config.train_weights = with_weights;
    Trained trained = train(f, config);
    EXPECT_EQ(trained.training.weights.has_value(), with_weights);
    const Integral integral = integrate(f, trained.training, trained.state);
    EXPECT_NEAR(integral.value, 2, 5 * integral.error);
    errors[with_weights] = integral.error;
  }
  EXPECT_LT(errors[1], 0.7 * errors[0]);
}

// Where all weights are equal every constant alpha is as good as another: nothing may move it, not the tail term
// either, to which the narrower of two channels looks better than the wider one.
TEST(TrainedWeights, EqualWeightsMoveNeitherFlowsNorIntegrals) {
  struct Even : Integrand {
    std::size_t dim() const override { return 1; }
    std::size_t channels() const override { return 2; }
    std::string channel_name(std::size_t c) const override { return std::to_string(c); }
    std::size_t features() const override { return 1; }
    void evaluate(std::size_t channel, const Batch& y, const Evaluation& out, Arena&) const override {
      for (std::size_t e = 0; e < y.size; ++e) {
        out.weight[e] = 1;
        set_alpha(out, channel, e, std::array{0.3, 0.7});
        if (out.features.dim) out.features.row(0)[e] = y.row(0)[e];
      }
    }
  };
  const Even f;
  TrainerConfig config;
  config.batches = 400;
  config.loss = Loss::stratified;
  const NeuralTrainer trainer(f, config);
  TrainerState state = trainer.initial_state({});
  trainer.train(state, [](const TrainerState&) {});
  EXPECT_NEAR(state.integral[0], 0.3, 0.01);
  EXPECT_NEAR(state.integral[1], 0.7, 0.01);
  // Without means subtracted in the gradient, flows would wander with the noise of the batches.
  const TrainerState start = trainer.initial_state({});
  for (std::size_t i = 0; i < start.flows[0].flow->parameters().size(); ++i)
    ASSERT_NEAR(state.flows[0].flow->parameters()[i], start.flows[0].flow->parameters()[i], 1e-4);
}

TEST(TrainedWeights, OfEachPartAddUpToItsIntegral) {
  const TwoParts f;
  TrainerConfig config;
  config.batches = 600;
  Trained trained = train(f, config);
  ASSERT_TRUE(trained.training.weights);
  EXPECT_EQ(trained.training.weights->network.layout().config.outputs, 2U);
  EXPECT_EQ(trained.training.weights->network.layout().config.conditions, 2U);
  const Integral all = integrate(f, trained.training, trained.state);
  EXPECT_NEAR(all.value, 8, 5 * all.error);
  for (std::size_t part = 0; part < 2; ++part) {
    const Integral a = of_channel(trained.state, 2 * part), b = of_channel(trained.state, 2 * part + 1);
    EXPECT_NEAR(a.value + b.value, part == 0 ? 2 : 6, 5 * std::hypot(a.error, b.error));
  }
}

// A map that hardly any point of sees the integrand keeps its channel weights: nobody knows what it has.
TEST(TrainedWeights, StayPriorWhereAMapIsTempered) {
  const TwoPeaks f;
  const NeuralTrainer trainer(f, TrainerConfig{});
  EXPECT_TRUE(trainer.initial_state({}, {1.0, 1.0}).weights);
  EXPECT_FALSE(trainer.initial_state({}, {1.0, 0.5}).weights);
}

TEST(TrainedWeights, AChannelThatIsNotNeededIsDropped) {
  struct Disfavoured : TwoPeaks {
    Disfavoured() : TwoPeaks(3) {}
    double prior(std::size_t c, const double*) const override { return c == 2 ? 1e-4 : 1; }
  };
  const Disfavoured f;
  TrainerConfig config;
  config.batches = 100;
  Trained trained = train(f, config);
  EXPECT_EQ(trained.training.active, (std::vector<std::uint8_t>{1, 1, 0}));
  const auto& events = trained.training.events;
  EXPECT_EQ(std::count_if(events.begin(), events.end(),
                          [](const std::string& e) { return e.find("dropped") != std::string::npos; }),
            1)
      << testing::PrintToString(events);
  const Integral integral = integrate(f, trained.training, trained.state);
  EXPECT_NEAR(integral.value, 2, 5 * integral.error);
  EXPECT_EQ(trained.state.channels[2].points(), 0U);
}

// Channels of 6e-4 of the integral each: one may go where 9e-4 may, in all.
TEST(TrainedWeights, DroppedChannelsCountTogether) {
  struct Disfavoured : TwoPeaks {
    Disfavoured() : TwoPeaks(6) {}
    double prior(std::size_t c, const double*) const override { return c >= 2 ? 1.2e-3 : 1; }
  };
  const Disfavoured f;
  TrainerConfig config;
  config.batches = 400, config.drop = 9e-4, config.learning_rate = config.final_learning_rate = 0;
  auto dropped = [&] {
    const Trained trained = train(f, config);
    return std::count(trained.training.active.begin(), trained.training.active.end(), 0);
  };
  EXPECT_EQ(dropped(), 1);
  // Of another integral than the grids' shares say nothing.
  for (const double astray : {0.5, 8.0}) {
    config.reference_integral = astray;
    EXPECT_EQ(dropped(), 0) << astray;
  }
}

// The third channel alone sees what is far from both peaks, 1e-3 of the integral and less.
TEST(TrainedWeights, AChannelThatAloneReachesPointsStays) {
  struct Divided : TwoPeaks {
    Divided() : TwoPeaks(3) {}
    double prior(std::size_t c, const double* x) const override { return (c == 2) == (x[0] > 1.7); }
  };
  const Divided f;
  TrainerConfig config;
  config.batches = 100, config.drop = 0.05;
  const Trained trained = train(f, config);
  EXPECT_LT(trained.training.integral[2], 0.05 * 2);
  EXPECT_EQ(trained.training.active, (std::vector<std::uint8_t>{1, 1, 1}));
}

}  // namespace
}  // namespace thalweg
