// Phase-space channels of processes with two final particles: a bijection of the unit hypercube onto
// beam fractions and final momenta.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "thalweg/kinematics/momenta.h"
#include "thalweg/phasespace/propagator_map.h"

namespace thalweg {

// The incoming state. Momenta are in the frame of the collider (a decay: the rest frame of the
// particle), beam a along +z.
struct Beams {
  enum class Kind { hadrons, partons, decay };
  Kind kind = Kind::hadrons;
  double energy = 0;              // GeV: sqrt(s) of the collider; mass of the decaying particle
  double mass_a = 0, mass_b = 0;  // of incoming partons (partons only)
};

// What a channel makes of a batch, SoA. `jacobian` is 1/g: the volume of dx_a dx_b dPhi_2 (dPhi_2 alone
// for fixed energy), dPhi_2 = |p|/(16 pi^2 sqrt(s)) dcos(theta) dphi, per unit of the hypercube.
struct PhaseSpacePoints {
  Momenta momenta;
  std::span<double> x_a, x_b;
  std::span<double> s_hat;
  std::span<double> jacobian;

  static PhaseSpacePoints take(Arena& arena, std::size_t legs, std::size_t events);
};

// One s-channel resonance structure with a two-body decay:
//   y_0 -> s_hat by a propagator map, y_1 -> rapidity: x_a = tau^y_1, x_b = tau^(1 - y_1), tau = s_hat / s
//   y_2 -> cos(theta) = 2 y_2 - 1,  y_3 -> phi = 2 pi y_3 - pi of the first final particle in the rest frame
// (Heimel, thesis, eq. 5.42). Fixed energy and decays use the two angles alone: dim() = 2.
// With partons the momenta are boosted along the beam to the collider frame.
class Channel {
 public:
  Channel(std::string name, const Beams& beams, std::vector<double> final_masses, std::optional<PropagatorMap> map);

  const std::string& name() const { return name_; }
  std::size_t dim() const { return map_ ? 4 : 2; }
  std::size_t legs() const { return (beams_.kind == Beams::Kind::decay ? 1u : 2u) + 2u; }

  // y: dim() rows of numbers in [0,1]. Thread safe.
  void forward(const Batch& y, const PhaseSpacePoints& points) const;
  // Any momenta of final particles -> coordinates and density g (inverse volume); density 0 and
  // coordinates outside [0,1] where the channel does not reach. Never an error.
  void inverse(const Momenta& momenta, const Batch& y, std::span<double> density) const;
  // g of every channel depends on s_hat alone here.
  double density(double s_hat) const;

 private:
  double angular_volume(double s_hat) const;

  std::string name_;
  Beams beams_;
  std::vector<double> masses_;
  std::optional<PropagatorMap> map_;
};

}  // namespace thalweg
