// Channels that are given up: others of their part take their place, and the integral stays the same.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "thalweg/sampling/integrand.h"
#include "thalweg/sampling/integrator.h"

namespace thalweg {

struct DroppedChannels {
  std::size_t count = 0;
  double share = 0;  // of sum_c |I_c| in the last iteration of the adaptation
};

// Of `candidates` those with the smallest integrals, as many as add up to `most` of sum_c |I_c|. Each part keeps a
// channel. Needs an adaptation (IntegratorState::integral).
DroppedChannels drop_smallest(IntegratorState& state, const Integrand& integrand, std::vector<std::size_t> candidates,
                              double most);

// A channel whose grid ends at a power of the integrand of kUnseenPower or less (tempering.h), or has seen nothing, has
// its points where the integrand vanishes: a resonance of which cuts leave the tail, say. Its few large weights then
// make the error and the maxima of all. Such channels are dropped where they have kMostUnseen of the integral at most
// and where the priors of others see what they see.
inline constexpr double kUnseenPower = 0.25, kMostUnseen = 0.02;
DroppedChannels drop_unseen(IntegratorState& state, const Integrand& integrand, std::uint64_t seed);

// Integrator::adapt with drop_unseen before the last iteration, if there are kLeastIterations. Goes on from `state`;
// what it dropped then is not told again.
inline constexpr int kLeastIterations = 4;
DroppedChannels adapt_and_drop(const Integrand& integrand, const IntegratorConfig& config, IntegratorState& state,
                               const Integrator::Report& report);

}  // namespace thalweg
