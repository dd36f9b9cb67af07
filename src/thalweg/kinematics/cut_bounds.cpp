#include "thalweg/kinematics/cut_bounds.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

namespace thalweg {

CutBounds::CutBounds(const Cuts& cuts, std::size_t first_leg, std::vector<double> masses, double energy, bool fixed)
    : cuts_(cuts),
      masses_(std::move(masses)),
      least_pt_(size(), 0.0),
      least_e_(size(), 0.0),
      least_delta_r_(size() * size(), 0.0),
      energy_(energy) {
  for (const Cut& cut : cuts.list())
    for (const auto& legs : cut.tuples) {
      std::vector<std::size_t> of;
      std::uint32_t set = 0;
      for (const int leg : legs) {
        of.push_back(static_cast<std::size_t>(leg) - first_leg);
        set |= 1u << of.back();
      }
      add_rapidity_cut(set, cut);
      switch (cut.observable) {
        case Observable::mass: mass_cuts_.push_back({set, cut.min, cut.max}); break;
        case Observable::transverse_mass:  // at most the mass of the pair
          mass_cuts_.push_back({set, cut.min, std::numeric_limits<double>::infinity()});
          break;
        case Observable::mt_particle:
          if (const double m = masses_[of[0]]; cut.min > m)
            pt_cuts_.push_back(
                {set, std::sqrt((cut.min - m) * (cut.min + m)), std::numeric_limits<double>::infinity()});
          break;
        case Observable::pt: pt_cuts_.push_back({set, cut.min, cut.max}); break;
        case Observable::energy:
          if (of.size() == 1) least_e_[of[0]] = std::max(least_e_[of[0]], cut.min);
          break;
        case Observable::delta_r:
          for (const std::size_t at : {of[0] * size() + of[1], of[1] * size() + of[0]})
            least_delta_r_[at] = std::max(least_delta_r_[at], cut.min);
          break;
        case Observable::ht: least_ht_ = std::max(least_ht_, cut.min); break;
        case Observable::eta:
        case Observable::rapidity:
        case Observable::cos_theta: has_direction_ = true; break;
        default: break;
      }
    }
  bound_transverse_momenta(first_leg, fixed);
}

void CutBounds::add_rapidity_cut(std::uint32_t set, const Cut& cut) {
  const bool single = std::popcount(set) == 1;
  const bool massless = single && masses_[static_cast<std::size_t>(std::countr_zero(set))] == 0;
  RapidityCut limits{set, !massless, cut.min, cut.max};
  switch (cut.observable) {
    case Observable::abs_rapidity: limits.min = -cut.max; [[fallthrough]];  // a lower limit leaves two intervals
    case Observable::rapidity: limits.pseudo = false; break;
    case Observable::abs_eta: limits.min = -cut.max; break;
    case Observable::eta: break;
    case Observable::cos_theta:
      limits.min = std::atanh(std::max(cut.min, -1.0)), limits.max = std::atanh(std::min(cut.max, 1.0));
      break;
    default: return;
  }
  for (RapidityCut& known : rapidity_cuts_)
    if (known.set == set && known.pseudo == limits.pseudo) {
      known.min = std::max(known.min, limits.min), known.max = std::min(known.max, limits.max);
      return;
    }
  rapidity_cuts_.push_back(limits);
}

std::pair<double, double> CutBounds::rapidity_range(std::uint32_t set) const {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  std::pair<double, double> range{kNone, -kNone};
  for (std::size_t i = 0; i < size(); ++i) {
    if (!(set >> i & 1)) continue;
    double low = -kNone, high = kNone;
    for (const RapidityCut& cut : rapidity_cuts_) {
      if (cut.set != 1u << i) continue;
      low = std::max(low, cut.pseudo ? std::min(cut.min, 0.0) : cut.min);
      high = std::min(high, cut.pseudo ? std::max(cut.max, 0.0) : cut.max);
    }
    range = {std::min(range.first, low), std::max(range.second, high)};
  }
  for (const RapidityCut& cut : rapidity_cuts_)
    if (cut.set == set && !cut.pseudo) range = {std::max(range.first, cut.min), std::min(range.second, cut.max)};
  return range;
}

CutBounds CutBounds::permuted(const std::vector<std::size_t>& permutation) const {
  CutBounds result = *this;
  for (std::size_t i = 0; i < size(); ++i) {
    const std::size_t old = permutation[i];
    result.masses_[i] = masses_[old];
    result.least_pt_[i] = least_pt_[old];
    result.least_e_[i] = least_e_[old];
    for (std::size_t j = 0; j < size(); ++j)
      result.least_delta_r_[i * size() + j] = least_delta_r_[old * size() + permutation[j]];
  }
  auto renamed = [&](std::uint32_t set) {
    std::uint32_t names = 0;
    for (std::size_t i = 0; i < size(); ++i) names |= (set >> permutation[i] & 1u) << i;
    return names;
  };
  for (auto* list : {&result.mass_cuts_, &result.pt_cuts_})
    for (MassCut& cut : *list) cut.set = renamed(cut.set);
  for (RapidityCut& cut : result.rapidity_cuts_) cut.set = renamed(cut.set);
  return result;
}

double CutBounds::least_pair(std::size_t i, std::size_t j) const {
  const double mi = masses_[i], mj = masses_[j], ptt = 2 * least_pt_[i] * least_pt_[j];
  const double r = least_delta_r_[i * size() + j];
  double bound = 2 * mi * mj;
  constexpr double pi = std::numbers::pi;
  bound = std::max(bound, ptt * (r < pi ? 1 - std::cos(r) : std::cosh(std::sqrt(r * r - pi * pi)) + 1));
  for (const MassCut& cut : mass_cuts_)
    if (cut.set == (1u << i | 1u << j) && cut.min > 0) bound = std::max(bound, cut.min * cut.min - mi * mi - mj * mj);
  for (const auto& [light, heavy] : {std::pair{i, j}, {j, i}})
    if (const double m2 = masses_[heavy] * masses_[heavy]; masses_[light] == 0 && std::isfinite(energy_))
      bound =
          std::max(bound, 2 * std::max(least_pt_[light], least_e_[light]) * m2 * energy_ / (energy_ * energy_ + m2));
  return bound;
}

double CutBounds::least_mass(std::uint32_t set) const {
  double sum = 0, square = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    if (!(set >> i & 1)) continue;
    sum += masses_[i];
    square += masses_[i] * masses_[i];
    for (std::size_t j = 0; j < i; ++j)
      if (set >> j & 1) square += least_pair(i, j);
  }
  double bound = std::popcount(set) > 1 ? std::max(sum, std::sqrt(square)) : sum;
  for (const MassCut& cut : mass_cuts_) {
    if ((cut.set & set) != cut.set) continue;
    double rest = 0;
    for (std::size_t i = 0; i < size(); ++i)
      if ((set & ~cut.set) >> i & 1) rest += masses_[i];
    bound = std::max(bound, cut.min + rest);
  }
  return bound;
}

