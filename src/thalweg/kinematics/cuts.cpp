#include "thalweg/kinematics/cuts.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace thalweg {

void Cuts::apply(const Momenta& momenta, Arena& arena, std::span<std::uint8_t> pass) const {
  std::fill(pass.begin(), pass.end(), std::uint8_t{1});
  if (cuts_.empty()) return;
  const auto values = arena.take<double>(pass.size());
  for (const Cut& cut : cuts_)
    for (const auto& legs : cut.tuples) {
      evaluate(cut.observable, momenta, legs, values);
      for (std::size_t e = 0; e < pass.size(); ++e)
        pass[e] &= static_cast<std::uint8_t>(values[e] >= cut.min && values[e] <= cut.max);
    }
}

double Cuts::minimal_energy(int first_leg, std::span<const double> masses) const {
  const double total = std::accumulate(masses.begin(), masses.end(), 0.0);
  double bound = total;
  std::vector<double> pt_min(masses.size(), 0.0);
  for (const Cut& cut : cuts_)
    for (const auto& legs : cut.tuples) {
      if (cut.observable == Observable::mass) {
        double rest = total;
        for (int leg : legs) rest -= masses[static_cast<std::size_t>(leg - first_leg)];
        bound = std::max(bound, cut.min + rest);
      }
      if (cut.observable == Observable::pt && legs.size() == 1) {
        double& pt = pt_min[static_cast<std::size_t>(legs[0] - first_leg)];
        pt = std::max(pt, cut.min);
      }
    }
  double transverse = 0;
  for (std::size_t i = 0; i < masses.size(); ++i) transverse += std::hypot(masses[i], pt_min[i]);
  return std::max(bound, transverse);
}

double Cuts::maximal_energy(std::size_t final_legs) const {
  double bound = std::numeric_limits<double>::infinity();
  for (const Cut& cut : cuts_)
    if (cut.observable == Observable::mass)
      for (const auto& legs : cut.tuples)
        if (legs.size() == final_legs) bound = std::min(bound, cut.max);
  return bound;
}

}  // namespace thalweg
