// Training of the fully connected map: the gradient of the integrand, both losses, their limits and ends, cuts,
// channels.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/random.h"
#include "thalweg/sampling/integrator.h"
#include "thalweg/sampling/reverse_kl.h"
#include "thalweg/sampling/sampler_file.h"

namespace thalweg {
namespace {

// A ridge across the diagonal that vanishes on all faces, and beyond x_0 = `edge`.
class Ridge : public Integrand {
 public:
  explicit Ridge(double edge = 1) : edge_(edge) {}
  std::size_t dim() const override { return 2; }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return "ridge"; }
  static double value(double x, double y) {
    return x * (1 - x) * y * (1 - y) * std::exp(-(x + y - 1) * (x + y - 1) / 0.02);
  }
  void evaluate(std::size_t, const Batch& y, const Evaluation& out, Arena&) const override {
    for (std::size_t e = 0; e < y.size; ++e) {
      const double x0 = y.row(0)[e], x1 = y.row(1)[e];
      out.weight[e] = x0 < edge_ ? value(x0, x1) : 0;
      set_alpha(out, 0, e, std::array{1.0});
    }
  }
  double integral() const {
    double sum = 0;
    const int n = 1000;
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j) {
        const double x = (i + 0.5) / n, y = (j + 0.5) / n;
        if (x < edge_) sum += value(x, y);
      }
    return sum / (n * n);
  }

 private:
  double edge_;
};

TrainerConfig ann_config(Loss loss) {
  TrainerConfig config;
  config.ann = AnnConfig{.hidden = 24, .layers = 4, .clip = 20, .inputs = AnnInputs::stretched};
  config.batches = 800, config.batch_size = 512, config.loss = loss;
  return config;
}

struct Result {
  TrainerState training;
  IntegratorState state;
  Integral integral;
  double spread;
};

Result train(const Integrand& f, const TrainerConfig& config) {
  IntegratorConfig integration;
  integration.points = 100'000;
  const Integrator integrator(f, integration);
  Result r{{}, integrator.initial_state(), {}, 0};
  integrator.adapt(r.state, [](const IntegratorState&) {});
  const NeuralTrainer trainer(f, config);
  r.training = trainer.initial_state(r.state.grids, r.state.power);
  trainer.train(r.training, [](const TrainerState&) {});
  r.state.flows = NeuralTrainer::averaged(r.training);
  integrator.integrate(r.state, [](const IntegratorState&) {});
  r.integral = total(r.state);
  double sum = 0;
  for (const WeightStatistics& c : r.state.channels) sum += std::sqrt(c.variance());
  r.spread = sum / r.integral.value;
  return r;
}

TEST(AnnTrainer, LearnsARidgeByBothLosses) {
  const Ridge f;
  for (const Loss loss : {Loss::reverse_kl, Loss::madnis}) {
    const Result r = train(f, ann_config(loss));
    EXPECT_NEAR(r.integral.value, f.integral(), 5 * r.integral.error);  // false alarm 6e-7, as below
    EXPECT_LT(r.spread, 0.35);
    // <-log w> comes down to -log I, and not below.
    const CurvePoint& end = r.training.curve.back();
    EXPECT_GT(end.loss, -std::log(f.integral()) - 1e-3);
    EXPECT_LT(end.loss, -std::log(f.integral()) + 0.1);
    EXPECT_GT(r.training.curve.front().loss, end.loss);
  }
}

// The reverse divergence is blind to an edge; neither loss changes the integral.
TEST(AnnTrainer, CutsDoNotChangeTheIntegral) {
  const Ridge f(0.6);
  for (const Loss loss : {Loss::reverse_kl, Loss::madnis}) {
    const Result r = train(f, ann_config(loss));
    EXPECT_NEAR(r.integral.value, f.integral(), 5 * r.integral.error + 1e-3 * f.integral());
    EXPECT_EQ(r.training.non_finite, 0u);
  }
}

TEST(AnnTrainer, IsTheSameForAnyNumberOfThreadsAndAfterAFile) {
  const Ridge f;
  TrainerConfig config = ann_config(Loss::madnis);
  config.batches = 24;
  const Result one = train(f, config);
  config.threads = 3;
  EXPECT_EQ(train(f, config).training.flows[0].optimiser.average, one.training.flows[0].optimiser.average);

  struct Interruption {};
  const auto path = std::filesystem::temp_directory_path() / "thalweg_ann_resume.h5";
  const NeuralTrainer trainer(f, config);
  TrainerState cut = trainer.initial_state({});
  auto interrupt = [&](const TrainerState& s) {
    save_sampler(path, s, "card");
    if (s.batches_done == 10) throw Interruption();
  };
  EXPECT_THROW(trainer.train(cut, interrupt), Interruption);
  TrainerState back = load_sampler(path, "card", f);
  trainer.train(back, [](const TrainerState&) {});
  EXPECT_EQ(back.flows[0].optimiser.average, one.training.flows[0].optimiser.average);
  EXPECT_THROW(load_sampler(path, "another card", f), RequestError);
  std::filesystem::remove(path);
}

