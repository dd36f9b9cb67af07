// How channels choose the energy of colliding partons.
#pragma once

#include "thalweg/kinematics/cut_bounds.h"
#include "thalweg/phasespace/beams.h"
#include "thalweg/phasespace/invariant_map.h"

namespace thalweg {

struct EnergyRange {
  InvariantMap map;
  double s_min = 0, s_max = 0;  // of s_hat, GeV^2
  double s = 0;                 // of the hadrons
};

// From cuts and thresholds, or where there are none from 1e-9 s, to the energy of the collider. RequestError: nothing
// is left.
EnergyRange energy_range(const Beams& beams, const CutBounds& bounds);

}  // namespace thalweg
