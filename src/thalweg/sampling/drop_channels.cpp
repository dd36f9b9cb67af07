#include "thalweg/sampling/drop_channels.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "thalweg/sampling/channel_weights.h"

namespace thalweg {

DroppedChannels drop_smallest(IntegratorState& state, const Integrand& integrand, std::vector<std::size_t> candidates,
                              double most) {
  auto size = [&](std::size_t c) { return std::abs(state.integral[c]); };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](std::size_t a, std::size_t b) { return size(a) < size(b); });
  double all = 0, dropped = 0;
  std::map<std::size_t, std::size_t> left;  // by part
  for (std::size_t c = 0; c < state.active.size(); ++c) {
    all += size(c);
    left[integrand.part_of(c).index] += state.active[c];
  }
  DroppedChannels result;
  for (const std::size_t c : candidates) {
    if (dropped + size(c) > most * all) break;
    if (left[integrand.part_of(c).index] == 1) continue;
    --left[integrand.part_of(c).index];
    dropped += size(c);
    state.active[c] = 0, state.sigma[c] = 0;
    ++result.count;
  }
  result.share = all > 0 ? dropped / all : 0;
  return result;
}

DroppedChannels drop_unseen(IntegratorState& state, const Integrand& integrand, std::uint64_t seed) {
  std::vector<std::size_t> unseen;
  std::vector<std::uint8_t> seen(state.active.size());
  for (std::size_t c = 0; c < seen.size(); ++c) {
    seen[c] = state.active[c] && state.integral[c] != 0 && state.power[state.map_of[c]] > kUnseenPower;
    if (state.active[c] && !seen[c]) unseen.push_back(c);
  }
  std::erase_if(unseen,
                [&](std::size_t c) { return reaches_alone(integrand, c, seen, state.grids[state.map_of[c]], seed); });
  return drop_smallest(state, integrand, std::move(unseen), kMostUnseen);
}

DroppedChannels adapt_and_drop(const Integrand& integrand, const IntegratorConfig& config, IntegratorState& state,
                               const Integrator::Report& report) {
  DroppedChannels dropped;
  if (config.adaptation_iterations >= kLeastIterations) {
    IntegratorConfig before = config;
    --before.adaptation_iterations;
    Integrator(integrand, before).adapt(state, report);
    if (state.adaptations_done == before.adaptation_iterations) dropped = drop_unseen(state, integrand, config.seed);
  }
  const WeightedIntegrand used(integrand, state.active, std::nullopt);
  Integrator(used, config).adapt(state, report);
  return dropped;
}

}  // namespace thalweg
