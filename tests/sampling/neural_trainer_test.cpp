#include "thalweg/sampling/neural_trainer.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/sampling/integrator.h"
#include "thalweg/sampling/sampler_file.h"
#include "trained.h"
#include "two_peaks.h"

namespace thalweg {
namespace {

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
  EXPECT_LT(largest, 1e5);  // 2e6 after one of them
}

// One step that is undone is an outlier; two soon after one another halve the learning rate.
TEST(NeuralTrainer, TheRateIsHalvedByStepsUndoneSoonAfterOneAnother) {
  for (const std::uint64_t second : {60'000, 150'000}) {
    std::uint64_t calls = 0;
    const Function f(2, [&](const std::vector<double>& x) {
      ++calls;
      return calls == 50'000 ? 1e7 : calls == second ? 1e12 : 1 + x[0];
    });
    TrainerConfig config;
    config.batches = 200;
    const NeuralTrainer trainer(f, config);
    TrainerState state = trainer.initial_state({});
    trainer.train(state, [](const TrainerState&) {});
    EXPECT_EQ(state.undone, 2U);
    EXPECT_EQ(state.rate_factor, second == 60'000 ? 0.5 : 1);
  }
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

// Whole tiles, and on average as many as the spreads of the maps ask for: a sixteenth of a batch of 64 points of each.
TEST(NeuralTrainer, RareMapsComeInWholeTiles) {
  struct Even : TwoPeaks {
    std::size_t channels() const override { return 16; }
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

// A batch is worked on in pieces; all of them count.
TEST(NeuralTrainer, AGradientDoesNotDependOnTheSizeOfTheBatch) {
  const Function f(2, [](const std::vector<double>& x) { return std::exp(3 * x[0]); });
  std::vector<double> length;
  for (const std::uint64_t size : {65'536U, 262'144U}) {
    TrainerConfig config;
    config.batches = 3, config.batch_size = size, config.learning_rate = 0, config.threads = 2;
    const NeuralTrainer trainer(f, config);
    TrainerState state = trainer.initial_state({});
    trainer.train(state, [](const TrainerState&) {});
    length.push_back(state.curve.back().gradient);
  }
  EXPECT_GT(length[0], 0.1);
  EXPECT_NEAR(length[1] / length[0], 1, 0.02);
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

// Points keep the weights of all channels: fewer batches at once where there are many.
TEST(BufferedTraining, ManyChannelsTakeNoMoreMemory) {
  struct Many : TwoPeaks {
    explicit Many(std::size_t n) : TwoPeaks(n) {}
    std::size_t maps() const override { return 1; }
    std::size_t map_of(std::size_t) const override { return 0; }
  };
  struct Enough {};
  for (const auto& [channels, cycle] : {std::pair{2UL, 100UL}, std::pair{1000UL, 20UL}}) {
    const Many f(channels);
    TrainerConfig config;
    config.batches = 2000, config.batch_size = 2048, config.reuse = 5, config.threads = 2, config.train_weights = false;
    const NeuralTrainer trainer(f, config);
    TrainerState state = trainer.initial_state({});
    EXPECT_THROW(trainer.train(state, [](const TrainerState&) { throw Enough(); }), Enough);
    EXPECT_EQ(state.curve[0].batch, cycle) << "4 batches of 2048 points of 8 kB are 64 MB";
    EXPECT_NEAR(static_cast<double>(state.evaluations), 2048 / 5.0 * static_cast<double>(state.batches_done),
                64.0 * static_cast<double>(channels));
  }
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
  TrainerState back = load_sampler(path, "card", f);
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
