// Random momenta for tests.
#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "thalweg/kinematics/momenta.h"

namespace thalweg::test {

// n events of two (or one, incoming = 1) into two particles with the given masses (all legs), in the rest
// frame of the whole, incoming along +-z, at energies uniform in [e_min, e_max].
inline Momenta two_body_events(Arena& arena, std::size_t n, const std::vector<double>& masses, double e_min,
                               double e_max, unsigned seed) {
  const std::size_t incoming = masses.size() - 2;
  const Momenta p = Momenta::take(arena, masses.size(), n);
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (std::size_t i = 0; i < n; ++i) {
    const double energy = incoming == 1 ? masses[0] : e_min + (e_max - e_min) * uniform(random);
    auto pair = [&](std::size_t first, double cos_theta, double phi) {
      const double k = two_body_momentum(energy, masses[first], masses[first + 1]);
      const double st = std::sqrt(1 - cos_theta * cos_theta);
      for (std::size_t l : {first, first + 1}) {
        const double sign = l == first ? 1 : -1;
        p.component(l, 0)[i] = std::hypot(masses[l], k);
        p.component(l, 1)[i] = sign * k * st * std::cos(phi);
        p.component(l, 2)[i] = sign * k * st * std::sin(phi);
        p.component(l, 3)[i] = sign * k * cos_theta;
      }
    };
    if (incoming == 1) {
      p.component(0, 0)[i] = masses[0];
      for (std::size_t mu = 1; mu < 4; ++mu) p.component(0, mu)[i] = 0;
    } else {
      pair(0, 1, 0);
    }
    const double cos_theta = 2 * uniform(random) - 1;
    pair(incoming, cos_theta, 6.283185307179586 * uniform(random));
  }
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
