#include "thalweg/phasespace/region_points.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace thalweg {
namespace {

using Kind = SingularRegion::Kind;
using Vector = std::array<double, 4>;

constexpr double kLeastShare = 1e-3;  // of the energy that particles along a beam may have: less is soft

Vector operator+(const Vector& a, const Vector& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]}; }
Vector operator-(const Vector& a, const Vector& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3]}; }

double mass_of(const Vector& p) {
  const double m2 = (p[0] - p[3]) * (p[0] + p[3]) - p[1] * p[1] - p[2] * p[2];
  return m2 > 0 ? std::sqrt(m2) : 0;
}

Vector directed(double k, double cosine, double phi, double mass) {
  const double s = k * std::sqrt(std::max(0.0, 1 - cosine * cosine));
  return {std::hypot(k, mass), s * std::cos(phi), s * std::sin(phi), k * cosine};
}

// From the rest frame of `frame`, of this mass.
Vector boosted(const Vector& p, const Vector& frame, double mass) {
  const double along = p[1] * frame[1] + p[2] * frame[2] + p[3] * frame[3];
  Vector lab = {(frame[0] * p[0] + along) / mass, 0, 0, 0};
  for (std::size_t i = 1; i < 4; ++i) lab[i] = p[i] + frame[i] * (along / (mass * (frame[0] + mass)) + p[0] / mass);
  return lab;
}

// Of energy E and mass m along z.
Vector along_z(double e, double m, double sign) {
  return {e, 0, 0, sign * std::sqrt(std::max(0.0, (e - m) * (e + m)))};
}

struct Coordinates {
  std::span<const double> cube;
  std::size_t next = 0;
  double operator()() { return cube[next++]; }
  double angle() { return 2 * std::numbers::pi * (*this)(); }
};

// `whole` decays into particles of these masses, one after the other; 3 n - 4 coordinates.
bool decay(Vector whole, std::span<const double> masses, Coordinates& x, std::span<Vector> out) {
  double energy = mass_of(whole), rest = 0;
  for (const double m : masses) rest += m;
  if (masses.size() == 1) {
    out[0] = whole;
    return true;
  }
  if (!(energy > rest)) return false;
  for (std::size_t i = 0; i + 1 < masses.size(); ++i) {
    rest -= masses[i];
    const double left = i + 2 == masses.size() ? rest : rest + (energy - masses[i] - rest) * x();
    const double k = two_body_momentum(energy, masses[i], left), cosine = 2 * x() - 1;
    const Vector one = directed(k, cosine, x.angle(), masses[i]);
    out[i] = boosted(one, whole, energy);
    whole = boosted({std::hypot(k, left), -one[1], -one[2], -one[3]}, whole, energy);
    energy = left;
  }
  out[masses.size() - 1] = whole;
  return true;
}

}  // namespace

RegionPoints::RegionPoints(const Beams& beams, std::vector<double> masses, double least_energy, Kind kind,
                           std::uint32_t set, double distance)
    : beams_(beams),
      masses_(std::move(masses)),
      least_energy_(least_energy),
      kind_(kind),
      set_(set),
      distance_(distance),
      dim_(3 * masses_.size() + 6) {}

