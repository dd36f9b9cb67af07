// Soft and collinear limits.
#include "amplitude_case.h"
#include "test_momenta.h"
#include "thalweg/base/units.h"

namespace thalweg {
namespace {

using test::AmplitudeCase;

// A soft gluon off a quark line: |M|^2 -> g^2 C_F 2 p1.p2 / (p1.k p2.k) |M_0|^2, the correction falling with its
// energy.
TEST(Limits, SoftGluon) {
  const AmplitudeCase hard("u u~ > e+ e-"), real("u u~ > e+ e- g");
  Arena arena;
  for (const double soft : {1e-4, 1e-6}) {
    const Momenta q = hard.events(arena, 1, 17), p = Momenta::take(arena, 5, 1);
    // the gluon takes energy from the quarks: all momenta scaled so that the leptons keep theirs
    const double e = soft * 100;
    const double k[4] = {e, 0.36 * e, 0.48 * e, 0.8 * e};
    for (std::size_t mu = 0; mu < 4; ++mu) {
      for (std::size_t l = 2; l < 4; ++l) p.component(l, mu)[0] = q.component(l, mu)[0];
      p.component(4, mu)[0] = k[mu];
    }
    // two light-like momenta with the sum P + k: along the axis of the old ones, up to terms of order k
    double total[4], axis[3], length = 0;
    for (std::size_t mu = 0; mu < 4; ++mu) total[mu] = q.component(0, mu)[0] + q.component(1, mu)[0] + k[mu];
    const double mass =
        std::sqrt(total[0] * total[0] - total[1] * total[1] - total[2] * total[2] - total[3] * total[3]);
    double along = 0;
    for (std::size_t i = 0; i < 3; ++i) along += q.component(0, i + 1)[0] * total[i + 1];
    for (std::size_t i = 0; i < 3; ++i) {
      axis[i] =
          q.component(0, i + 1)[0] + total[i + 1] * (along / (mass * (total[0] + mass)) - q.component(0, 0)[0] / mass);
      length += axis[i] * axis[i];
    }
    length = std::sqrt(length);
    for (int side : {0, 1}) {
      const double sign = side == 0 ? 1 : -1;
      double dot = 0, r[3];
      for (std::size_t i = 0; i < 3; ++i) r[i] = sign * mass / 2 * axis[i] / length;
      for (std::size_t i = 0; i < 3; ++i) dot += r[i] * total[i + 1];
      p.component(std::size_t(side), 0)[0] = (total[0] * mass / 2 + dot) / mass;
      for (std::size_t i = 0; i < 3; ++i)
        p.component(std::size_t(side), i + 1)[0] = r[i] + total[i + 1] * (dot / (mass * (total[0] + mass)) + 0.5);
    }
    const double p1p2 = test::invariant(p, 0, 0, 1, 1) / 2, p1k = -test::invariant(p, 0, 0, 4, -1) / 2,
                 p2k = -test::invariant(p, 0, 1, 4, -1) / 2;
    const double eikonal = 4 * kPi * 0.118 * 4.0 / 3 * 2 * p1p2 / (p1k * p2k);
    EXPECT_NEAR(real.me2(p)[0], eikonal * hard.me2(q)[0], 10 * soft * eikonal * hard.me2(q)[0]);
  }
}

// A quark and a gluon that run along each other: |M|^2 -> 8 pi alpha_s / s_ij  C_F (1 + z^2) / (1 - z) |M_0|^2, the
// correction falling with the root of s_ij.
TEST(Limits, CollinearGluon) {
  const AmplitudeCase hard("e+ e- > u u~"), real("e+ e- > u u~ g");
  const double energy = 200, cosine = 0.3, turn = 1.1;
  for (const double pair_mass : {1.0, 1e-2}) {
    Arena arena;
    const Momenta q = Momenta::take(arena, 4, 1), p = Momenta::take(arena, 5, 1);
    const double axis[3] = {std::sqrt(1 - cosine * cosine), 0, cosine}, side[3] = {0, 1, 0};
    auto put = [](const Momenta& m, std::size_t leg, double e, double x, double y, double z) {
      m.component(leg, 0)[0] = e, m.component(leg, 1)[0] = x, m.component(leg, 2)[0] = y, m.component(leg, 3)[0] = z;
    };
    for (const Momenta& m : {q, p}) {
      put(m, 0, energy / 2, 0, 0, energy / 2);
      put(m, 1, energy / 2, 0, 0, -energy / 2);
    }
    put(q, 2, energy / 2, energy / 2 * axis[0], 0, energy / 2 * axis[2]);
    put(q, 3, energy / 2, -energy / 2 * axis[0], 0, -energy / 2 * axis[2]);
    // the pair against the antiquark, and its decay with angle `turn` to its flight
    const double k = two_body_momentum(energy, pair_mass, 0), frame = std::hypot(k, pair_mass);
    put(p, 3, k, -k * axis[0], 0, -k * axis[2]);
    const double e = pair_mass / 2, along = e * std::cos(turn), across = e * std::sin(turn);
    for (const double sign : {1.0, -1.0}) {
      const double fast = (frame * sign * along + k * e) / pair_mass;  // along the flight, boosted
      put(p, sign > 0 ? 2 : 4, (frame * e + k * sign * along) / pair_mass, fast * axis[0] + sign * across * side[0],
          sign * across * side[1], fast * axis[2]);
    }
    const double z = (1 + std::cos(turn)) / 2;
    const double splitting = 8 * kPi * 0.118 / (pair_mass * pair_mass) * 4.0 / 3 * (1 + z * z) / (1 - z);
    const double expected = splitting * hard.me2(q)[0];
    EXPECT_NEAR(real.me2(p)[0], expected, 10 * pair_mass / energy * expected);
  }
}

}  // namespace
}  // namespace thalweg
