#include "thalweg/phasespace/nested_decay.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "thalweg/base/errors.h"
#include "thalweg/base/units.h"

namespace thalweg {
namespace {

using Vector = std::array<double, 3>;

double square(double x) { return x * x; }
double sine(double cosine) { return std::sqrt(std::max((1 - cosine) * (1 + cosine), 0.0)); }

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
Vector space(const FourMomentum& k) { return {k[1], k[2], k[3]}; }
Vector unit(const Vector& a) {
  const double length = std::sqrt(dot(a, a));
  return {a[0] / length, a[1] / length, a[2] / length};
}

FourMomentum sum(const FourMomentum& a, const FourMomentum& b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]};
}
double mass_of(const FourMomentum& k) {
  const Vector p = space(k);
  return std::sqrt(std::max(k[0] * k[0] - dot(p, p), 0.0));
}

// Out of the rest frame of a system of mass m into one where it has energy e and the momentum q along `axis`.
FourMomentum boost(const FourMomentum& k, const Vector& axis, double e, double q, double m) {
  const double along = dot(space(k), axis), change = (e * along + q * k[0]) / m - along;
  return {(e * k[0] + q * along) / m, k[1] + change * axis[0], k[2] + change * axis[1], k[3] + change * axis[2]};
}
// Into the rest frame of p.
FourMomentum rest(const FourMomentum& k, const FourMomentum& p) {
  const double q = std::sqrt(dot(space(p), space(p)));
  if (q == 0) return k;
  return boost(k, unit(space(p)), p[0], -q, mass_of(p));
}

FourMomentum on_shell(double p, double m, const Vector& direction) {
  return {std::sqrt(p * p + m * m), p * direction[0], p * direction[1], p * direction[2]};
}

// E_a E_b - p_a p_b, without cancellation.
double product_gap(double e_a, double p_a, double m_a, double e_b, double p_b, double m_b) {
  if (m_a == 0 && m_b == 0) return 0;
  return (square(m_a * p_b) + square(m_b * p_a) + square(m_a * m_b)) / (e_a * e_b + p_a * p_b);
}

void check_masses(double mass, std::span<const double> masses) {
  const double sum = std::accumulate(masses.begin(), masses.end(), 0.0);
  if (!(sum < mass) || std::any_of(masses.begin(), masses.end(), [](double m) { return !(m >= 0); }))
    request_error("a particle of mass {} GeV cannot decay into masses that add up to {} GeV", mass, sum);
}

}  // namespace

double bracket_momentum(double a, double b, double c) {
  const double product = (b * b - square(a + c)) * (b - a + c) * (b + a - c);
  return std::sqrt(std::abs(product)) / (2 * b);
}

FourBodyDecay::FourBodyDecay(double mass, const std::array<double, 4>& masses, Angles angles)
    : mass_(mass), m_(masses), angles_(angles) {
  check_masses(mass, masses);
}

// Masses, momenta and angles of a point.
struct FourBodyDecay::Frames {
  double m234, m34, range34;  // m_34 has a range of this width
  double p1_x, p1, p2, p34;   // of 1 in the frame of X and of (234), of 2 in that of (234), of 3 in that of (34)
  double p1_34, e1_34, p2_34, e2_34;   // of 1 and 2 in the frame of (34)
  double c12, c23, s12, s134, cosine;  // angles; invariants; of the angle between 1 and 2 in the frame of (34)
  Frames(const FourBodyDecay& d, const double* y) {
    const auto& m = d.m_;
    const double least = m[1] + m[2] + m[3];
    m234 = least + (d.mass_ - least - m[0]) * y[0];
    range34 = m234 - least;
    m34 = m[2] + m[3] + range34 * y[1];
    c12 = 2 * y[2] - 1, c23 = 2 * y[3] - 1;
    p1_x = bracket_momentum(m[0], d.mass_, m234);
    p1 = bracket_momentum(m[0], m234, d.mass_);
    p2 = bracket_momentum(m[1], m234, m34);
    p34 = bracket_momentum(m[2], m34, m[3]);
    const double e1 = std::hypot(p1, m[0]), e2 = std::hypot(p2, m[1]);
    s12 = square(m[0]) + square(m[1]) + 2 * (product_gap(e1, p1, m[0], e2, p2, m[1]) + p1 * p2 * (1 - c12));
    s134 = square(d.mass_) + square(m[0]) + square(m[1]) + square(m34) - s12 - square(m234);
    p1_34 = bracket_momentum(m[0], m34, std::sqrt(std::max(s134, 0.0)));
    p2_34 = bracket_momentum(m[1], m34, m234);
    e1_34 = std::hypot(p1_34, m[0]), e2_34 = std::hypot(p2_34, m[1]);
    const double half = (s12 - square(m[0]) - square(m[1])) / 2;
    cosine = 1 - (half - product_gap(e1_34, p1_34, m[0], e2_34, p2_34, m[1])) / (p1_34 * p2_34);
    cosine = std::clamp(cosine, -1.0, 1.0);
  }
  // D (24) with c_13.
  double determinant(double c13) const { return (1 - cosine * cosine) * (1 - c23 * c23) - square(c13 - cosine * c23); }
};

