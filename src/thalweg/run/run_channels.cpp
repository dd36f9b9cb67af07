// Which channels a run uses.
#include <algorithm>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/run/run.h"

namespace thalweg {
namespace {

constexpr std::size_t kMostTried = 600;  // maps
constexpr double kFarBehind = 5;         // in cost

// What a short adaptation of channels promises.
struct Promise {
  double spread, efficiency, cost;
};

// The points of a trial cost about two seconds an iteration, so that those of the run they are to save are not spent here.
class ChannelTrial {
 public:
  ChannelTrial(const Integrand& integrand, const RunCard& card, int threads) : integrand_(integrand), card_(card) {
    constexpr double kTime = 2e9, kLeastPoints = 20'000, kMostPoints = 200'000;
    constexpr std::uint64_t kLeastOfAMap = 2000;  // with 500 trees look better than they are
    double cost = 0;
    for (std::size_t c = 0; c < integrand.channels(); ++c)
      cost += integrand.cost(c) / static_cast<double>(integrand.channels());
    const double points = std::clamp(kTime / cost, kLeastPoints, kMostPoints);
    config_.seed = card.seed;
    config_.threads = threads;
    config_.vegas_bins = card.vegas_bins;
    config_.vegas_damping = card.vegas_damping;
    config_.adaptation_points =
        std::max<std::uint64_t>(static_cast<std::uint64_t>(points) / integrand.maps(), kLeastOfAMap);
    state_ = Integrator(integrand, config_).initial_state();
  }

  // Up to `iterations` in all: points of an integral and events after them, times their cost.
  Promise adapt(int iterations) {
    config_.adaptation_iterations = iterations;
    Integrator(integrand_, config_).adapt(state_, [](const IntegratorState&) {});
    // With few points a channel the largest weights are not seen. <w> / w_max <= 1 / (1 + (sigma / I)^2), and half of
    // that is as much as is believed.
    Promise promise{spread(state_), state_.adapted_efficiency, 0};
    promise.efficiency = std::min(promise.efficiency, 0.5 / (1 + promise.spread * promise.spread));
    // By its spread also where the card says how many points the integral has: few points tell it better than a maximum.
    const double points = std::pow(promise.spread / card_.accuracy, 2) +
                          static_cast<double>(card_.events) / std::max(promise.efficiency, 1e-6);
    promise.cost = points * mean_cost(integrand_, state_);
    return promise;
  }

 private:
  const Integrand& integrand_;
  const RunCard& card_;
  IntegratorConfig config_;
  IntegratorState state_;
};

}  // namespace

// Once a run.
void Run::choose_channels() {
  if (!card_.has_process() || card_.channels != ChannelWeights::automatic) return;
  if (const auto earlier = folder_.load("channels")) {
    const std::string name = earlier->value("channels", "");
    if (name != "propagators" && name != "lab")
      request_error("'{}' is damaged; remove it to choose again", folder_.file("channels.json").string());
    use_channels(name == "lab" ? ChannelWeights::lab : ChannelWeights::propagators, earlier->value("reason", ""));
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
  const CrossSection frame_integrand(card);
  ChannelTrial trees(*integrand_, card_, options_.threads), frame(frame_integrand, card_, options_.threads);
  Promise by_trees{}, by_frame{};
  for (const int iterations : {2, 5}) {  // the first two are enough where one is far behind
    by_trees = trees.adapt(iterations), by_frame = frame.adapt(iterations);
    if (std::max(by_trees.cost, by_frame.cost) > kFarBehind * std::min(by_trees.cost, by_frame.cost)) break;
  }
  const bool lab = by_frame.cost < by_trees.cost;
  const Promise &best = lab ? by_frame : by_trees, &other = lab ? by_trees : by_frame;
  return {lab ? ChannelWeights::lab : ChannelWeights::propagators,
          fmt::format("efficiency {:.2g} and deviation {:.2g} in a short trial; {}: {:.2g} and {:.2g}", best.efficiency,
                      best.spread, lab ? "propagators" : "lab", other.efficiency, other.spread)};
}

}  // namespace thalweg
