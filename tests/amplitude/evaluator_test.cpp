#include "thalweg/amplitude/evaluator.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <complex>
#include <numeric>

#include "amplitude_case.h"
#include "test_momenta.h"
#include "thalweg/base/errors.h"
#include "thalweg/base/units.h"

namespace thalweg {
namespace {

constexpr std::size_t kEvents = 203;  // no multiple of a tile

using test::AmplitudeCase;
using test::expect_close;

// Closed form of q q~ > V > l+ l- in chiral couplings; cosine of the l- to the quark.
double drell_yan(const AmplitudeCase& c, double s, double cosine) {
  const auto& p = c.parameters;
  const double e = p.electric_charge(), s2 = p.sin2_theta_w(), sw = std::sqrt(s2), cw = std::sqrt(1 - s2);
  const double q = c.model.charge3(c.selected.process.pdg[0]) / 3.0, iq = q > 0 ? 0.5 : -0.5;
  auto couplings = [&](double charge, double isospin) {
    return std::array{e * (isospin - charge * s2) / (sw * cw), -e * charge * sw / cw};
  };
  const auto gq = couplings(q, iq), gl = couplings(-1, -0.5);
  const bool zprime = p.has("mass.zp");
  double sum = 0;
  for (std::size_t a : {0, 1})
    for (std::size_t b : {0, 1}) {
      auto propagator = [&](double m, double w) { return 1.0 / std::complex<double>(s - m * m, m * w); };
      std::complex<double> amplitude = e * q * e * -1.0 / s;
      amplitude += gq[a] * gl[b] * propagator(p.get("mass.z"), p.get("width.z"));
      if (zprime)
        amplitude +=
            std::pow(p.get("coupling.zp"), 2) * gq[a] * gl[b] * propagator(p.get("mass.zp"), p.get("width.zp"));
      sum += std::norm(amplitude) * std::pow(a == b ? 1 + cosine : 1 - cosine, 2);
    }
  return s * s / 12 * sum;
}

TEST(Evaluator, DrellYanIsTheClosedForm) {
  for (const char* model : {"sm", "sm_zprime"})
    for (const char* process : {"u u~ > e+ e-", "d d~ > e+ e-", "s s~ > mu+ mu-"}) {
      Parameters parameters = Model(model).default_parameters();
      if (parameters.has("coupling.zp")) parameters.set("coupling.zp", 0.7);
      const AmplitudeCase c(process, model, parameters);
      Arena arena;
      const Momenta p = test::two_body_events(arena, kEvents, c.masses(), 10, 900, 1);
      const auto values = c.me2(p);
      for (std::size_t i = 0; i < kEvents; ++i) {
        const double energy = 2 * p.component(0, 0)[i];
        const double cosine = p.component(3, 3)[i] / p.component(3, 0)[i];
        const double expected = drell_yan(c, energy * energy, cosine);
        EXPECT_NEAR(values[i], expected, 1e-12 * expected) << process << " " << i;
      }
    }
}

// QED closed forms for massless fermions (Peskin and Schroeder, section 5): they test the fermion
// signs, the fermion propagators and the identical-particle factor.
TEST(Evaluator, QedProcesses) {
  struct Case {
    const char* process;
    double (*formula)(double s, double t, double u);
  };
  const Case cases[] = {
      {"e+ e- > mu+ mu- / z", [](double s, double t, double u) { return 2 * (t * t + u * u) / (s * s); }},
      {"e- e+ > e- e+ / z h",
       [](double s, double t, double u) {
         return 2 * ((s * s + u * u) / (t * t) + 2 * u * u / (s * t) + (u * u + t * t) / (s * s));
       }},
      {"e- e- > e- e- / z h",
       [](double s, double t, double u) {
         return ((s * s + u * u) / (t * t) + 2 * s * s / (t * u) + (s * s + t * t) / (u * u));
       }},
      {"e- mu- > e- mu- / z", [](double s, double t, double u) { return 2 * (s * s + u * u) / (t * t); }},
      {"e+ e- > a a", [](double, double t, double u) { return t / u + u / t; }},
      {"e- a > e- a", [](double s, double, double u) { return -2 * (s / u + u / s); }},
      {"a a > e+ e-", [](double, double t, double u) { return 2 * (t / u + u / t); }},
  };
  for (const Case& test_case : cases) {
    const AmplitudeCase c(test_case.process);
    Arena arena;
    const Momenta p = test::two_body_events(arena, kEvents, c.masses(), 10, 900, 2);
    const auto values = c.me2(p);
    const double e4 = std::pow(c.parameters.electric_charge(), 4);
    for (std::size_t i = 0; i < kEvents; ++i) {
      const double s = test::invariant(p, i, 0, 1, 1), t = test::invariant(p, i, 0, 2, -1),
                   u = test::invariant(p, i, 0, 3, -1);
      const double expected = e4 * test_case.formula(s, t, u);
      EXPECT_NEAR(values[i], expected, 1e-9 * std::abs(expected)) << test_case.process << " " << i;
    }
  }
}

TEST(Evaluator, LorentzInvariance) {
  for (const char* process :
       {"u u~ > e+ e-", "u d~ > e+ ve", "e+ e- > a a", "e- a > e- a", "u u~ > z z", "t t~ > a a"}) {
    Parameters stable = Model("sm").default_parameters();
    stable.set("width.t", 0);  // a width of an external particle breaks gauge, and so Lorentz, invariance
    const AmplitudeCase c(process, "sm", stable);
    Arena arena;
    const Momenta p = test::two_body_events(arena, kEvents, c.masses(), 400, 900, 3);
    const auto before = c.me2(p);
    test::transform(p, 0.7, 0.9);
    expect_close(c.me2(p), before, 1e-10);
  }
}

TEST(Evaluator, ExchangeOfLegsIsARenaming) {
  const AmplitudeCase a("u u~ > e+ e-"), b("u~ u > e+ e-"), photons("e+ e- > a a");
  Arena arena;
  const Momenta p = test::two_body_events(arena, kEvents, a.masses(), 20, 500, 4);
  expect_close(b.me2(p, {1, 0, 2, 3}), a.me2(p), 1e-13);
  expect_close(photons.me2(p, {0, 1, 3, 2}), photons.me2(p), 1e-12);
}

// The axial current of massive b quarks is not conserved, the one of massless electrons is: the term
// k k / M^2 of the propagator (up to 10^5 here) must drop out of the contraction, so that |M|^2 (s - M^2)^2
// does not depend on M.
TEST(Evaluator, PropagatorTermDropsOutAgainstAConservedCurrent) {
  Arena arena;
  std::vector<std::vector<double>> scaled;
  for (double mass : {1.0, 3.0}) {
    Parameters light = Model("sm_zprime").default_parameters();
    light.set("mass.zp", mass);
    light.set("width.zp", 0);
    const AmplitudeCase c("b b~ > e+ e- / a z", "sm_zprime", light);
    const Momenta p = test::two_body_events(arena, kEvents, c.masses(), 100, 500, 5);
    auto& values = scaled.emplace_back(c.me2(p));
    for (std::size_t i = 0; i < kEvents; ++i) values[i] *= std::pow(test::invariant(p, i, 0, 1, 1) - mass * mass, 2);
  }
  expect_close(scaled[0], scaled[1], 1e-9);
}

// On the pole of an unstable W the numerator g - k k / M^2 is the sum over its three polarisations: averaged
// over the angles of the decay, |M(t > b ta+ vt)|^2 is |M(t > b w+)|^2 |M(w+ > ta+ vt)|^2 / (M Gamma)^2. Neither
// current is conserved. |M|^2 is a polynomial of second degree in the direction: six directions are exact.
TEST(Evaluator, PropagatorOnItsPoleIsTheSumOverPolarisations) {
  const AmplitudeCase whole("t > b ta+ vt"), production("t > b w+"), decay("w+ > ta+ vt");
  const double m_w = production.masses()[2], m_tau = decay.masses()[1];
  Arena arena;
  const Momenta top = test::two_body_events(arena, 1, production.masses(), 0, 0, 1);
  const Momenta w = test::two_body_events(arena, 1, decay.masses(), 0, 0, 1);
  const Momenta p = Momenta::take(arena, 4, 6);
  const double k = two_body_momentum(m_w, m_tau, 0), e_w = top.component(2, 0)[0];
  double q[3];
  for (std::size_t i = 0; i < 3; ++i) q[i] = top.component(2, i + 1)[0];
  for (std::size_t event = 0; event < 6; ++event) {
    for (std::size_t mu = 0; mu < 4; ++mu)
      for (std::size_t l : {0u, 1u}) p.component(l, mu)[event] = top.component(l, mu)[0];
    for (std::size_t l : {2u, 3u}) {
      double r[3] = {0, 0, 0};
      r[event / 2] = (event % 2 ? 1 : -1) * (l == 2 ? k : -k);
      const double energy = std::hypot(k, l == 2 ? m_tau : 0), along = r[0] * q[0] + r[1] * q[1] + r[2] * q[2];
      p.component(l, 0)[event] = (e_w * energy + along) / m_w;
      for (std::size_t i = 0; i < 3; ++i)
        p.component(l, i + 1)[event] = r[i] + q[i] * (along / (m_w * (e_w + m_w)) + energy / m_w);
    }
  }
  const auto values = whole.me2(p);
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 6;
  // the decay's average over three polarisations is taken back: production sums over them, each decays alike
  const double expected = production.me2(top)[0] * decay.me2(w)[0] / std::pow(m_w * whole.parameters.get("width.w"), 2);
  EXPECT_NEAR(mean, expected, 1e-9 * expected);
}

TEST(Evaluator, SplittingABatchChangesNoBit) {
  const AmplitudeCase c("u u~ > e+ e-", "sm_zprime");
  Arena arena;
  const Momenta p = test::two_body_events(arena, kEvents, c.masses(), 20, 900, 6);
  const auto whole = c.me2(p);
  for (std::size_t first : {0u, 1u, 17u, 100u}) {
    Momenta part = p;
    part.rows.size = kEvents - first;
    part.rows.data += first;
    const auto values = c.me2(part);
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], whole[first + i]);
  }
}