FourBodyDecay::Point FourBodyDecay::point(const double* y) const {
  Point r{};
  const Frames f(*this, y);
  r.jacobian = f.p1_x * f.p2 * f.p34 * (mass_ - m_[0] - m_[1] - m_[2] - m_[3]) * f.range34 /
               (64 * kPi * kPi * kPi * kPi * kPi * mass_);
  if (!(r.jacobian > 0)) return {};
  double c13;
  if (angles_ == Angles::frames) {
    c13 = f.cosine * f.c23 + sine(f.cosine) * sine(f.c23) * std::cos(2 * kPi * y[4]);
  } else {
    c13 = 2 * y[4] - 1;
    const double d = f.determinant(c13);
    if (!(d > 0)) return {};
    r.jacobian *= 2 / (kPi * std::sqrt(d));
  }
  const double m34 = f.m34, p = f.p34;
  const double e3 = std::hypot(p, m_[2]), e4 = std::hypot(p, m_[3]);
  // Squared masses of i (energy e, momentum q) with 3 and with 4, at cosine c from 3.
  auto pair = [&](double m, double e, double q, double c, double e_other, double m_other) {
    return square(m) + square(m_other) + 2 * (product_gap(e, q, m, e_other, p, m_other) + q * p * (1 - c));
  };
  r.s12 = f.s12;
  r.s13 = pair(m_[0], f.e1_34, f.p1_34, c13, e3, m_[2]);
  r.s14 = pair(m_[0], f.e1_34, f.p1_34, -c13, e4, m_[3]);
  r.s23 = pair(m_[1], f.e2_34, f.p2_34, f.c23, e3, m_[2]);
  r.s24 = pair(m_[1], f.e2_34, f.p2_34, -f.c23, e4, m_[3]);
  r.s34 = m34 * m34;
  r.s134 = f.s134;
  r.s234 = square(f.m234);
  return r;
}

void FourBodyDecay::momenta(const double* y, bool side, std::span<FourMomentum, 4> k) const {
  const Frames f(*this, y);
  const double s12 = sine(f.c12), s23 = sine(f.c23);
  double cosine, sign;  // of phi, and the side of 3
  if (angles_ == Angles::frames) {
    cosine = std::cos(2 * kPi * y[4]);
    sign = y[4] <= 0.5 ? 1 : -1;
  } else {
    cosine = std::clamp((2 * y[4] - 1 - f.cosine * f.c23) / (sine(f.cosine) * s23), -1.0, 1.0);
    sign = side ? 1 : -1;
  }
  // 2 in the frame of (234); `towards` is perpendicular to it, in the half plane of 1.
  const Vector z{0, 0, 1}, down{0, 0, -1}, along{s12, 0, f.c12}, back{-s12, 0, -f.c12}, towards{-f.c12, 0, s12};
  const double x3 = s23 * cosine, y3 = sign * s23 * sine(cosine);
  const Vector third{x3 * towards[0] + f.c23 * along[0], y3, x3 * towards[2] + f.c23 * along[2]};
  k[0] = on_shell(f.p1_x, m_[0], z);
  k[1] = on_shell(f.p2, m_[1], along);
  k[2] = on_shell(f.p34, m_[2], third);
  k[3] = on_shell(f.p34, m_[3], {-third[0], -third[1], -third[2]});
  const double e34 = std::hypot(f.p2, f.m34), e234 = std::hypot(f.p1_x, f.m234);
  for (std::size_t i = 2; i < 4; ++i) k[i] = boost(k[i], back, e34, f.p2, f.m34);
  for (std::size_t i = 1; i < 4; ++i) k[i] = boost(k[i], down, e234, f.p1_x, f.m234);
}

