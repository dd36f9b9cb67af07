// Which channels a run uses.
#include <algorithm>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/run/run.h"

namespace thalweg {

// Once a run: a short adaptation of each candidate, and the costs that it promises.
void Run::choose_channels() {
  if (!card_.has_process() || card_.channels != ChannelWeights::automatic) return;
  const auto earlier = folder_.load("channels");
  RunCard candidate = card_;
  if (earlier) {
    const auto found = std::find(kChannelWeightNames.begin(), kChannelWeightNames.end(), earlier->at("channels"));
    candidate.channels = static_cast<ChannelWeights>(found - kChannelWeightNames.begin());
    candidate.channels_reason = earlier->at("reason");
    if (candidate.channels == ChannelWeights::lab) use_integrand(std::make_unique<CrossSection>(candidate));
  } else {
    progress_.start("channels", 0, "points");
    candidate.channels = ChannelWeights::propagators;
    candidate.channels_reason = "the only ones that there are";
    if (static_cast<const CrossSection&>(*integrand_).has_lab_channels()) {
      candidate.channels = ChannelWeights::lab;
      auto lab = std::make_unique<CrossSection>(candidate);
      const Trial trees = try_channels(*integrand_), frame = try_channels(*lab);
      const bool better = frame.cost < trees.cost;
      if (better) use_integrand(std::move(lab));
      if (!better) candidate.channels = ChannelWeights::propagators;
      candidate.channels_reason = fmt::format(
          "efficiency {:.2g} and deviation {:.2g} in a short trial; {}: {:.2g} and {:.2g}",
          (better ? frame : trees).efficiency, (better ? frame : trees).spread, better ? "propagators" : "lab",
          (better ? trees : frame).efficiency, (better ? trees : frame).spread);
    }
    add_time("channels", progress_.seconds());
    folder_.save("channels", {{"channels", kChannelWeightNames[static_cast<std::size_t>(candidate.channels)]},
                              {"reason", candidate.channels_reason}});
    note(fmt::format("channels   {} ({}): {}", kChannelWeightNames[static_cast<std::size_t>(candidate.channels)],
                     integrand_->channels(), candidate.channels_reason));
  }
  card_.channels = candidate.channels;
  card_.channels_reason = candidate.channels_reason;
  card_.write_decisions();
}

// Points of an integral and events after a few iterations, times their cost. The points of the trial cost about two
// seconds an iteration, so that those of the run they are to save are not spent here.
Run::Trial Run::try_channels(const Integrand& integrand) const {
  constexpr double kTime = 2e9, kLeastPoints = 20'000, kMostPoints = 200'000;
  const double points = std::clamp(kTime / integrand.cost(), kLeastPoints, kMostPoints);
  IntegratorConfig config;
  config.seed = card_.seed;
  config.threads = options_.threads;
  config.vegas_bins = card_.vegas_bins;
  config.vegas_damping = card_.vegas_damping;
  config.adaptation_iterations = 5;
  config.adaptation_points = static_cast<std::uint64_t>(points) / integrand.maps() + 500;
  const Integrator integrator(integrand, config);
  IntegratorState state = integrator.initial_state();
  integrator.adapt(state, [](const IntegratorState&) {});
  Trial trial{spread(state), state.adapted_efficiency, 0};
  trial.cost = points_needed(trial.spread, std::max(trial.efficiency, 1e-6)) * integrand.cost();
  return trial;
}

// Channels that the last iteration of the adaptation saw next to nothing in: the others take their place. Without a
// network; its training decides for itself.
void Run::drop_channels() {
  if (state_.integrations_done == 0 && card_.neural.drop > 0 && state_.integral.size() == state_.active.size() &&
      state_.active.size() > 1) {
    std::vector<std::size_t> order(state_.integral.size());
    for (std::size_t c = 0; c < order.size(); ++c) order[c] = c;
    auto size = [&](std::size_t c) { return std::abs(state_.integral[c]); };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return size(a) < size(b); });
    double all = 0, dropped = 0;
    for (const std::size_t c : order) all += size(c);
    std::size_t count = 0;
    for (const std::size_t c : order) {
      if (dropped + size(c) > card_.neural.drop * all) break;
      dropped += size(c);
      state_.active[c] = 0;
      ++count;
    }
    state_.integral.clear();
    folder_.save("state", state_.to_json());
    if (count > 0)
      note(fmt::format("adapt      {} of {} channels dropped, with {:.2g} of the integral", count, order.size(),
                       dropped / all));
  }
  if (!sampled_ && std::count(state_.active.begin(), state_.active.end(), 0) > 0)
    sampled_ = std::make_unique<WeightedIntegrand>(*integrand_, state_.active, std::nullopt);
}

}  // namespace thalweg
