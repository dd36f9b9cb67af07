// Transverse momenta: what energies, angles and momentum balance imply.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "thalweg/kinematics/cut_bounds.h"
#include "thalweg/kinematics/momenta.h"

namespace thalweg {
namespace {

// The largest |cos(theta)| that a cut on the direction of one particle leaves.
double most_cosine(const Cut& cut, double mass) {
  auto largest = [&](auto cosine) { return std::max(std::abs(cosine(cut.min)), std::abs(cosine(cut.max))); };
  auto of_eta = [](double eta) { return std::tanh(eta); };
  switch (cut.observable) {
    case Observable::cos_theta: return largest([](double c) { return std::clamp(c, -1.0, 1.0); });
    case Observable::eta: return largest(of_eta);
    case Observable::abs_eta: return std::tanh(std::max(cut.max, 0.0));
    case Observable::rapidity: return mass == 0 ? largest(of_eta) : 1.0;
    case Observable::abs_rapidity: return mass == 0 ? std::tanh(std::max(cut.max, 0.0)) : 1.0;
    default: return 1.0;
  }
}

}  // namespace

void CutBounds::bound_transverse_momenta(std::size_t first_leg, bool fixed) {
  std::vector<double> cosine(size(), 1.0);
  for (const Cut& cut : cuts_.list())
    for (const auto& legs : cut.tuples) {
      if (legs.size() != 1) continue;
      const std::size_t i = static_cast<std::size_t>(legs[0]) - first_leg;
      cosine[i] = std::min(cosine[i], most_cosine(cut, masses_[i]));
    }
  auto across = [](double k, double c) { return k * std::sqrt((1 - c) * (1 + c)) * (1 - 1e-12); };
  for (std::size_t i = 0; i < size(); ++i) {
    if (const double e = least_e_[i], m = masses_[i]; e > m)
      least_pt_[i] = across(std::sqrt((e - m) * (e + m)), cosine[i]);
    if (fixed && size() == 2)
      least_pt_[i] = std::max(
          least_pt_[i], across(two_body_momentum(energy_, masses_[0], masses_[1]), std::min(cosine[0], cosine[1])));
  }
  for (const MassCut& cut : pt_cuts_)
    if (std::popcount(cut.set) == 1) {
      double& bound = least_pt_[static_cast<std::size_t>(std::countr_zero(cut.set))];
      bound = std::max(bound, cut.min);
    }
  // All others together have the same.
  for (int pass = 0; pass < 2; ++pass)
    for (std::size_t i = 0; i < size(); ++i) least_pt_[i] = std::max(least_pt_[i], least_pt_of_set(1u << i));
}

double CutBounds::least_pt_of_set(std::uint32_t set) const {
  const std::uint32_t rest = ((1u << size()) - 1) & ~set;
  if (set == 0 || rest == 0) return 0;
  std::vector<double> most(size(), std::numeric_limits<double>::infinity());
  for (const MassCut& cut : pt_cuts_)
    if (std::popcount(cut.set) == 1) {
      double& of = most[static_cast<std::size_t>(std::countr_zero(cut.set))];
      of = std::min(of, cut.max);
    }
  double bound = 0;
  for (const MassCut& cut : pt_cuts_)
    if (cut.set == set || cut.set == rest) bound = std::max(bound, cut.min);
  for (const std::uint32_t side : {set, rest})
    for (std::size_t i = 0; i < size(); ++i) {
      if (!(side >> i & 1)) continue;
      double others = 0;
      for (std::size_t j = 0; j < size(); ++j)
        if (j != i && (side >> j & 1)) others += most[j];
      bound = std::max(bound, least_pt_[i] - others);
    }
  return bound;
}

}  // namespace thalweg