TEST(AnnTrainer, EndsWhenTheLossHasSettled) {
  const Ridge f;
  TrainerConfig config = ann_config(Loss::reverse_kl);
  config.batches = 4000, config.settle = 0.01;
  const NeuralTrainer trainer(f, config);
  TrainerState state = trainer.initial_state({});
  trainer.train(state, [](const TrainerState&) {});
  EXPECT_TRUE(state.settled);
  EXPECT_LT(state.batches_done, 4000u);
  EXPECT_EQ(state.batches_planned, state.batches_done);
  const std::uint64_t done = state.batches_done;
  trainer.train(state, [](const TrainerState&) {});
  EXPECT_EQ(state.batches_done, done);
}

TEST(AnnTrainer, LogGradientIsThatOfTheIntegrand) {
  const Ridge f(0.6);
  Arena arena;
  const std::size_t n = 50;
  const Batch x = Batch::take(arena, 2, n), alpha = Batch::take(arena, 1, n);
  std::vector<double> weight(n), slopes(2 * kFlowTile);
  RandomStream random({5, Phase::integration, 0, 0});
  for (std::size_t d = 0; d < 2; ++d)
    for (std::size_t e = 0; e < n; ++e) x.row(d)[e] = 0.02 + 0.96 * random.next();
  x.row(0)[0] = 0;  // a face, where the integrand vanishes
  f.evaluate(0, x, {weight, alpha}, arena);
  TrainerState state;
  state.active = {1};
  log_gradient(f, state, 0, x, weight, slopes.data(), arena, nullptr);
  for (std::size_t d = 0; d < 2; ++d)
    for (std::size_t e = 0; e < n; ++e) {
      const double at = x.row(d)[e], off = x.row(0)[e] + x.row(1)[e] - 1;
      const double exact = weight[e] == 0 ? 0 : 1 / at - 1 / (1 - at) - off / 0.01;
      EXPECT_NEAR(slopes[d * kFlowTile + e], exact, 1e-5 * (1 + std::abs(exact)));
    }
}

// d L_int / d I_MC of (13) by differences.
TEST(AnnTrainer, PullOfTheIntegralIsTheDerivativeOfItsTerm) {
  TrainerConfig config;
  config.integral_term = 3, config.integral_width = 0.2, config.reference_integral = 5;
  auto term = [&](double i) { return -3 * std::exp(-(i - 5) * (i - 5) / (2 * 0.2 * 0.2 * 25)); };
  for (const double mean : {3.0, 4.5, 5.0, 6.5})
    EXPECT_NEAR(integral_pull(config, mean), (term(mean + 1e-6) - term(mean - 1e-6)) / 2e-6, 1e-8);
  config.integral_term = 0;
  EXPECT_EQ(integral_pull(config, 3), 0);
}

TEST(AnnTrainer, GradientsAreShortenedToTheLimit) {
  AlignedVector<float> parameters(16), gradient(16);
  GuardedAdam guarded(parameters);
  gradient[0] = 30, gradient[1] = 40;
  EXPECT_EQ(guarded.step(parameters, gradient, 0.1, 0, 10), GuardedAdam::Step::shortened);
  EXPECT_FLOAT_EQ(gradient[0], 6);
  EXPECT_FLOAT_EQ(gradient[1], 8);
  EXPECT_EQ(guarded.length, 50);
  gradient[0] = 3, gradient[1] = 4;
  EXPECT_EQ(guarded.step(parameters, gradient, 0.1, 1, 10), GuardedAdam::Step::taken);
  gradient[0] = NAN;
  EXPECT_EQ(guarded.step(parameters, gradient, 0.1, 2, 10), GuardedAdam::Step::undone);
}

// One large weight must not throw the network: the step after it is shorter than usual, not one by `rate` everywhere.
TEST(GuardedAdam, AnOutlierTakesBackToTheMeanAndGentlyOn) {
  constexpr double kRate = 0.01;
  AlignedVector<float> parameters(16), gradient(16);
  GuardedAdam guarded(parameters);
  std::uint64_t batch = 0;
  auto step = [&](float size) {
    gradient.assign(16, size);
    return guarded.step(parameters, gradient, kRate, batch++);
  };
  for (int i = 0; i < 500; ++i) EXPECT_EQ(step(i % 2 ? 1.0F : -1.0F), GuardedAdam::Step::taken);
  EXPECT_EQ(step(1e6F), GuardedAdam::Step::undone);
  EXPECT_EQ(parameters, guarded.average);
  const float before = parameters[0];
  EXPECT_EQ(step(1), GuardedAdam::Step::taken);
  EXPECT_GT(std::abs(parameters[0] - before), 0.01F * kRate);
  EXPECT_LT(std::abs(parameters[0] - before), 0.3F * kRate);
}

}  // namespace
}  // namespace thalweg