TEST(Evaluator, EverySimdTargetAgrees) {
  const AmplitudeCase c("u d~ > e+ ve");
  Arena arena;
  const Momenta p = test::two_body_events(arena, kEvents, c.masses(), 20, 900, 8);
  const auto best = c.me2(p);
  for (std::int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    hwy::SetSupportedTargetsForTest(targets & -targets);
    // |M|^2 goes through zero with the fourth power of a half angle: rounding of the angle, not of |M|^2
    const auto values = c.me2(p);
    for (std::size_t i = 0; i < kEvents; ++i) EXPECT_NEAR(values[i], best[i], 1e-12 * best[i]);
  }
  hwy::SetSupportedTargetsForTest(0);
}

// Decay widths in closed form: Gamma(Z > l l), Gamma(t > b W) at tree level.
TEST(Evaluator, TwoBodyDecays) {
  Arena arena;
  const AmplitudeCase z("z > e+ e-");
  const Momenta p = test::two_body_events(arena, kEvents, z.masses(), 0, 0, 9);
  const double m = z.parameters.get("mass.z"), s2 = z.parameters.sin2_theta_w();
  const double g2 = std::pow(z.parameters.electric_charge(), 2) / (s2 * (1 - s2));
  // spin-averaged |M|^2 = 2/3 (g_L^2 + g_R^2) M^2
  const double expected = 2.0 / 3 * g2 * (std::pow(-0.5 + s2, 2) + s2 * s2) * m * m;
  for (double v : z.me2(p)) EXPECT_NEAR(v, expected, 1e-12 * expected);

  const AmplitudeCase t("t > b w+");
  const Momenta q = test::two_body_events(arena, kEvents, t.masses(), 0, 0, 10);
  const double mt = t.parameters.get("mass.t"), mb = t.parameters.get("mass.b"), mw = t.parameters.get("mass.w");
  const double a = mt * mt, b = mb * mb, w = mw * mw;
  // sum over colours, average over three: g^2/4 [(a - b)^2/w + a + b - 2 w], g = e / sin
  const double top = std::pow(t.parameters.electric_charge(), 2) / t.parameters.sin2_theta_w() / 4 *
                     ((a - b) * (a - b) / w + a + b - 2 * w);
  for (double v : t.me2(q)) EXPECT_NEAR(v, top, 1e-12 * top);
}

}  // namespace
}  // namespace thalweg
