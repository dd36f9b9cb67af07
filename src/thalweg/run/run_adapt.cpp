// The adaptation of grids, and the channels that it leaves.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "thalweg/run/run.h"

namespace thalweg {

// Many maps share a budget, unless the card says how many points each has.
std::uint64_t Run::adaptation_points() const {
  constexpr std::uint64_t kOfAMap = 20'000, kOfAll = 200'000, kLeast = 3000, kBaseline = 5'000'000;
  const std::uint64_t maps = integrand_->maps();
  if (card_.baseline) return std::min(card_.adaptation_points, kBaseline / (card_.adaptation_iterations * maps));
  return card_.adaptation_points ? card_.adaptation_points : std::clamp(kOfAll / maps, kLeast, kOfAMap);
}

void Run::adapt_grids() {
  if (card_.baseline && adaptation_points() < card_.adaptation_points)
    note(fmt::format("adapt      {} points a map and iteration: {} maps share 5 million", adaptation_points(),
                     integrand_->maps()));
  Integrator(*integrand_, integrator_config()).adapt(state_, [&](const IntegratorState& s) { report_integral(s); });
  note_tempered();
}

// Maps whose grid follows a power of the integrand, by what they carry.
void Run::note_tempered() {
  double tempered = 0, all = 0, least = 1;
  std::size_t maps = 0, largest = 0;
  for (std::size_t c = 0; c < state_.integral.size(); ++c) {
    const double size = std::abs(state_.integral[c]), power = state_.power[state_.map_of[c]];
    all += size;
    if (power == 1) continue;
    if (tempered == 0 || size > std::abs(state_.integral[largest])) largest = c;
    tempered += size;
    least = std::min(least, power);
  }
  for (const double power : state_.power) maps += power < 1;
  if (maps == 0) return;
  note(
      fmt::format("adapt      too few points see the integrand in {} of {} maps, with {:.2g} of the integral, the "
                  "largest of channel "
                  "{}; grids follow its power {:.3g} or more{}",
                  maps, state_.power.size(), all > 0 ? tempered / all : 1.0, integrand_->channel_name(largest), least,
                  tempered < 0.01 * all ? "" : ". Without a trained flow integral and error are not to be trusted"));
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
    std::map<std::size_t, std::size_t> left;  // by part: the others of its channels take the place of one
    for (const std::size_t c : order) ++left[integrand_->part_of(c).index];
    for (const std::size_t c : order) {
      if (dropped + size(c) > card_.neural.drop * all) break;
      if (--left[integrand_->part_of(c).index] == 0) continue;
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
