#include "thalweg/phasespace/invariant_map.h"

#include <algorithm>
#include <cmath>

namespace thalweg {
namespace {

// A function whose differences the map makes uniform, its inverse, and its derivative.
double straighten(const InvariantMap& map, double s) {
  if (map.kind == InvariantMap::Kind::massive) return std::atan((s - map.m2) / map.m_gamma);
  const double x = s + map.shift;
  return map.nu == 1 ? std::log(x) : std::pow(x, 1 - map.nu);
}

double bend(const InvariantMap& map, double t) {
  if (map.kind == InvariantMap::Kind::massive) return map.m2 + map.m_gamma * std::tan(t);
  return (map.nu == 1 ? std::exp(t) : std::pow(t, 1 / (1 - map.nu))) - map.shift;
}

double slope(const InvariantMap& map, double s) {
  if (map.kind == InvariantMap::Kind::massive) {
    const double d = s - map.m2;
    return map.m_gamma / (d * d + map.m_gamma * map.m_gamma);
  }
  const double x = s + map.shift;
  return map.nu == 1 ? 1 / x : (1 - map.nu) * std::pow(x, -map.nu);
}

double volume_share(int k, double u) { return std::pow(u, 2 * k) * (k + 1 - k * u * u); }

}  // namespace

double InvariantMap::forward(double z, double lo, double hi) const {
  if (kind == Kind::volume) {
    double below = 0, above = 1;
    while (above - below > 1e-16) {
      const double middle = (below + above) / 2;
      if (middle == below || middle == above) break;
      (volume_share(k, middle) < z ? below : above) = middle;
    }
    const double m = std::sqrt(lo) + above * (std::sqrt(hi) - std::sqrt(lo));
    return std::clamp(m * m, lo, hi);
  }
  const double a = straighten(*this, lo), b = straighten(*this, hi);
  return std::clamp(bend(*this, a + (b - a) * z), lo, hi);
}

double InvariantMap::inverse(double s, double lo, double hi) const {
  if (kind == Kind::volume)
    return volume_share(k, (std::sqrt(s) - std::sqrt(lo)) / (std::sqrt(hi) - std::sqrt(lo)));
  const double a = straighten(*this, lo), b = straighten(*this, hi);
  return (straighten(*this, s) - a) / (b - a);
}

double InvariantMap::density(double s, double lo, double hi) const {
  if (!(s >= lo && s <= hi)) return 0;
  if (kind == Kind::volume) {
    const double range = std::sqrt(hi) - std::sqrt(lo), m = std::sqrt(s), u = (m - std::sqrt(lo)) / range;
    return k * (k + 1) * std::pow(u, 2 * k - 1) * (1 - u * u) / (m * range);
  }
  return slope(*this, s) / (straighten(*this, hi) - straighten(*this, lo));
}

}  // namespace thalweg
