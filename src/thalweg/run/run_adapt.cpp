// The adaptation of grids, and the channels that it leaves.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "thalweg/run/run.h"

namespace thalweg {

// Many maps share a budget, unless the card says how many points each has.
std::uint64_t Run::adaptation_points() const {
  constexpr std::uint64_t kOfAMap = 20'000, kOfAll = 200'000, kLeast = 3000, kBaseline = 5'000'000;
  const std::uint64_t maps = integrand_->maps();
  if (card_.baseline) return std::min(card_.adaptation_points, kBaseline / (card_.adaptation_iterations * maps));
  return card_.adaptation_points ? card_.adaptation_points : std::clamp(kOfAll / maps, kLeast, kOfAMap);
}

DroppedChannels Run::adapt(const Integrand& integrand, const IntegratorConfig& config, IntegratorState& state,
                           const Integrator::Report& report) const {
  if (!card_.baseline && card_.neural.drop > 0) return adapt_and_drop(integrand, config, state, report);
  Integrator(integrand, config).adapt(state, report);
  return {};
}

void Run::adapt_grids() {
  if (card_.baseline && adaptation_points() < card_.adaptation_points)
    note(fmt::format("adapt      {} points a map and iteration: {} maps share 5 million", adaptation_points(),
                     integrand_->maps()));
  const DroppedChannels dropped =
      adapt(*integrand_, integrator_config(), state_, [&](const IntegratorState& s) { report_integral(s); });
  if (dropped.count > 0)
    note(fmt::format("adapt      {} of {} channels dropped, whose points hardly see the integrand, with {:.2g} of it",
                     dropped.count, state_.active.size(), dropped.share));
  leave_out_dropped();
  note_tempered();
}

// Where no network weighs the channels.
void Run::leave_out_dropped() {
  if (std::count(state_.active.begin(), state_.active.end(), 0) > 0)
    sampled_ = std::make_unique<WeightedIntegrand>(*integrand_, state_.active, std::nullopt);
}

// Maps whose grid follows a power of the integrand, by what they carry.
void Run::note_tempered() {
  double tempered = 0, all = 0, least = 1;
  std::set<std::size_t> maps;
  std::size_t largest = 0;
  for (std::size_t c = 0; c < state_.integral.size(); ++c) {
    const double size = std::abs(state_.integral[c]), power = state_.power[state_.map_of[c]];
    all += size;
    if (power == 1 || !state_.active[c]) continue;
    if (maps.empty() || size > std::abs(state_.integral[largest])) largest = c;
    maps.insert(state_.map_of[c]);
    tempered += size;
    least = std::min(least, power);
  }
  if (maps.empty()) return;
  note(fmt::format(
      "adapt      too few points see the integrand in {} of {} maps, with {:.2g} of the integral, the "
      "largest of channel "
      "{}; grids follow its power {:.3g} or more{}",
      maps.size(), state_.power.size(), all > 0 ? tempered / all : 1.0, integrand_->channel_name(largest), least,
      tempered < 0.01 * all ? "" : ". Without a trained flow integral and error are not to be trusted"));
}

// Channels that the last iteration of the adaptation saw next to nothing in. Without a network; its training decides
// for itself.
void Run::drop_channels() {
  if (state_.integrations_done > 0 || card_.neural.drop == 0 || state_.integral.size() != state_.active.size()) return;
  std::vector<std::size_t> used;
  for (std::size_t c = 0; c < state_.active.size(); ++c)
    if (state_.active[c]) used.push_back(c);
  const DroppedChannels dropped = drop_smallest(state_, *integrand_, used, card_.neural.drop);
  state_.integral.clear();
  folder_.save("state", state_.to_json());
  if (dropped.count > 0)
    note(fmt::format("adapt      {} of {} channels dropped, with {:.2g} of the integral", dropped.count, used.size(),
                     dropped.share));
}

}  // namespace thalweg
