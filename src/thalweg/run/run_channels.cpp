// Which channels a run uses.
#include <algorithm>
#include <cmath>
#include <limits>

#include "thalweg/base/errors.h"
#include "thalweg/run/run.h"

namespace thalweg {
namespace {

constexpr std::size_t kMostTried = 600;  // maps

}  // namespace

// Once a run.
void Run::choose_channels() {
  if (!card_.has_process() || card_.channels != ChannelWeights::automatic) return;
  if (const auto earlier = folder_.load("channels")) {
    const JsonReader json = folder_.reader("channels", *earlier);
    const std::string name = json.at("channels").text();
    const bool lab = name == "lab";
    if ((lab && !static_cast<const CrossSection&>(*integrand_).has_lab_channels()) || (!lab && name != "propagators"))
      json.fail(fmt::format("channels '{}', which this process does not have", name));
    use_channels(lab ? ChannelWeights::lab : ChannelWeights::propagators, json.at("reason").text());
    return;
  }
  progress_.start("channels", 0, "points");
  const auto [channels, reason] = better_channels();
  add_time("channels", progress_.seconds());
  const std::string& name = kChannelWeightNames[static_cast<std::size_t>(channels)];
  folder_.save("channels", {{"channels", name}, {"reason", reason}});
  use_channels(channels, reason);
  note(fmt::format("channels   {} ({}): {}", name, integrand_->channels(), reason));
}

void Run::use_channels(ChannelWeights channels, const std::string& reason) {
  card_.channels = channels;
  card_.channels_reason = reason;
  card_.write_decisions();
  if (channels != ChannelWeights::propagators) use_integrand(std::make_unique<CrossSection>(card_));
}

// By a short adaptation of each, and the costs that it promises.
std::pair<ChannelWeights, std::string> Run::better_channels() const {
  if (!static_cast<const CrossSection&>(*integrand_).has_lab_channels())
    return {ChannelWeights::propagators, "the only ones that there are"};
  if (integrand_->maps() > kMostTried)
    return {ChannelWeights::lab,
            fmt::format("{} groups of channels of diagrams are too many for a short trial", integrand_->maps())};
  RunCard card = card_;
  card.channels = ChannelWeights::lab;
  // A family whose points see nothing, as those of the collider frame behind a narrow window of the mass, loses.
  auto tried = [&](const Integrand& integrand) {
    try {
      return try_channels(integrand);
    } catch (const RunError&) {
      return Trial{std::numeric_limits<double>::infinity(), 0, std::numeric_limits<double>::infinity()};
    }
  };
  const Trial trees = tried(*integrand_), frame = tried(CrossSection(card));
  const bool lab = frame.cost < trees.cost;
  if (std::isinf(frame.cost) || std::isinf(trees.cost))
    return {lab ? ChannelWeights::lab : ChannelWeights::propagators,
            fmt::format("the points of {} see nothing in a short trial", lab ? "propagators" : "lab")};
  const Trial &best = lab ? frame : trees, &other = lab ? trees : frame;
  return {lab ? ChannelWeights::lab : ChannelWeights::propagators,
          fmt::format("efficiency {:.2g} and deviation {:.2g} in a short trial; {}: {:.2g} and {:.2g}", best.efficiency,
                      best.spread, lab ? "propagators" : "lab", other.efficiency, other.spread)};
}

// Points of an integral and events after a few iterations, times their cost. The points of the trial cost about two
// seconds an iteration, so that those of the run they are to save are not spent here.
Run::Trial Run::try_channels(const Integrand& integrand) const {
  constexpr double kTime = 2e9, kLeastPoints = 20'000, kMostPoints = 200'000;
  constexpr std::uint64_t kLeastOfAMap = 2000;  // with 500 trees look better than they are
  double cost = 0;
  for (std::size_t c = 0; c < integrand.channels(); ++c)
    cost += integrand.cost(c) / static_cast<double>(integrand.channels());
  const double points = std::clamp(kTime / cost, kLeastPoints, kMostPoints);
  IntegratorConfig config;
  config.seed = card_.seed;
  config.threads = options_.threads;
  config.vegas_bins = card_.vegas_bins;
  config.vegas_damping = card_.vegas_damping;
  config.adaptation_iterations = 5;
  config.adaptation_points =
      std::max<std::uint64_t>(static_cast<std::uint64_t>(points) / integrand.maps(), kLeastOfAMap);
  IntegratorState state = Integrator(integrand, config).initial_state();
  adapt(integrand, config, state, [](const IntegratorState&) {});
  // With few points a channel the largest weights are not seen. <w> / w_max <= 1 / (1 + (sigma / I)^2), and half of
  // that is as much as is believed.
  Trial trial{spread(state), state.adapted_efficiency, 0};
  trial.efficiency = std::min(trial.efficiency, 0.5 / (1 + trial.spread * trial.spread));
  // By its spread also where the card says how many points the integral has: few points tell it better than a maximum.
  const double points_wanted =
      std::pow(trial.spread / card_.accuracy, 2) + static_cast<double>(card_.events) / std::max(trial.efficiency, 1e-6);
  trial.cost = points_wanted * mean_cost(integrand, state);
  return trial;
}

}  // namespace thalweg
