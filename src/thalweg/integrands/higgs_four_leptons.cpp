#include "thalweg/integrands/higgs_four_leptons.h"

#include <array>
#include <bit>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/random.h"
#include "thalweg/base/units.h"

namespace thalweg {
namespace {

constexpr int kPdg[] = {25, -13, 13, -11, 11};

using Vector = std::array<double, 3>;
struct FourVector {
  double e;
  Vector p;
};
Vector combine(double a, const Vector& x, double b, const Vector& y, double c, const Vector& z) {
  return {a * x[0] + b * y[0] + c * z[0], a * x[1] + b * y[1] + c * z[1], a * x[2] + b * y[2] + c * z[2]};
}
double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

// A massless momentum, from the rest frame of a system into one where this has energy e and momentum q along `axis`;
// its mass is m.
FourVector boost(const FourVector& k, const Vector& axis, double e, double q, double m) {
  const double along = dot(k.p, axis), energy = (e * k.e + q * along) / m;
  const double change = (e * along + q * k.e) / m - along;
  return {energy, combine(1, k.p, change, axis, 0, axis)};
}

// Masses and angles of a point.
struct Coordinates {
  double M, m, c12, c23, phi;
  Coordinates(double m_h, const double* y)
      : M(m_h * y[0]), m(M * y[1]), c12(2 * y[2] - 1), c23(2 * y[3] - 1), phi(2 * kPi * y[4]) {}
};
double sine(double cosine) { return std::sqrt(std::max((1 - cosine) * (1 + cosine), 0.0)); }

// In the rest frame of the Higgs; 1 along z, 2 in the x-z plane.
std::array<FourVector, 4> momenta(double m_h, const double* y) {
  const Coordinates c(m_h, y);
  const double s12 = sine(c.c12), s23 = sine(c.c23);
  const Vector z{0, 0, 1}, down{0, 0, -1}, zero{};
  const double first = (m_h * m_h - c.M * c.M) / (2 * m_h);   // of 1, in the frame of the Higgs
  const double second = (c.M * c.M - c.m * c.m) / (2 * c.M);  // of 2, in the frame of (234)
  const Vector along{s12, 0, c.c12}, back{-s12, 0, -c.c12}, towards{-c.c12, 0, s12}, across{0, -1, 0};
  const Vector third = combine(s23 * std::cos(c.phi), towards, s23 * std::sin(c.phi), across, c.c23, along);
  std::array<FourVector, 4> k{{{first, combine(first, z, 0, zero, 0, zero)},
                               {second, combine(second, along, 0, zero, 0, zero)},
                               {c.m / 2, combine(c.m / 2, third, 0, zero, 0, zero)},
                               {c.m / 2, combine(-c.m / 2, third, 0, zero, 0, zero)}}};
  const double e34 = (c.M * c.M + c.m * c.m) / (2 * c.M), e234 = (m_h * m_h + c.M * c.M) / (2 * m_h);
  for (std::size_t i = 2; i < 4; ++i) k[i] = boost(k[i], back, e34, second, c.m);
  for (std::size_t i = 1; i < 4; ++i) k[i] = boost(k[i], down, e234, first, c.M);
  return k;
}

// Three uniform numbers from one, so that an event is turned in space by all the bits of its number.
std::array<Vector, 3> orientation(double number) {
  RandomStream random({std::bit_cast<std::uint64_t>(number), Phase::orientation, 0, 0});
  const double cosine = 2 * random.next() - 1, phi = 2 * kPi * random.next(), psi = 2 * kPi * random.next();
  const double s = sine(cosine);
  const Vector z{s * std::cos(phi), s * std::sin(phi), cosine};
  const Vector u{cosine * std::cos(phi), cosine * std::sin(phi), -s}, v{-std::sin(phi), std::cos(phi), 0};
  return {combine(std::cos(psi), u, std::sin(psi), v, 0, z), combine(-std::sin(psi), u, std::cos(psi), v, 0, z), z};
}

}  // namespace

HiggsFourLeptons::HiggsFourLeptons(const Parameters& parameters)
    : m_h_(parameters.get("mass.h")), alpha_em_(1 / parameters.get("alpha_em_inverse")) {
  const double m_z = parameters.get("mass.z"), width = parameters.get("width.z");
  if (!(m_h_ > 0)) request_error("mass.h must be positive for a decay of the Higgs, but is {}", m_h_);
  if (!(width > 0)) request_error("width.z must be positive: at {} the Z's pole is not integrable", width);
  m_z2_ = m_z * m_z;
  width_term_ = m_z2_ * width * width;
  const double s2 = parameters.sin2_theta_w(), c2 = 1 - s2, s = std::sqrt(s2), c = std::sqrt(c2);
  const double k = 2 * std::pow(parameters.electric_charge(), 3) * parameters.get("mass.w") / (c2 * s);
  const double right = s / c, left = s / c - 1 / (2 * c * s);
  same_ = k * k * (std::pow(right, 4) + std::pow(left, 4));
  opposite_ = k * k * 2 * right * right * left * left;
}

HiggsFourLeptons::Invariants HiggsFourLeptons::invariants(const double* y) const {
  const Coordinates c(m_h_, y);
  const double M2 = c.M * c.M, m2 = c.m * c.m, left = m_h_ * m_h_ - M2;
  const double s12 = left * (M2 - m2) / (2 * M2) * (1 - c.c12);
  const double a = left - s12;  // m_134^2 - m_34^2
  // The angle between 1 and 2 in the (34) frame.
  const double cosine = 1 - 2 * s12 * m2 / (a * (M2 - m2));
  const double c13 = cosine * c.c23 + sine(cosine) * sine(c.c23) * std::cos(c.phi);
  return {.s12 = s12,
          .s13 = a * (1 - c13) / 2,
          .s14 = a * (1 + c13) / 2,
          .s23 = (M2 - m2) * (1 - c.c23) / 2,
          .s24 = (M2 - m2) * (1 + c.c23) / 2,
          .s34 = m2};
}

double HiggsFourLeptons::squared_amplitude(const Invariants& s) const {
  auto pole = [&](double x) { return (x - m_z2_) * (x - m_z2_) + width_term_; };
  return (same_ * s.s13 * s.s24 + opposite_ * s.s14 * s.s23) / (pole(s.s12) * pole(s.s34));
}

double HiggsFourLeptons::weight(const double* y) const {
  const double M = m_h_ * y[0], m = M * y[1];
  auto momentum = [](double mother, double daughter) {
    return (mother - daughter) * (mother + daughter) / (8 * kPi * mother);
  };
  const double volume = momentum(m_h_, M) * momentum(M, m) * momentum(m, 0) / (kPi * kPi * m_h_) * m_h_ * M;
  return squared_amplitude(invariants(y)) * volume / (2 * m_h_);
}

void HiggsFourLeptons::evaluate(std::size_t, const Batch& points, const Evaluation& out, Arena&) const {
  for (std::size_t e = 0; e < points.size; ++e) {
    double y[5];
    for (std::size_t i = 0; i < 5; ++i) y[i] = points.row(i)[e];
    // On the faces where two momenta vanish together the volume does, too.
    const bool inside = y[0] > 0 && y[0] < 1 && y[1] > 0 && y[1] < 1;
    out.weight[e] = inside ? weight(y) : 0;
    out.alpha.row(0)[e] = 1;
    if (!inside || !out.records.dim) continue;
    const auto axes = orientation(out.pick[e]);
    const auto k = momenta(m_h_, y);
    for (std::size_t l = 0; l < 4; ++l) {
      const Vector p = combine(k[l].p[0], axes[0], k[l].p[1], axes[1], k[l].p[2], axes[2]);
      out.records.row(4 * l)[e] = k[l].e;
      for (std::size_t i = 0; i < 3; ++i) out.records.row(4 * l + 1 + i)[e] = p[i];
    }
  }
}

Event HiggsFourLeptons::to_event(std::span<const double> record) const {
  Event event;
  event.scale = event.renormalization_scale = m_h_;
  event.alpha_em = alpha_em_;
  event.particles.push_back({.pdg = kPdg[0], .status = -1, .e = m_h_, .m = m_h_});
  for (std::size_t l = 0; l < 4; ++l) {
    const double* k = record.data() + 4 * l;
    event.particles.push_back(
        {.pdg = kPdg[l + 1], .status = 1, .mothers = {1, 1}, .px = k[1], .py = k[2], .pz = k[3], .e = k[0]});
  }
  return event;
}

EventFileInfo HiggsFourLeptons::file_info() const {
  return {.process = "h > mu+ mu- e+ e-", .beam_pdg = {kPdg[0], 0}, .legs = 5};
}

}  // namespace thalweg
