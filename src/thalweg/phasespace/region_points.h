// Momenta inside of a region where massless particles run along each other or along a beam, or are soft.
#pragma once

#include <span>

#include "thalweg/kinematics/momenta.h"
#include "thalweg/phasespace/singular_regions.h"

namespace thalweg {

// From a point of the unit cube to momenta, on shell and balanced, in the frame of `Beams`. All other particles fill
// their phase space, with no particular density. `distance` is lambda: of soft energies, transverse momenta to a beam
// and the mass of a collinear set in units of sqrt(s_hat); of the angle to the beam for `forward`; and sqrt(s_hat)
// itself in units of the energy of the collider for `energy`. Not for `resonance` and `decay`.
class RegionPoints {
 public:
  // `masses` of the final particles; `least_energy` of sqrt(s_hat).
  RegionPoints(const Beams& beams, std::vector<double> masses, double least_energy, SingularRegion::Kind kind,
               std::uint32_t set, double distance);

  std::size_t dim() const { return dim_; }
  // False where there is none, or no phase space at all.
  bool make(std::span<const double> cube, const Momenta& momenta, std::size_t event) const;

 private:
  Beams beams_;
  std::vector<double> masses_;
  double least_energy_;
  SingularRegion::Kind kind_;
  std::uint32_t set_;
  double distance_;
  std::size_t dim_;
};

}  // namespace thalweg
