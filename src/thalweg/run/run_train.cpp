// The sampler of a run: VEGAS grids, and flows that start from them.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/run/run.h"
#include "thalweg/sampling/sampler_file.h"
#include "thalweg/sampling/training_budget.h"

namespace thalweg {
namespace {

// sum_i sigma_i / |I| at the end of the adaptation: the relative deviation of weights with the best N_i.
double spread(const IntegratorState& state) {
  double sum = 0;
  for (const double s : state.sigma) sum += s;
  return sum / std::max(std::abs(state.iterations.back().value), 1e-300);
}

}  // namespace

TrainerConfig Run::trainer_config() const {
  TrainerConfig config = card_.neural;
  config.seed = card_.seed;
  config.threads = options_.threads;
  config.batches = training_.at("batches");
  return config;
}

// From the time of a few batches, on a training of its own.
std::uint64_t Run::batches_for(double seconds) const {
  TrainerConfig config = card_.neural;
  config.seed = card_.seed;
  config.threads = options_.threads;
  config.batches = 1;
  const double trial = std::min(1.0, 0.05 * seconds);
  TrainerState state;
  for (;; config.batches *= 2) {
    const NeuralTrainer trainer(*integrand_, config);
    state = trainer.initial_state(state_.grids, state_.power);
    const auto start = std::chrono::steady_clock::now();
    trainer.train(state, [](const TrainerState&) {});
    const double taken = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (taken < trial) continue;
    const double batches = seconds * static_cast<double>(config.batches) / taken;
    return static_cast<std::uint64_t>(std::clamp(batches, 1.0, 1e8));
  }
}

// Once a run: what it decides stays, also for more events later.
void Run::decide_training() {
  if (const auto earlier = folder_.load("training")) {
    training_ = *earlier;
    card_.decide_batches(training_.at("batches"), training_.at("reason"));
    return;
  }
  training_["batches"] = card_.neural.batches;
  training_["reason"] = fmt::format("{} batches: as the card says", card_.neural.batches);
  if (options_.train_seconds > 0) {
    const std::uint64_t batches = batches_for(options_.train_seconds);
    training_["batches"] = batches;
    training_["reason"] = fmt::format(
        "{} batches: about {:.4g} s at the speed of this machine; only --batches {} makes the same events again",
        batches, options_.train_seconds, batches);
  } else if (card_.neural.batches == 0) {
    FlowConfig shape = card_.neural.flow;
    shape.dim = integrand_->dim();
    const TrainingDecision decision = thalweg::decide_training({.point = integrand_->cost(),
                                                                .network = network_cost(FlowLayout(shape)),
                                                                .efficiency = state_.adapted_efficiency,
                                                                .spread = spread(state_),
                                                                .events = card_.events,
                                                                .points = card_.points,
                                                                .accuracy = card_.accuracy,
                                                                .batch_size = card_.neural.batch_size});
    training_["batches"] = decision.batches;
    training_["reason"] = decision.reason;
  }
  folder_.save("training", training_);
  card_.decide_batches(training_["batches"], training_["reason"]);
  write_cards();
  progress_.say("train      " + training_["reason"].get<std::string>());
  folder_.log("train      " + training_["reason"].get<std::string>());
}

void Run::train_sampler() {
  progress_.start("train", 0, "points");
  Integrator(*integrand_, integrator_config()).adapt(state_, [&](const IntegratorState& s) { report_integral(s); });
  for (std::size_t c = 0; c < state_.power.size(); ++c)
    if (state_.power[c] < 1) {
      const std::string line = fmt::format(
          "adapt      channel {}: too few points see the integrand; the grid follows its power {:.3g}. Without a "
          "trained "
          "flow integral and error are not to be trusted",
          integrand_->channel_name(c), state_.power[c]);
      progress_.say(line);
      folder_.log(line);
    }
  if (card_.sampler == "neural") {
    decide_training();
    const TrainerConfig config = trainer_config();
    if (config.batches > 0) {
      const NeuralTrainer trainer(*integrand_, config);
      const auto path = folder_.file("sampler.h5");
      std::error_code code;
      TrainerState trained =
          std::filesystem::exists(path, code)
              ? load_sampler(path, card_.resolved_sampling, integrand_->channels(), integrand_->dim())
              : trainer.initial_state(state_.grids, state_.power);
      trainer.train(trained, [&](const TrainerState& s) {
        save_sampler(path, s, card_.resolved_sampling);
        const CurvePoint& now = s.curve.back();
        std::size_t dropped = 0;
        std::string line = fmt::format("train      batch {:>6} of {}: {:.6g} {}, relative std dev {:.4f}", now.batch,
                                       config.batches, now.value, integrand_->unit(), now.relative_std_dev);
        for (std::size_t c = 0; c < s.active.size(); ++c) dropped += !s.active[c];
        if (dropped > 0) line += fmt::format(", {} channels dropped", dropped);
        if (const double power = *std::min_element(s.power.begin(), s.power.end()); power < 1)
          line += fmt::format(", of the integrand to the power {:.3f}", power);
        progress_.say(line);
        folder_.log(line);
      });
      if (state_.integrations_done == 0)
        for (std::size_t c = 0; c < state_.sigma.size(); ++c) {
          const std::size_t m = state_.map_of[c];
          state_.sigma[c] = std::sqrt(std::max(trained.square[m] - trained.mean[m] * trained.mean[m], 0.0));
        }
      state_.flows = NeuralTrainer::averaged(trained);
      state_.active = trained.active;
      sampled_ = std::make_unique<WeightedIntegrand>(NeuralTrainer::weighted(*integrand_, trained));
      const std::string reason = training_["reason"];
      training_ = curve_json(trained);
      training_["reason"] = reason;
      folder_.save("training", training_);
    }
  }
  add_time("train", progress_.seconds());
}

}  // namespace thalweg
