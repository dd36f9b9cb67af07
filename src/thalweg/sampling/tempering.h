// Powers of the integrand. Where hardly any point sees a peak, the largest weight of an iteration says where the next
// one looks, and peaks are lost without a trace. Such a sampler learns |F|^beta with beta < 1 first, a broader function
// of the same maxima, and beta grows as far as the effective number of points n = (sum w)^2 / sum w^2 allows.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

namespace thalweg {

// |F|^beta / g of a point with weight w = F / g and density g = 1 / jacobian.
inline double tempered_weight(double w, double jacobian, double beta) {
  if (w == 0 || beta == 1) return w;
  return std::pow(std::abs(w) / jacobian, beta) * jacobian;
}

// Whether the sampler of some map, by whose powers, still follows a power of the integrand.
inline bool any_tempered(std::span<const double> power) {
  return std::any_of(power.begin(), power.end(), [](double p) { return p < 1; });
}

struct EffectivePoints {
  double sum = 0, square = 0;
  void add(double w, double share = 1) { sum += share * w, square += share * w * w; }
  void merge(const EffectivePoints& other) { sum += other.sum, square += other.square; }
  double count() const { return square > 0 ? sum * sum / square : 0; }
};

// For grids: beta = 1, 1/2, 1/4, ... in one pass.
inline constexpr std::size_t kRungs = 11;
inline double rung_power(std::size_t rung) { return std::ldexp(1.0, -static_cast<int>(rung)); }

// The largest power with a hundred effective points, or a twentieth of the points where that is less.
std::size_t choose_rung(const std::array<EffectivePoints, kRungs>& rungs, double points);

// For flows, from a batch at `beta` (first) and at next_power(beta) (second): up with a fifth of the points
// effective, down with less than a twentieth.
double next_power(double beta);
double move_power(double beta, const std::array<EffectivePoints, 2>& batch, double points);

}  // namespace thalweg
