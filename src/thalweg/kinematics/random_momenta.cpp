#include "thalweg/kinematics/random_momenta.h"

#include <array>
#include <cmath>
#include <random>

namespace thalweg {
namespace {

using Vector = std::array<double, 4>;

// p of the rest frame of a particle of `mass` with momentum `frame`, seen from where that is moving.
Vector boosted(const Vector& p, const Vector& frame, double mass) {
  const double along = p[1] * frame[1] + p[2] * frame[2] + p[3] * frame[3];
  Vector lab = {(frame[0] * p[0] + along) / mass, 0, 0, 0};
  for (std::size_t i = 1; i < 4; ++i) lab[i] = p[i] + frame[i] * (along / (mass * (frame[0] + mass)) + p[0] / mass);
  return lab;
}

void put(const Momenta& momenta, std::size_t leg, std::size_t event, const Vector& p) {
  for (std::size_t mu = 0; mu < 4; ++mu) momenta.component(leg, mu)[event] = p[mu];
}

double sum(std::span<const double> values) {
  double total = 0;
  for (double v : values) total += v;
  return total;
}

// `whole` of mass `energy` decays into all particles of `masses`, which are legs from `first` on.
void decay(Vector whole, double energy, std::span<const double> masses, std::size_t first, std::size_t event,
           std::mt19937_64& random, const Momenta& momenta) {
  std::uniform_real_distribution<double> uniform(0, 1);
  for (std::size_t l = 0; l + 1 < masses.size(); ++l) {
    const double rest = sum(masses.subspan(l + 1));
    const double left = l + 2 == masses.size() ? rest : rest + (energy - masses[l] - rest) * uniform(random);
    const double k = two_body_momentum(energy, masses[l], left);
    const double c = 2 * uniform(random) - 1, s = std::sqrt(1 - c * c), phi = 6.283185307179586 * uniform(random);
    const Vector q = {k * s * std::cos(phi), k * s * std::sin(phi), k * c, 0};
    const Vector one = boosted({std::hypot(masses[l], k), q[0], q[1], q[2]}, whole, energy);
    const Vector other = boosted({std::hypot(left, k), -q[0], -q[1], -q[2]}, whole, energy);
    put(momenta, first + l, event, one);
    whole = other;
    energy = left;
  }
  put(momenta, first + masses.size() - 1, event, whole);
}

}  // namespace

bool random_momenta(const RandomMomenta& request, const Momenta& momenta) {
  const std::size_t in = request.incoming;
  const auto incoming = request.masses.first(in), outgoing = request.masses.subspan(in);
  if (outgoing.size() < 2) return false;
  const double least = std::max(sum(outgoing), in == 2 ? sum(incoming) : 0.0);
  std::mt19937_64 random(request.seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (std::size_t event = 0; event < momenta.size(); ++event) {
    const double energy = in == 1 ? incoming[0] : request.e_min + (request.e_max - request.e_min) * uniform(random);
    if (!(energy > least)) return false;
    const double gamma = 1 / std::sqrt(1 - request.velocity * request.velocity);
    const double side = energy * gamma * request.velocity / std::sqrt(3.0);
    const Vector whole = {energy * gamma, side, side, side};
    if (in == 1) {
      put(momenta, 0, event, whole);
    } else {
      const double k = two_body_momentum(energy, incoming[0], incoming[1]);
      put(momenta, 0, event, boosted({std::hypot(incoming[0], k), 0, 0, k}, whole, energy));
      put(momenta, 1, event, boosted({std::hypot(incoming[1], k), 0, 0, -k}, whole, energy));
    }
    decay(whole, energy, outgoing, in, event, random, momenta);
  }
  return true;
}

}  // namespace thalweg
