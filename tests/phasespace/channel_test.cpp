#include "thalweg/phasespace/channel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "test_momenta.h"
#include "thalweg/base/errors.h"
#include "thalweg/phasespace/channels_from_diagrams.h"

namespace thalweg {
namespace {

constexpr double kEnergy = 13000, kMin = 15;
constexpr double kPi = 3.14159265358979323846;

Beams hadrons() { return {Beams::Kind::hadrons, kEnergy, 0, 0}; }

std::vector<Channel> hadron_channels(std::vector<double> masses) {
  const double low = std::max(kMin, masses[0] + masses[1]), a = low * low, b = kEnergy * kEnergy;
  return {Channel("z", hadrons(), masses, PropagatorMap::massive(91.188, 2.44, a, b)),
          Channel("zp", hadrons(), masses, PropagatorMap::massive(400, 0.5, a, b)),
          Channel("a", hadrons(), masses, PropagatorMap::massless(2, a, b)),
          Channel("log", hadrons(), masses, PropagatorMap::massless(1, a, b))};
}

Batch uniform_points(Arena& arena, std::size_t dim, std::size_t n, unsigned seed) {
  const Batch y = Batch::take(arena, dim, n);
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> u(0, 1);
  for (std::size_t e = 0; e < n; ++e)
    for (std::size_t d = 0; d < dim; ++d) y.row(d)[e] = u(random);
  return y;
}

TEST(Channel, MomentaAreOnShellAndBalance) {
  for (const std::vector<double>& masses : {std::vector<double>{0, 0}, {5, 80}})
    for (const Channel& channel : hadron_channels(masses)) {
      Arena arena;
      const Batch y = uniform_points(arena, 4, 2000, 1);
      const auto points = PhaseSpacePoints::take(arena, 4, 2000);
      channel.forward(y, points);
      const Momenta& p = points.momenta;
      for (std::size_t e = 0; e < 2000; ++e) {
        double energy = 0;
        for (std::size_t l = 2; l < 4; ++l) energy += p.component(l, 0)[e];
        for (std::size_t mu = 0; mu < 4; ++mu)
          EXPECT_NEAR(p.component(0, mu)[e] + p.component(1, mu)[e], p.component(2, mu)[e] + p.component(3, mu)[e],
                      1e-12 * energy);
        for (std::size_t l = 2; l < 4; ++l) {
          const double e2 = std::pow(p.component(l, 0)[e], 2);
          EXPECT_NEAR(e2 - std::pow(p.component(l, 1)[e], 2) - std::pow(p.component(l, 2)[e], 2) -
                          std::pow(p.component(l, 3)[e], 2),
                      masses[l - 2] * masses[l - 2], 1e-12 * e2);
        }
        EXPECT_NEAR(points.x_a[e] * points.x_b[e] * kEnergy * kEnergy, points.s_hat[e], 1e-9 * points.s_hat[e]);
      }
    }
}

// Coordinates come back, and the Jacobians of forward and inverse multiply to one, both to 100 roundings
// times the condition number: E - |p_z| of a pair with x_a >> x_b cancels by x_a / x_b, a resonance turns
// a relative error of s_hat into M / Gamma as much, |p| near threshold goes with 1 / (1 - s_min / s_hat),
// and the rapidity range closes with 1 / ln(s / s_hat).
TEST(Channel, InverseOfForwardIsTheIdentity) {
  for (const std::vector<double>& masses : {std::vector<double>{0, 0}, {5, 80}})
    for (const Channel& channel : hadron_channels(masses)) {
      Arena arena;
      const Batch y = uniform_points(arena, 4, 2000, 2), back = Batch::take(arena, 4, 2000);
      const auto points = PhaseSpacePoints::take(arena, 4, 2000);
      const auto density = arena.take<double>(2000);
      channel.forward(y, points);
      channel.inverse(points.momenta, back, density);
      const double sharpness = channel.name() == "zp" ? 400 / 0.5 : channel.name() == "z" ? 91.188 / 2.44 : 1;
      for (std::size_t e = 0; e < 2000; ++e) {
        const double boost = std::max(points.x_a[e] / points.x_b[e], points.x_b[e] / points.x_a[e]);
        const double s = points.s_hat[e], threshold = std::pow(masses[0] + masses[1], 2);
        const double rounding = 100 * 2.3e-16 * boost / (1 - threshold / s) * (1 + 1 / std::log(kEnergy * kEnergy / s));
        EXPECT_NEAR(back.row(0)[e], y.row(0)[e], rounding * sharpness);
        for (std::size_t d : {1u, 2u, 3u}) EXPECT_NEAR(back.row(d)[e], y.row(d)[e], rounding);
        EXPECT_NEAR(density[e] * points.jacobian[e], 1, rounding * sharpness);
      }
    }
}

// Any channel finds the coordinates of another channel's points; outside of its support the density is 0.
TEST(Channel, InverseTakesAnyMomenta) {
  const auto channels = hadron_channels({0, 0});
  const Channel narrow("narrow", hadrons(), {0, 0}, PropagatorMap::massless(1, 80.0 * 80, 100.0 * 100));
  Arena arena;
  const Batch y = uniform_points(arena, 4, 2000, 3), back = Batch::take(arena, 4, 2000);
  const auto points = PhaseSpacePoints::take(arena, 4, 2000);
  const auto density = arena.take<double>(2000);
  channels[3].forward(y, points);
  narrow.inverse(points.momenta, back, density);
  for (std::size_t e = 0; e < 2000; ++e) {
    const double s = points.s_hat[e];
    EXPECT_EQ(density[e] > 0, s > 6400 * (1 + 1e-12) && s < 10000) << s;
    EXPECT_EQ(back.row(0)[e] >= 0 && back.row(0)[e] <= 1, density[e] > 0);
  }
}

// Volumes: integral of dx_a dx_b over x_a x_b > tau is 1 - tau + tau ln tau; massless Phi_2 = 1/(8 pi); a
// massive one is |p|/(4 pi sqrt(s)). False alarms: 5 sigma.
TEST(Channel, VolumesAreTheClosedForms) {
  constexpr std::size_t n = 400'000;
  const double tau = kMin * kMin / (kEnergy * kEnergy);
  const double expected = (1 - tau + tau * std::log(tau)) / (8 * kPi);
  const auto channels = hadron_channels({0, 0});
  Arena arena;
  const Batch y = uniform_points(arena, 4, n, 4);
  const auto points = PhaseSpacePoints::take(arena, 4, n);
  Channel("flat", hadrons(), {0, 0}, PropagatorMap::massless(0.5, kMin * kMin, kEnergy * kEnergy)).forward(y, points);
  double sum = 0, squares = 0;
  for (std::size_t e = 0; e < n; ++e) sum += points.jacobian[e], squares += points.jacobian[e] * points.jacobian[e];
  const double mean = sum / n, error = std::sqrt((squares / n - mean * mean) / n);
  EXPECT_NEAR(mean, expected, 5 * error);
  EXPECT_LT(error / mean, 3e-3);

  const Channel partons("partons", {Beams::Kind::partons, 500, 0, 0}, {173, 80}, std::nullopt);
  const Batch angles = uniform_points(arena, 2, 100, 5);
  partons.forward(angles, points);
  const double volume = two_body_momentum(500, 173, 80) / (4 * kPi * 500);
  for (std::size_t e = 0; e < 100; ++e) EXPECT_NEAR(points.jacobian[e], volume, 1e-14 * volume);
}

ChannelSet channels_of(const std::string& process, Parameters parameters, double e_min) {
  const Model model("sm_zprime");
  const auto vertices = model.vertices(parameters);
  const auto sets = diagrams_of(parse_process(process, model, default_multiparticles(4)), model, vertices);
  return channels_from_diagrams(sets, model, parameters, hadrons(), e_min, 1e9);
}

TEST(ChannelsFromDiagrams, OneForEachPropagator) {
  const Parameters p = Parameters::defaults("sm_zprime");
  const ChannelSet set = channels_of("p p > e+ e-", p, 15);
  EXPECT_EQ(set.propagator, (std::vector<int>{22, 23, 32}));
  for (const auto& of : set.channel_of) EXPECT_EQ(of, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(ChannelsFromDiagrams, ExplainsWhatCannotBe) {
  Parameters p = Parameters::defaults("sm_zprime");
  EXPECT_THROW(channels_of("p p > e+ e-", p, 0), RequestError);      // photon pole
  EXPECT_THROW(channels_of("p p > e+ e-", p, 13001), RequestError);  // above the energy
  p.set("width.zp", 0);
  EXPECT_THROW(channels_of("p p > e+ e-", p, 15), RequestError);    // pole without width
  EXPECT_NO_THROW(channels_of("p p > e+ e-", p, 500));              // pole cut out
  EXPECT_THROW(channels_of("p p > e+ e- a", p, 15), RequestError);  // three final particles
}

}  // namespace
}  // namespace thalweg
