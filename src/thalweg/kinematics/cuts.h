// Cuts on observables.
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
  const std::vector<Cut>& list() const { return cuts_; }

  // pass[e] = 1 when event e survives all cuts, else 0. A NaN observable does not survive.
  void apply(const Momenta& momenta, Arena& arena, std::span<std::uint8_t> pass) const;

 private:
  std::vector<Cut> cuts_;
};

}  // namespace thalweg
