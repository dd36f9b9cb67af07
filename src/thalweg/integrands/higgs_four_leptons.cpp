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

double higgs_mass(double mass) {
  if (!(mass > 0)) request_error("mass.h must be positive for a decay of the Higgs, but is {}", mass);
  return mass;
}

}  // namespace

HiggsFourLeptons::HiggsFourLeptons(const Parameters& parameters, Angles angles)
    : m_h_(parameters.get("mass.h")),
      decay_(higgs_mass(m_h_), {0, 0, 0, 0}, angles),
      alpha_em_(1 / parameters.get("alpha_em_inverse")) {
  const double m_z = parameters.get("mass.z"), width = parameters.get("width.z");
  if (!(width > 0)) request_error("width.z must be positive: at {} the Z's pole is not integrable", width);
  m_z2_ = m_z * m_z;
  width_term_ = m_z2_ * width * width;
  const double s2 = parameters.sin2_theta_w(), c2 = 1 - s2, s = std::sqrt(s2), c = std::sqrt(c2);
  const double k = 2 * std::pow(parameters.electric_charge(), 3) * parameters.get("mass.w") / (c2 * s);
  const double right = s / c, left = s / c - 1 / (2 * c * s);
  same_ = k * k * (std::pow(right, 4) + std::pow(left, 4));
  opposite_ = k * k * 2 * right * right * left * left;
}

double HiggsFourLeptons::squared_amplitude(const FourBodyDecay::Point& s) const {
  auto pole = [&](double x) { return (x - m_z2_) * (x - m_z2_) + width_term_; };
  return (same_ * s.s13 * s.s24 + opposite_ * s.s14 * s.s23) / (pole(s.s12) * pole(s.s34));
}

void HiggsFourLeptons::evaluate(std::size_t, const Batch& points, const Evaluation& out, Arena&) const {
  for (std::size_t e = 0; e < points.size; ++e) {
    double y[5];
    for (std::size_t i = 0; i < 5; ++i) y[i] = points.row(i)[e];
    const FourBodyDecay::Point p = decay_.point(y);
    out.weight[e] = p.jacobian > 0 ? squared_amplitude(p) * p.jacobian / (2 * m_h_) : 0;
    set_alpha(out, 0, e, std::array{1.0});
    if (out.weight[e] == 0 || !out.records.dim) continue;
    RandomStream random({std::bit_cast<std::uint64_t>(out.pick[e]), Phase::orientation, 0, 0});
    const double u = random.next(), v = random.next(), w = random.next(), side = random.next();
    std::array<FourMomentum, 4> k;
    decay_.momenta(y, side < 0.5, k);
    turn(k, u, v, w);
    for (std::size_t l = 0; l < 4; ++l)
      for (std::size_t i = 0; i < 4; ++i) out.records.row(4 * l + i)[e] = k[l][i];
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
