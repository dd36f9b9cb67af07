#include "thalweg/phasespace/propagator_map.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace thalweg {

PropagatorMap PropagatorMap::massive(double mass, double width, double s_min, double s_max) {
  assert(mass > 0 && width > 0 && s_min < s_max);
  PropagatorMap map;
  map.kind_ = Kind::massive;
  map.s_min_ = s_min;
  map.s_max_ = s_max;
  map.m2_ = mass * mass;
  map.m_gamma_ = mass * width;
  map.low_ = std::atan((s_min - map.m2_) / map.m_gamma_);
  map.high_ = std::atan((s_max - map.m2_) / map.m_gamma_);
  return map;
}

PropagatorMap PropagatorMap::massless(double nu, double s_min, double s_max) {
  assert(s_min < s_max && s_min >= 0 && (s_min > 0 || nu < 1));
  PropagatorMap map;
  map.s_min_ = s_min;
  map.s_max_ = s_max;
  map.kind_ = nu == 1 ? Kind::logarithmic : Kind::massless;
  map.power_ = 1 - nu;
  map.low_ = nu == 1 ? std::log(s_min) : std::pow(s_min, map.power_);
  map.high_ = nu == 1 ? std::log(s_max) : std::pow(s_max, map.power_);
  return map;
}

double PropagatorMap::forward(double z) const {
  const double t = low_ + (high_ - low_) * z;
  double s = 0;
  switch (kind_) {
    case Kind::massive: s = m2_ + m_gamma_ * std::tan(t); break;
    case Kind::massless: s = power_ == -1 ? 1 / t : std::pow(t, 1 / power_); break;
    case Kind::logarithmic: s = std::exp(t); break;
  }
  return std::clamp(s, s_min_, s_max_);
}

double PropagatorMap::inverse(double s) const {
  double t = 0;
  switch (kind_) {
    case Kind::massive: t = std::atan((s - m2_) / m_gamma_); break;
    case Kind::massless: t = std::pow(s, power_); break;
    case Kind::logarithmic: t = std::log(s); break;
  }
  return (t - low_) / (high_ - low_);
}

double PropagatorMap::density(double s) const {
  if (!(s >= s_min_ && s <= s_max_)) return 0;
  switch (kind_) {
    case Kind::massive: {
      const double d = s - m2_;
      return m_gamma_ / ((high_ - low_) * (d * d + m_gamma_ * m_gamma_));
    }
    case Kind::massless: return power_ * (power_ == -1 ? 1 / (s * s) : std::pow(s, power_ - 1)) / (high_ - low_);
    default: return 1 / (s * (high_ - low_));
  }
}

}  // namespace thalweg
