// Four-momenta of a batch of events, SoA: leg l, component mu of event e is row(4 l + mu)[e], with
// components (E, p_x, p_y, p_z) in GeV, metric (+,-,-,-). Incoming legs come first and have physical
// (positive) energies. phi is measured from the x axis: p_x = p_T cos(phi), p_y = p_T sin(phi).
#pragma once

#include "thalweg/base/aligned.h"

namespace thalweg {

struct Momenta {
  Batch rows;

  static Momenta take(Arena& arena, std::size_t legs, std::size_t events) {
    return {Batch::take(arena, 4 * legs, events)};
  }
  std::size_t legs() const { return rows.dim / 4; }
  std::size_t size() const { return rows.size; }
  double* component(std::size_t leg, std::size_t mu) const { return rows.row(4 * leg + mu); }
};

// |p| of a two-body decay M -> m1 m2 in the rest frame of M: sqrt(lambda(M^2, m1^2, m2^2)) / (2M), in
// factors that do not cancel. Zero at and below threshold. GeV.
double two_body_momentum(double mass, double m1, double m2);

}  // namespace thalweg
