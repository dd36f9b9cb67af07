#include "thalweg/sampling/drop_channels.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "thalweg/base/json_reader.h"
#include "thalweg/sampling/channel_weights.h"
#include "thalweg/sampling/neural_trainer.h"

namespace thalweg {
namespace {

// f = 1 on two even channels, and on a third one of whose points few see it, in layers that no grid finds. The integral
// is 1 whichever channels are in use.
class Layers : public Integrand {
 public:
  explicit Layers(double share, double seen = 0.02, bool alone = false) : share_(share), seen_(seen), alone_(alone) {}
  std::size_t dim() const override { return 4; }
  std::size_t channels() const override { return 3; }
  std::string channel_name(std::size_t c) const override { return std::to_string(c); }
  void evaluate(std::size_t channel, const Batch& y, const Evaluation& out, Arena&) const override {
    const double others = (1 - share_) / 2;
    for (std::size_t e = 0; e < y.size; ++e) {
      const double sum = y.row(0)[e] + y.row(1)[e] + y.row(2)[e] + y.row(3)[e];
      out.weight[e] = channel < 2 ? 1 : sum - std::floor(sum) < seen_ ? 1 / seen_ : 0;
      if (out.weight[e] == 0) continue;
      if (alone_ && channel == 2)
        set_alpha(out, channel, e, std::array{0.0, 0.0, share_});
      else
        set_alpha(out, channel, e, std::array{others, others, alone_ ? 0 : share_});
    }
  }

 private:
  double share_, seen_;
  bool alone_;
};

const IntegratorConfig kConfig{.adaptation_points = 3000, .points = 50'000};

std::vector<std::uint8_t> left(const Layers& f) {
  IntegratorState state = Integrator(f, kConfig).initial_state();
  adapt_and_drop(f, kConfig, state, [](const IntegratorState&) {});
  return state.active;
}

TEST(DropChannels, OneThatHardlySeesTheIntegrandIsLeftToTheOthers) {
  const Layers f(0.01);
  IntegratorState with = Integrator(f, kConfig).initial_state(), without = with;
  Integrator(f, kConfig).integrate(with, [](const IntegratorState&) {});

  const DroppedChannels dropped = adapt_and_drop(f, kConfig, without, [](const IntegratorState&) {});
  EXPECT_EQ(dropped.count, 1U);
  EXPECT_EQ(without.active, (std::vector<std::uint8_t>{1, 1, 0}));
  EXPECT_LE(without.power[2], kUnseenPower) << "what was not looked at again keeps what was known of it";
  EXPECT_LT(spread(without), 0.1) << "of the channels that are left";
  const WeightedIntegrand used(f, without.active, std::nullopt);
  Integrator(used, kConfig).integrate(without, [](const IntegratorState&) {});
  EXPECT_NEAR(total(without).value, 1, 5 * total(without).error);  // 6e-7
  EXPECT_LT(total(without).error, 0.5 * total(with).error);
  EXPECT_EQ(of_channel(without, 2).points, 0U);
}

TEST(DropChannels, OneThatSeesNothingIsLeftToTheOthers) {
  EXPECT_EQ(left(Layers(0.01, 1e-9)), (std::vector<std::uint8_t>{1, 1, 0}));
}

TEST(DropChannels, LargeOnesAndThoseThatNoOtherCanReplaceStay) {
  EXPECT_EQ(left(Layers(0.2)), (std::vector<std::uint8_t>{1, 1, 1}));
  EXPECT_EQ(left(Layers(0.01, 0.02, true)), (std::vector<std::uint8_t>{1, 1, 1}));
}

TEST(DropChannels, APartKeepsOne) {
  struct Parts : Layers {
    using Layers::Layers;
    std::size_t parts() const override { return 2; }
    ChannelPart part_of(std::size_t c) const override { return c < 2 ? ChannelPart{0, 0, 2} : ChannelPart{1, 2, 1}; }
  };
  const Parts f(0.01);
  IntegratorState state = Integrator(f, kConfig).initial_state();
  state.integral = {0.5, 0.49, 0.01}, state.sigma = {1, 1, 1};
  EXPECT_EQ(drop_smallest(state, f, {0, 1, 2}, 0.005).count, 0U);
  const DroppedChannels dropped = drop_smallest(state, f, {0, 1, 2}, 1);
  EXPECT_EQ(dropped.count, 1U);
  EXPECT_DOUBLE_EQ(dropped.share, 0.49);
  EXPECT_EQ(state.active, (std::vector<std::uint8_t>{1, 0, 1}));
  EXPECT_EQ(state.sigma, (std::vector<double>{1, 0, 1})) << "no points for it";
}

TEST(DropChannels, AnAdaptationThatGoesOnDropsTheSame) {
  const Layers f(0.01);
  const IntegratorState start = Integrator(f, kConfig).initial_state();
  IntegratorState whole = start;
  std::vector<nlohmann::json> saved;
  adapt_and_drop(f, kConfig, whole, [&](const IntegratorState& s) { saved.push_back(s.to_json()); });
  ASSERT_EQ(saved.size(), 7U);
  for (const nlohmann::json& json : saved) {
    IntegratorState cut = IntegratorState::from_json(json);
    adapt_and_drop(f, kConfig, cut, [](const IntegratorState&) {});
    EXPECT_EQ(cut.to_json(), whole.to_json());
  }
}

TEST(DropChannels, ATrainingStartsWithoutThem) {
  const Layers f(0.01);
  TrainerConfig config;
  config.batches = 20;
  const NeuralTrainer trainer(f, config);
  TrainerState training = trainer.initial_state({}, {1, 1, 1}, {1, 1, 0});
  trainer.train(training, [](const TrainerState&) {});
  EXPECT_EQ(training.square[2], 0);
  EXPECT_NEAR(training.mean[0] + training.mean[1], 1, 1e-3);
}

}  // namespace
}  // namespace thalweg