void FourBodyDecay::coordinates(std::span<const FourMomentum, 4> k, double* y) const {
  const FourMomentum k34 = sum(k[2], k[3]), k234 = sum(k[1], k34);
  const double m234 = mass_of(k234), m34 = mass_of(k34), least = m_[1] + m_[2] + m_[3];
  y[0] = (m234 - least) / (mass_ - least - m_[0]);
  y[1] = (m34 - m_[2] - m_[3]) / (m234 - least);
  const Vector one = unit(space(rest(k[0], k234))), two = unit(space(rest(k[1], k234)));
  y[2] = (1 + dot(one, two)) / 2;
  const Vector a = unit(space(rest(k[0], k34))), b = unit(space(rest(k[1], k34))), c = unit(space(rest(k[2], k34)));
  y[3] = (1 + dot(b, c)) / 2;
  if (angles_ == Angles::symmetric) {
    y[4] = (1 + dot(a, c)) / 2;
    return;
  }
  // About 2; with 1 along z and 2 at positive x, y is the direction of 1 x 2.
  const double in_plane = dot(a, c) - dot(a, b) * dot(b, c), across = dot(c, cross(a, b));
  const double phi = std::atan2(across, in_plane) / (2 * kPi);
  y[4] = phi < 0 ? phi + 1 : phi;
}

ThreeBodyDecay::ThreeBodyDecay(double mass, const std::array<double, 3>& masses) : mass_(mass), m_(masses) {
  check_masses(mass, masses);
}

ThreeBodyDecay::Point ThreeBodyDecay::point(const double* y) const {
  const double range = mass_ - m_[0] - m_[1] - m_[2], m23 = m_[1] + m_[2] + range * y[0], c12 = 2 * y[1] - 1;
  const double p1_x = bracket_momentum(m_[0], mass_, m23), p = bracket_momentum(m_[1], m23, m_[2]);
  Point r{};
  // |p|/(4 pi M) for either decay, and dm^2/(2 pi) between them.
  r.jacobian = p1_x * p * range / (16 * kPi * kPi * kPi * mass_);
  if (!(r.jacobian > 0)) return {};
  const double p1 = bracket_momentum(m_[0], m23, mass_), e1 = std::hypot(p1, m_[0]);
  const double e2 = std::hypot(p, m_[1]), e3 = std::hypot(p, m_[2]);
  r.s12 = square(m_[0]) + square(m_[1]) + 2 * (product_gap(e1, p1, m_[0], e2, p, m_[1]) + p1 * p * (1 - c12));
  r.s13 = square(m_[0]) + square(m_[2]) + 2 * (product_gap(e1, p1, m_[0], e3, p, m_[2]) + p1 * p * (1 + c12));
  r.s23 = m23 * m23;
  return r;
}

void ThreeBodyDecay::momenta(const double* y, std::span<FourMomentum, 3> k) const {
  const double m23 = m_[1] + m_[2] + (mass_ - m_[0] - m_[1] - m_[2]) * y[0], c12 = 2 * y[1] - 1;
  const double p1 = bracket_momentum(m_[0], mass_, m23), p = bracket_momentum(m_[1], m23, m_[2]);
  k[0] = on_shell(p1, m_[0], {0, 0, 1});
  k[1] = on_shell(p, m_[1], {sine(c12), 0, c12});
  k[2] = on_shell(p, m_[2], {-sine(c12), 0, -c12});
  for (std::size_t i = 1; i < 3; ++i) k[i] = boost(k[i], {0, 0, -1}, std::hypot(p1, m23), p1, m23);
}

void ThreeBodyDecay::coordinates(std::span<const FourMomentum, 3> k, double* y) const {
  const FourMomentum k23 = sum(k[1], k[2]);
  y[0] = (mass_of(k23) - m_[1] - m_[2]) / (mass_ - m_[0] - m_[1] - m_[2]);
  y[1] = (1 + dot(unit(space(rest(k[0], k23))), unit(space(rest(k[1], k23))))) / 2;
}

void turn(std::span<FourMomentum> k, double u, double v, double w) {
  const double cosine = 2 * u - 1, s = sine(cosine), phi = 2 * kPi * v, psi = 2 * kPi * w;
  const Vector z{s * std::cos(phi), s * std::sin(phi), cosine};
  const Vector a{cosine * std::cos(phi), cosine * std::sin(phi), -s}, b{-std::sin(phi), std::cos(phi), 0};
  for (FourMomentum& p : k) {
    const double x = std::cos(psi) * p[1] - std::sin(psi) * p[2], y = std::sin(psi) * p[1] + std::cos(psi) * p[2];
    p = {p[0], x * a[0] + y * b[0] + p[3] * z[0], x * a[1] + y * b[1] + p[3] * z[1], x * a[2] + y * b[2] + p[3] * z[2]};
  }
}

}  // namespace thalweg
