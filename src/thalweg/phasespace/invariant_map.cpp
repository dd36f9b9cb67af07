#include "thalweg/phasespace/invariant_map.h"

#include <algorithm>
#include <cmath>

namespace thalweg {
namespace {

// Of the power map: a function whose differences it makes uniform, its inverse, and its derivative.
double straighten(const InvariantMap& map, double s) {
  const double x = s + map.shift;
  return map.nu == 1 ? std::log(x) : std::pow(x, 1 - map.nu);
}
double bend(const InvariantMap& map, double t) {
  return (map.nu == 1 ? std::exp(t) : std::pow(t, 1 / (1 - map.nu))) - map.shift;
}
double slope(const InvariantMap& map, double s) {
  const double x = s + map.shift;
  return map.nu == 1 ? 1 / x : (1 - map.nu) * std::pow(x, -map.nu);
}

// Of the massive map: arctan((s - M^2) / (M Gamma)) from lo on, by the difference of two tangents, which has all its
// digits far from the pole, too.
double angle(const InvariantMap& map, double lo, double s) {
  const double mg = map.m_gamma;
  return std::atan2(mg * (s - lo), mg * mg + (s - map.m2) * (lo - map.m2));
}
double at_angle(const InvariantMap& map, double lo, double t) {
  const double mg = map.m_gamma, a = lo - map.m2;
  return lo + (a * a + mg * mg) * std::sin(t) / (mg * std::cos(t) - a * std::sin(t));
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
  if (kind == Kind::massive) return std::clamp(at_angle(*this, lo, z * angle(*this, lo, hi)), lo, hi);
  const double a = straighten(*this, lo), b = straighten(*this, hi);
  return std::clamp(bend(*this, a + (b - a) * z), lo, hi);
}

double InvariantMap::inverse(double s, double lo, double hi) const {
  if (kind == Kind::volume) return volume_share(k, (std::sqrt(s) - std::sqrt(lo)) / (std::sqrt(hi) - std::sqrt(lo)));
  if (kind == Kind::massive) return angle(*this, lo, s) / angle(*this, lo, hi);
  const double a = straighten(*this, lo), b = straighten(*this, hi);
  return (straighten(*this, s) - a) / (b - a);
}

double InvariantMap::density(double s, double lo, double hi) const {
  if (!(s >= lo && s <= hi)) return 0;
  if (kind == Kind::volume) {
    const double range = std::sqrt(hi) - std::sqrt(lo), m = std::sqrt(s), u = (m - std::sqrt(lo)) / range;
    return k * (k + 1) * std::pow(u, 2 * k - 1) * (1 - u * u) / (m * range);
  }
  if (kind == Kind::massive) {
    const double d = s - m2;
    return m_gamma / (d * d + m_gamma * m_gamma) / angle(*this, lo, hi);
  }
  return slope(*this, s) / (straighten(*this, hi) - straighten(*this, lo));
}

}  // namespace thalweg
