// Random momenta of a process: on shell, balanced, spread over all of phase space, with no particular density. For
// probing amplitudes, not for integration.
#pragma once

#include <cstdint>
#include <span>

#include "thalweg/kinematics/momenta.h"

namespace thalweg {

struct RandomMomenta {
  std::span<const double> masses;  // GeV, incoming first
  std::size_t incoming = 2;        // 1 or 2
  double e_min = 0, e_max = 0;     // sqrt(s), uniform between; a decay has its mass
  // Velocity of the whole across all axes. In the rest frame conservation of angular momentum forbids helicities
  // that are there in other frames.
  double velocity = 0;
  std::uint64_t seed = 1;
};

// One particle after the other decays off, incoming ones along z before the boost. False where there is no phase space.
bool random_momenta(const RandomMomenta& request, const Momenta& momenta);

}  // namespace thalweg
