#include "thalweg/phasespace/channel.h"

#include <cmath>

#include "thalweg/base/units.h"

namespace thalweg {

PhaseSpacePoints PhaseSpacePoints::take(Arena& arena, std::size_t legs, std::size_t events) {
  return {Momenta::take(arena, legs, events), arena.take<double>(events), arena.take<double>(events),
          arena.take<double>(events), arena.take<double>(events)};
}

Channel::Channel(std::string name, const Beams& beams, std::vector<double> final_masses,
                 std::optional<PropagatorMap> map)
    : name_(std::move(name)), beams_(beams), masses_(std::move(final_masses)), map_(std::move(map)) {}

// The two-body phase space Phi_2 = |p| / (4 pi sqrt(s)).
double Channel::angular_volume(double s_hat) const {
  const double energy = std::sqrt(s_hat);
  return two_body_momentum(energy, masses_[0], masses_[1]) / (4 * kPi * energy);
}

double Channel::density(double s_hat) const {
  const double volume = angular_volume(s_hat);
  if (!(volume > 0)) return 0;
  if (!map_) return 1 / volume;
  // dx_a dx_b = (-ln tau / s) ds dy_1
  const double s = beams_.energy * beams_.energy;
  const double spread = -std::log(s_hat / s) / s;
  return spread > 0 ? map_->density(s_hat) / (spread * volume) : 0;
}

void Channel::forward(const Batch& y, const PhaseSpacePoints& points) const {
  const double s = beams_.energy * beams_.energy;
  const std::size_t angle = map_ ? 2 : 0;
  const std::size_t first_final = legs() - 2;
  const Momenta& p = points.momenta;
  for (std::size_t e = 0; e < y.size; ++e) {
    double s_hat = s, x_a = 1, x_b = 1;
    if (map_) {
      s_hat = map_->forward(y.row(0)[e]);
      const double log_tau = std::log(s_hat / s);
      x_a = std::exp(y.row(1)[e] * log_tau);
      x_b = std::exp((1 - y.row(1)[e]) * log_tau);
    }
    points.s_hat[e] = s_hat;
    points.x_a[e] = x_a;
    points.x_b[e] = x_b;
    const double g = density(s_hat);
    points.jacobian[e] = g > 0 ? 1 / g : 0;

    const double energy = std::sqrt(s_hat);
    const double k = two_body_momentum(energy, masses_[0], masses_[1]);
    const double cos_theta = 2 * y.row(angle)[e] - 1;
    // 1 - cos^2 from y itself keeps its digits near the poles
    const double sin_theta = 2 * std::sqrt(y.row(angle)[e] * (1 - y.row(angle)[e]));
    const double phi = kPi * (2 * y.row(angle + 1)[e] - 1);
    const double kx = k * sin_theta * std::cos(phi), ky = k * sin_theta * std::sin(phi), kz = k * cos_theta;
    const double e1 = std::hypot(masses_[0], k), e2 = std::hypot(masses_[1], k);
    // boost along z with rapidity 1/2 ln(x_a/x_b)
    const double ratio = map_ ? std::sqrt(x_a / x_b) : 1.0;
    const double ch = (ratio + 1 / ratio) / 2, sh = (ratio - 1 / ratio) / 2;
    auto set = [&](std::size_t leg, double pe, double px, double py, double pz) {
      p.component(leg, 0)[e] = pe;
      p.component(leg, 1)[e] = px;
      p.component(leg, 2)[e] = py;
      p.component(leg, 3)[e] = pz;
    };
    if (beams_.kind == Beams::Kind::decay) {
      set(0, beams_.energy, 0, 0, 0);
    } else if (beams_.kind == Beams::Kind::hadrons) {
      const double half = beams_.energy / 2;
      set(0, half * x_a, 0, 0, half * x_a);
      set(1, half * x_b, 0, 0, -half * x_b);
    } else {
      const double q = two_body_momentum(energy, beams_.mass_a, beams_.mass_b);
      set(0, std::hypot(beams_.mass_a, q), 0, 0, q);
      set(1, std::hypot(beams_.mass_b, q), 0, 0, -q);
    }
    set(first_final, ch * e1 + sh * kz, kx, ky, ch * kz + sh * e1);
    set(first_final + 1, ch * e2 - sh * kz, -kx, -ky, -ch * kz + sh * e2);
  }
}

void Channel::inverse(const Momenta& momenta, const Batch& y, std::span<double> g) const {
  const double s = beams_.energy * beams_.energy;
  const std::size_t a = legs() - 2, b = a + 1, angle = map_ ? 2 : 0;
  for (std::size_t e = 0; e < momenta.size(); ++e) {
    auto p = [&](std::size_t leg, std::size_t mu) { return momenta.component(leg, mu)[e]; };
    const double plus = p(a, 0) + p(a, 3) + p(b, 0) + p(b, 3), minus = p(a, 0) - p(a, 3) + p(b, 0) - p(b, 3);
    const double s_hat = plus * minus;  // no transverse momentum in total
    const double ratio = std::sqrt(plus / minus);
    const double ch = (ratio + 1 / ratio) / 2, sh = (ratio - 1 / ratio) / 2;
    const double kz = ch * p(a, 3) - sh * p(a, 0);
    const double kt = std::hypot(p(a, 1), p(a, 2));
    const double k = std::hypot(kz, kt);
    // the half angle whose sine does not cancel
    const double y_cos = kz >= 0 ? 1 - kt * kt / (2 * k * (k + kz)) : kt * kt / (2 * k * (k - kz));
    double density_here = density(s_hat);
    if (map_) {
      y.row(0)[e] = map_->inverse(s_hat);
      const double log_tau = std::log(s_hat / s);
      y.row(1)[e] = 0.5 + std::log(ratio) / log_tau;
      if (!(y.row(1)[e] >= 0 && y.row(1)[e] <= 1)) density_here = 0;
    }
    y.row(angle)[e] = y_cos;
    y.row(angle + 1)[e] = (std::atan2(p(a, 2), p(a, 1)) / kPi + 1) / 2;
    g[e] = density_here;
  }
}

}  // namespace thalweg
