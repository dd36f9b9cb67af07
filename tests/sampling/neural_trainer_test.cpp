#include "thalweg/sampling/neural_trainer.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cmath>
#include <functional>
#include <numbers>

#include "thalweg/base/errors.h"
#include "thalweg/sampling/integrator.h"
#include "thalweg/sampling/sampler_file.h"
#include "two_peaks.h"

namespace thalweg {
namespace {

// f(x) on the cube as one channel.
class Function : public Integrand {
 public:
  using F = std::function<double(const std::vector<double>&)>;
  Function(std::size_t dim, F f) : dim_(dim), f_(std::move(f)) {}
  std::size_t dim() const override { return dim_; }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return "0"; }
  void evaluate(std::size_t, const Batch& y, const Evaluation& out, Arena&) const override {
    std::vector<double> x(dim_);
    for (std::size_t e = 0; e < y.size; ++e) {
      for (std::size_t d = 0; d < dim_; ++d) x[d] = y.row(d)[e];
      out.weight[e] = f_(x);
      set_alpha(out, 0, e, std::array{1.0});
    }
  }

 private:
  std::size_t dim_;
  F f_;
};

// Two peaks on the diagonal (thesis, section 10): a product grid has two false peaks beside them.
Function camel(std::size_t dim) {
  const double norm = std::pow(1 / (0.1 * std::sqrt(std::numbers::pi)), static_cast<double>(dim)) / 2;
  return {dim, [norm](const std::vector<double>& x) {
            double sum = 0;
            for (const double c : {1.0 / 3, 2.0 / 3}) {
              double square = 0;
              for (double v : x) square += (v - c) * (v - c);
              sum += std::exp(-square / 0.01);
            }
            return norm * sum;
          }};
}

IntegratorConfig integrator_config() {
  IntegratorConfig config;
  config.points = 100'000;
  return config;
}

struct Trained {
  TrainerState training;
  IntegratorState state;
};

Trained train(const Integrand& f, TrainerConfig config) {
  const Integrator integrator(f, integrator_config());
  Trained result{{}, integrator.initial_state()};
  integrator.adapt(result.state, [](const IntegratorState&) {});
  const NeuralTrainer trainer(f, config);
  result.training = trainer.initial_state(result.state.grids);
  trainer.train(result.training, [](const TrainerState&) {});
  result.state.flows = NeuralTrainer::averaged(result.training);
  return result;
}

double relative_std_dev(const IntegratorState& state) {
  return std::sqrt(state.channels[0].variance()) / state.channels[0].mean();
}

TEST(NeuralTrainer, LearnsWhatAGridCannotAndDoesNotChangeTheIntegral) {
  const Function f = camel(4);
  const Integrator integrator(f, integrator_config());
  IntegratorState grid = integrator.initial_state();
  integrator.integrate(grid, [](const IntegratorState&) {});
  for (const Loss loss : {Loss::madnis, Loss::kl}) {
    TrainerConfig config;
    config.batches = 400, config.loss = loss, config.learning_rate = 3e-3;
    Trained trained = train(f, config);
    integrator.integrate(trained.state, [](const IntegratorState&) {});
    const Integral integral = total(trained.state);
    EXPECT_NEAR(integral.value, 1, 5 * integral.error);  // 6e-7 false alarms
    EXPECT_LT(relative_std_dev(trained.state), 0.3 * relative_std_dev(grid));
  }
}

TEST(NeuralTrainer, IsTheSameForAnyNumberOfThreads) {
  const Function f = camel(3);
  TrainerConfig config;
  config.batches = 20;
  const Trained one = train(f, config);
  for (const int threads : {2, 3}) {
    config.threads = threads;
    const Trained other = train(f, config);
    EXPECT_EQ(one.training.flows[0].optimiser.average, other.training.flows[0].optimiser.average);
  }
}

// What decides where points and gradients go does not jump with one weight of 3e5.
TEST(NeuralTrainer, OneWeightDoesNotSteerTheTraining) {
  std::atomic<int> hits = 0;
  const Function f(2, [&](const std::vector<double>& x) {
    const bool hit = std::abs(x[0] - 0.5) < 1e-5;
    hits += hit;
    return 1 + x[0] + 3e5 * hit;
  });
  TrainerConfig config;
  config.batches = 400;
  const NeuralTrainer trainer(f, config);
  const Integrator integrator(f, integrator_config());
  TrainerState state = trainer.initial_state(integrator.initial_state().grids);
  double largest = 0;
  trainer.train(state, [&](const TrainerState& s) { largest = std::max(largest, s.square[0]); });
  EXPECT_GT(hits, 0);
  EXPECT_LT(largest, 100);
}

TEST(NeuralTrainer, TakesDimensionsOneAndThirty) {
  for (const std::size_t dim : {1UL, 30UL}) {
    const Function f(dim, [](const std::vector<double>& x) { return 1 + x[0]; });
    TrainerConfig config;
    config.batches = 30;
    Trained trained = train(f, config);
    const Integrator integrator(f, integrator_config());
    integrator.integrate(trained.state, [](const IntegratorState&) {});
    EXPECT_NEAR(total(trained.state).value, 1.5, 5 * total(trained.state).error);
  }
}

// Signs, jumps and a spike: training stays finite and the integral right.
TEST(NeuralTrainer, DifficultFunctionsKeepTheirIntegrals) {
  struct Case {
    Function::F f;
    double integral;
  };
  const Case cases[] = {
      {[](const std::vector<double>& x) { return x[0] - 0.3; }, 0.2},
      {[](const std::vector<double>& x) { return x[0] < 0.5 && x[1] > 0.25 ? 4.0 : 0.0; }, 1.5},
      {[](const std::vector<double>& x) { return 1 + (std::abs(x[0] - 0.5) < 5e-5 ? 1e4 : 0.0); }, 2},
  };
  for (const Case& c : cases) {
    const Function f(2, c.f);
    TrainerConfig config;
    config.batches = 200;
    Trained trained = train(f, config);
    for (float p : trained.training.flows[0].optimiser.average) ASSERT_TRUE(std::isfinite(p));
    const Integrator integrator(f, integrator_config());
    integrator.integrate(trained.state, [](const IntegratorState&) {});
    const Integral integral = total(trained.state);
    EXPECT_NEAR(integral.value, c.integral, 6 * integral.error);
  }
}

TEST(NeuralTrainer, FunctionsThatAreNotFiniteOrZeroEverywhere) {
  TrainerConfig config;
  config.batches = 30;
  for (const double bad : {std::nan(""), static_cast<double>(INFINITY)}) {
    const Function f(2, [bad](const std::vector<double>& x) { return x[0] < 0.1 ? bad : 1.0; });
    const NeuralTrainer trainer(f, config);
    TrainerState state = trainer.initial_state({});
    EXPECT_THROW(trainer.train(state, [](const TrainerState&) {}), RunError);
  }
  const Function rare(2, [](const std::vector<double>& x) { return x[0] < 1e-3 ? std::nan("") : 1.0; });
  config.face_share = 0;
  const NeuralTrainer trainer(rare, config);
  TrainerState state = trainer.initial_state({});
  trainer.train(state, [](const TrainerState&) {});
  for (float p : state.flows[0].optimiser.average) ASSERT_TRUE(std::isfinite(p));

  const Function zero(2, [](const std::vector<double>&) { return 0.0; });
  const NeuralTrainer nothing(zero, config);
  TrainerState still = nothing.initial_state({});
  const auto before = still.flows[0].optimiser.average;
  nothing.train(still, [](const TrainerState&) {});
  EXPECT_EQ(still.flows[0].optimiser.average, before);
}

// Trained, and integrated with its weights.
Integral integrate(const Integrand& f, const TrainerState& training, IntegratorState& state) {
  state.flows = NeuralTrainer::averaged(training);
  state.active = training.active;
  const WeightedIntegrand weighted = NeuralTrainer::weighted(f, training);
  Integrator(weighted, integrator_config()).integrate(state, [](const IntegratorState&) {});
  return total(state);
}

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

// Whole tiles, and on average as many as the spreads of the maps ask for: a sixteenth of a batch of 64 points of each.
TEST(NeuralTrainer, RareMapsComeInWholeTiles) {
  struct Even : TwoParts {
    std::size_t channels() const override { return 16; }
    std::size_t parts() const override { return 1; }
    ChannelPart part_of(std::size_t) const override { return {0, 0, 16}; }
    std::size_t features() const override { return 0; }
    void evaluate(std::size_t c, const Batch& y, const Evaluation& out, Arena&) const override {
      drawn[c] += y.size;
      odd += y.size % kFlowTile != 0;
      for (std::size_t e = 0; e < y.size; ++e) {
        out.weight[e] = 1 + y.row(0)[e];
        set_alpha(out, c, e, std::vector<double>(16, 1.0 / 16));
      }
    }
    mutable std::array<std::size_t, 16> drawn{};
    mutable std::size_t odd = 0;
  };
  const Even f;
  TrainerConfig config;
  config.batches = 3200, config.batch_size = 64, config.learning_rate = 0;
  const NeuralTrainer trainer(f, config);
  TrainerState state = trainer.initial_state({});
  trainer.train(state, [](const TrainerState&) {});
  EXPECT_EQ(f.odd, 0U);
  // 1 and 200 tiles each; the spread of rounding is sqrt(200), seven of which leave 1e-11 of false alarms over 16 maps.
  for (const std::size_t n : f.drawn) EXPECT_NEAR(static_cast<double>(n) / kFlowTile, 201, 7 * std::sqrt(200.0));
  for (std::size_t m = 0; m < 16; ++m) EXPECT_NEAR(state.mean[m], 1.5 / 16, 0.02);
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

// Two channels that are the same map share its flow and its points.
TEST(SymmetryGroups, ChannelsOfOneMapShareAFlow) {
  struct Mirrored : TwoPeaks {
    std::size_t maps() const override { return 1; }
    std::size_t map_of(std::size_t) const override { return 0; }
  };
  const Mirrored f;
  TrainerConfig config;
  config.batches = 200, config.learning_rate = 3e-3;
  Trained trained = train(f, config);
  EXPECT_EQ(trained.training.flows.size(), 1U);
  EXPECT_EQ(trained.state.grids.size(), 1U);
  const Integral integral = integrate(f, trained.training, trained.state);
  EXPECT_NEAR(integral.value, 2, 5 * integral.error);
  // Means of a map stand for all of its channels.
  EXPECT_NEAR(trained.training.mean[0], 2, 0.1);
}

TEST(BufferedTraining, EvaluatesLessAndLearnsAsWell) {
  const Function f = camel(3);
  std::uint64_t evaluations[2];
  double spread[2];
  for (const std::size_t k : {0UL, 1UL}) {
    TrainerConfig config;
    config.batches = 1000, config.learning_rate = 3e-3, config.reuse = k == 0 ? 1 : 5;
    Trained trained = train(f, config);
    evaluations[k] = trained.training.evaluations;
    const Integral integral = integrate(f, trained.training, trained.state);
    EXPECT_NEAR(integral.value, 1, 5 * integral.error);
    spread[k] = relative_std_dev(trained.state);
  }
  EXPECT_NEAR(static_cast<double>(evaluations[0]) / static_cast<double>(evaluations[1]), 5, 0.01);
  EXPECT_LT(spread[1], 2 * spread[0]);
}

TEST(BufferedTraining, SameBitsForAnyThreadsAndFromACheckpoint) {
  const auto path = std::filesystem::temp_directory_path() / "thalweg_buffered_resume.h5";
  const TwoPeaks f;
  TrainerConfig config;
  config.batches = 120, config.batch_size = 256, config.reuse = 3;
  const Trained straight = train(f, config);
  config.threads = 3;
  const NeuralTrainer trainer(f, config);
  IntegratorState adapted = Integrator(f, integrator_config()).initial_state();
  Integrator(f, integrator_config()).adapt(adapted, [](const IntegratorState&) {});
  TrainerState cut = trainer.initial_state(adapted.grids);
  struct Interruption {};
  EXPECT_THROW(trainer.train(cut,
                             [&](const TrainerState& s) {
                               save_sampler(path, s, "card");
                               if (s.batches_done > 30) throw Interruption();
                             }),
               Interruption);
  TrainerState back = load_sampler(path, "card", 2, 2);
  EXPECT_EQ(back.batches_done, cut.batches_done);
  trainer.train(back, [](const TrainerState&) {});
  std::filesystem::remove(path);
  ASSERT_EQ(back.flows.size(), 1U);
  EXPECT_EQ(straight.training.flows[0].optimiser.average, back.flows[0].optimiser.average);
  EXPECT_EQ(straight.training.weights->optimiser.average, back.weights->optimiser.average);
  EXPECT_EQ(straight.training.weights->network.shift, back.weights->network.shift);
}

TEST(VegasStart, IntegralUnchangedAndVarianceNearTheGrid) {
  const Function f(2, [](const std::vector<double>& x) {
    return std::exp(-50 * (x[0] - 0.4) * (x[0] - 0.4)) * (1 + 3 * x[1] * x[1]);
  });
  const Integrator integrator(f, integrator_config());
  IntegratorState grid = integrator.initial_state();
  integrator.integrate(grid, [](const IntegratorState&) {});
  for (const std::size_t bins : {10UL, 16UL}) {
    TrainerConfig config;
    config.flow.bins = bins;
    IntegratorState start = integrator.initial_state();
    integrator.adapt(start, [](const IntegratorState&) {});
    const NeuralTrainer trainer(f, config);
    start.flows = NeuralTrainer::averaged(trainer.initial_state(start.grids));
    integrator.integrate(start, [](const IntegratorState&) {});
    const Integral a = total(grid), b = total(start);
    EXPECT_NEAR(a.value, b.value, 5 * std::hypot(a.error, b.error));
    EXPECT_LT(relative_std_dev(start), std::max(1.2 * relative_std_dev(grid), 0.1)) << bins;
  }
}

TEST(VegasStart, WithoutItAFlowIsTheIdentity) {
  const Function f(2, [](const std::vector<double>& x) { return 3 * x[0] * x[0]; });
  const Integrator integrator(f, integrator_config());
  IntegratorState state = integrator.initial_state();
  integrator.adapt(state, [](const IntegratorState&) {});
  TrainerConfig config;
  config.vegas_start = false;
  state.flows = NeuralTrainer::averaged(NeuralTrainer(f, config).initial_state(state.grids));
  integrator.integrate(state, [](const IntegratorState&) {});
  EXPECT_NEAR(relative_std_dev(state), std::sqrt(4.0 / 5), 0.02);  // of uniform points; 13 deviations of the estimate
}

TEST(VegasStart, ReductionKeepsSums) {
  SplineBins spline = spline_of(std::vector<double>{0, 0.1, 0.15, 0.2, 0.3, 0.6, 1});
  reduce_bins(spline, 3);
  EXPECT_EQ(spline.widths.size(), 3U);
  EXPECT_EQ(spline.derivatives.size(), 4U);
  double w = 0, h = 0;
  for (std::size_t k = 0; k < 3; ++k) w += spline.widths[k], h += spline.heights[k];
  EXPECT_NEAR(w, 1, 1e-15);
  EXPECT_NEAR(h, 1, 1e-15);
}

}  // namespace
}  // namespace thalweg