double CutBounds::most_mass(std::uint32_t set) const {
  double bound = std::numeric_limits<double>::infinity();
  for (const MassCut& cut : mass_cuts_)
    if (cut.set == set) bound = std::min(bound, cut.max);
  return bound;
}

double CutBounds::least_energy() const {
  const std::uint32_t all = (1u << size()) - 1;
  auto transverse = [&](std::uint32_t set) {
    double sum = 0;
    for (std::size_t i = 0; i < size(); ++i)
      if (set >> i & 1) sum += std::hypot(masses_[i], least_pt_[i]);
    return sum;
  };
  double bound = std::max({least_mass(all), transverse(all), least_ht_});
  for (const MassCut& cut : mass_cuts_) bound = std::max(bound, cut.min + transverse(all & ~cut.set));
  for (std::size_t i = 0; i < size(); ++i)
    bound =
        std::max(bound, std::hypot(masses_[i], least_pt_[i]) + std::hypot(least_mass(all & ~(1u << i)), least_pt_[i]));
  for (const MassCut& cut : pt_cuts_)
    if (const std::uint32_t rest = all & ~cut.set; cut.min > 0 && rest && std::popcount(cut.set) > 1)
      bound = std::max(bound, std::hypot(least_mass(cut.set), cut.min) + std::hypot(least_mass(rest), cut.min));
  return bound;
}

}  // namespace thalweg