bool RegionPoints::make(std::span<const double> cube, const Momenta& momenta, std::size_t event) const {
  Coordinates x{cube};
  const std::size_t in = beams_.incoming(), n = masses_.size();
  double energy = beams_.energy, boost = 1, lightest = 0;
  for (const double m : masses_) lightest += m;
  if (beams_.kind == Beams::Kind::hadrons) {
    const double least = std::max({lightest, least_energy_, 1e-4 * beams_.energy});
    energy = kind_ == Kind::energy ? distance_ * energy : least * std::pow(energy / least, x());
    boost = std::pow(beams_.energy / energy, 2 * x() - 1);
  }
  const double k_beam = in == 2 ? two_body_momentum(energy, beams_.mass_a, beams_.mass_b) : 0;
  std::vector<double> others;  // masses of what fills its phase space
  std::vector<std::size_t> who, special;
  for (std::size_t i = 0; i < n; ++i) {
    const bool inside = kind_ != Kind::energy && (set_ >> i & 1);
    (inside ? special : who).push_back(i);
    if (!inside) others.push_back(masses_[i]);
  }
  const std::size_t k = special.size();
  std::vector<Vector> p(n), rest(others.size() + 1), pieces(k);
  const Vector whole = {energy, 0, 0, 0};
  Vector taken{};
  double open = energy * energy;  // of s_hat that may be taken away
  double mass = 0;
  for (const double m : others) mass += m;
  open -= mass * mass;
  if (!(open > 0)) return false;

  if (kind_ == Kind::soft) {
    if (others.size() < 2) return false;
    for (const std::size_t i : special) {
      const double e = distance_ * energy * std::pow(10.0, -x()), cosine = 2 * x() - 1;
      p[i] = directed(e, cosine, x.angle(), 0);
      taken = taken + p[i];
    }
  } else if (kind_ == Kind::beam_a || kind_ == Kind::beam_b) {
    const double sign = kind_ == Kind::beam_a ? 1 : -1;
    const double most = open / (2 * energy);  // E of the set: (P - K)^2 = s - 2 sqrt(s) E
    const double share = kLeastShare + (1 - kLeastShare) * x(), e = others.size() == 1 ? most : share * most;
    double sum = 0;
    std::vector<double> parts(k);
    for (double& part : parts) sum += part = 0.01 + x();
    for (std::size_t j = 0; j < k; ++j) {
      const double pt = distance_ * energy * std::pow(10.0, -x()), phi = x.angle(), z = e * parts[j] / sum;
      p[special[j]] = {std::hypot(z, pt), pt * std::cos(phi), pt * std::sin(phi), sign * z};
      taken = taken + p[special[j]];
    }
  } else if (kind_ == Kind::forward) {
    const std::size_t i = special[0];
    const double k_final = two_body_momentum(energy, masses_[i], masses_[who[0]]);
    p[i] = directed(k_final, 1, 0, masses_[i]);
    const double phi = x.angle(), side = k_final * distance_ * std::pow(10.0, -x());
    p[i][1] = side * std::cos(phi), p[i][2] = side * std::sin(phi);
    p[i][3] = std::sqrt(k_final * k_final - side * side);
    taken = p[i];
  } else if (kind_ == Kind::collinear) {
    if (others.empty()) return false;
    others.push_back(distance_ * energy);  // all of the set together
  }
  if (!decay(whole - taken, others, x, rest)) return false;
  for (std::size_t j = 0; j < who.size(); ++j) p[who[j]] = rest[j];
  if (kind_ == Kind::collinear) {
    const std::vector<double> massless(k, 0.0);
    // Its mass as it was set, which the momentum has lost by rounding.
    Vector set = rest[who.size()];
    const Vector at_rest = {distance_ * energy, 0, 0, 0};
    if (!decay(at_rest, massless, x, pieces)) return false;
    for (std::size_t j = 0; j < k; ++j) p[special[j]] = boosted(pieces[j], set, distance_ * energy);
  }

  auto put = [&](std::size_t leg, const Vector& v, double m) {
    // Along z to the frame of the collider; light-cone components do not cancel.
    const double mt2 = v[1] * v[1] + v[2] * v[2] + m * m, large = v[0] + std::abs(v[3]),
                 small = large > 0 ? mt2 / large : 0;
    const double plus = (v[3] >= 0 ? large : small) * boost, minus = (v[3] >= 0 ? small : large) / boost;
    const bool moved = boost != 1;
    momenta.component(leg, 0)[event] = moved ? (plus + minus) / 2 : v[0];
    momenta.component(leg, 1)[event] = v[1];
    momenta.component(leg, 2)[event] = v[2];
    momenta.component(leg, 3)[event] = moved ? (plus - minus) / 2 : v[3];
  };
  if (in == 1) {
    put(0, whole, energy);
  } else {
    put(0, along_z(std::hypot(k_beam, beams_.mass_a), beams_.mass_a, 1), beams_.mass_a);
    put(1, along_z(std::hypot(k_beam, beams_.mass_b), beams_.mass_b, -1), beams_.mass_b);
  }
  for (std::size_t i = 0; i < n; ++i) put(in + i, p[i], masses_[i]);
  return true;
}

}  // namespace thalweg
