// The incoming state, and what a phase-space channel makes of a batch.
#pragma once

#include <span>

#include "thalweg/kinematics/momenta.h"

namespace thalweg {

// Momenta are in the frame of the collider (a decay: the rest frame of the particle), beam a along +z.
struct Beams {
  enum class Kind { hadrons, partons, decay };
  Kind kind = Kind::hadrons;
  double energy = 0;              // GeV: sqrt(s) of the collider; mass of the decaying particle
  double mass_a = 0, mass_b = 0;  // of incoming partons (partons only)
  std::size_t incoming() const { return kind == Kind::decay ? 1 : 2; }
};

// SoA. `jacobian` is 1/g: the volume of dx_a dx_b dPhi_n (dPhi_n alone for fixed energy) per unit of the hypercube,
// dPhi_n = prod_i d^3p_i / ((2 pi)^3 2 E_i) (2 pi)^4 delta^4(p_a + p_b - sum_i p_i); 0 where there is no point, and
// then nothing else means anything. Hadrons: x_a = tau^u, x_b = tau^(1 - u), tau = x_a x_b, and cuts on rapidities
// leave the final momenta u from u_low to u_low + u_range (boost_range-inl.h).
struct PhaseSpacePoints {
  Momenta momenta;
  std::span<double> x_a, x_b;
  std::span<double> s_hat;
  std::span<double> u_low, u_range;
  std::span<double> jacobian;

  static PhaseSpacePoints take(Arena& arena, std::size_t legs, std::size_t events) {
    return {Momenta::take(arena, legs, events), arena.take<double>(events), arena.take<double>(events),
            arena.take<double>(events),         arena.take<double>(events), arena.take<double>(events),
            arena.take<double>(events)};
  }
};

}  // namespace thalweg
