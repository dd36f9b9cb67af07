// Cuts on observables, and what they say about the partonic centre-of-mass energy.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "thalweg/kinematics/observables.h"

namespace thalweg {

// min <= observable <= max for every tuple of legs (a tuple is one choice of the listed particles).
struct Cut {
  std::string name;
  Observable observable;
  std::vector<std::vector<int>> tuples;
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};

class Cuts {
 public:
  Cuts() = default;
  explicit Cuts(std::vector<Cut> cuts) : cuts_(std::move(cuts)) {}
  bool empty() const { return cuts_.empty(); }

  // pass[e] = 1 when event e survives all cuts, else 0. A NaN observable does not survive.
  void apply(const Momenta& momenta, Arena& arena, std::span<std::uint8_t> pass) const;

  // Lower bound on sqrt(s_hat) that every surviving event obeys, for final legs first..first+n-1 with
  // the given masses. Proofs: sqrt(s_hat) >= sum m_i; a mass cut on a set T gives
  // sqrt(s_hat) >= m_T,min + sum of the other masses; in the partonic rest frame, which differs by a
  // boost along the beam, E_i >= m_T,i, so sqrt(s_hat) >= sum_i sqrt(m_i^2 + pt_min,i^2).
  double minimal_energy(int first_leg, std::span<const double> masses) const;
  // Upper bound from mass cuts on all final legs; infinity if there is none.
  double maximal_energy(std::size_t final_legs) const;

 private:
  std::vector<Cut> cuts_;
};

}  // namespace thalweg
