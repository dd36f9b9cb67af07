// Random momenta for tests.
#pragma once

#include <cmath>
#include <vector>

#include "thalweg/kinematics/random_momenta.h"

namespace thalweg::test {

// n events of two (or one, incoming = 1) into two particles with the given masses (all legs), in the rest
// frame of the whole, incoming along +-z, at energies uniform in [e_min, e_max].
inline Momenta two_body_events(Arena& arena, std::size_t n, const std::vector<double>& masses, double e_min,
                               double e_max, unsigned seed) {
  const Momenta p = Momenta::take(arena, masses.size(), n);
  random_momenta({masses, masses.size() - 2, e_min, e_max, 0, seed}, p);
  return p;
}

// A rotation about x, then a boost with rapidity `eta` along y, of all momenta in place.
inline void transform(const Momenta& p, double angle, double eta) {
  const double c = std::cos(angle), s = std::sin(angle), ch = std::cosh(eta), sh = std::sinh(eta);
  for (std::size_t l = 0; l < p.legs(); ++l)
    for (std::size_t i = 0; i < p.size(); ++i) {
      double &e = p.component(l, 0)[i], &y = p.component(l, 2)[i], &z = p.component(l, 3)[i];
      const double y1 = c * y - s * z, z1 = s * y + c * z;
      z = z1;
      y = ch * y1 + sh * e;
      e = ch * e + sh * y1;
    }
}

inline double invariant(const Momenta& p, std::size_t i, std::size_t a, std::size_t b, double sign) {
  double sum[4];
  for (std::size_t mu = 0; mu < 4; ++mu) sum[mu] = p.component(a, mu)[i] + sign * p.component(b, mu)[i];
  return sum[0] * sum[0] - sum[1] * sum[1] - sum[2] * sum[2] - sum[3] * sum[3];
}

}  // namespace thalweg::test
