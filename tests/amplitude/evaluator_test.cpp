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

TEST(Evaluator, EverySimdTargetAgrees) {
  for (const char* process : {"g g > t t~ g", "u d~ > w+ w+ w-", "u u~ > e+ e- g g"})
    for (const Precision precision : {Precision::full, Precision::mixed}) {
      const AmplitudeCase c(process, "sm", test::stable_parameters());
      Arena arena;
      const Momenta p = c.events(arena, 37, 20);
      const auto best = c.me2(p, {}, precision);
      for (std::int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
        hwy::SetSupportedTargetsForTest(targets & -targets);
        const auto values = c.me2(p, {}, precision);
        for (std::size_t i = 0; i < values.size(); ++i)
          EXPECT_NEAR(values[i], best[i], (precision == Precision::full ? 1e-10 : 1e-4) * best[i]) << process;
      }
      hwy::SetSupportedTargetsForTest(0);
    }
}

TEST(Evaluator, SplittingABatchChangesNoBit) {
  for (const Precision precision : {Precision::full, Precision::mixed}) {
    const AmplitudeCase c("g g > t t~ g");
    Arena arena;
    const Momenta p = c.events(arena, 61, 21);
    const auto whole = c.me2(p, {}, precision);
    for (std::size_t first : {1u, 16u, 17u, 60u}) {
      Momenta part = p;
      part.rows.size = 61 - first;
      part.rows.data += first;
      const auto values = c.me2(part, {}, precision);
      for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], whole[first + i]);
    }
  }
}

// What mixed precision does not leave to double is good to 1e-4, at any energy; some is left, not all.
TEST(Evaluator, MixedPrecisionKnowsItsLimits) {
  const std::pair<const char*, double> cases[] = {
      {"g g > t t~ g g", 1}, {"u u~ > u u~ g", 1},      {"u d~ > e+ ve a", 1},   {"u u~ > z g g", 1},
      {"g g > z t t~", 1},   {"w+ w- > w+ w-", 30},     {"u d~ > w+ w+ w-", 10}, {"e+ e- > w+ w- a", 10},
      {"w+ w- > z z", 30},   {"u u~ > w+ w- g g", 100}, {"h h > w+ w- h", 30},   {"g g > t t~ g g", 100}};
  for (const auto& [process, scale] : cases) {
    const AmplitudeCase c(process);
    Arena arena;
    const std::size_t n = 2000;
    const Momenta p = c.events(arena, n, 23, 1.5 * scale, 5 * scale, 50 * scale);
    std::size_t rescued = 0;
    const auto full = c.me2(p), mixed = c.me2(p, {}, Precision::mixed, &rescued);
    expect_close(mixed, full, 1e-4, process);
    if (scale == 1) {
      EXPECT_LT(rescued, n / 2) << process;
    }
  }
}

// Powers of g_s that interfere: |M|^2 as a function of g_s^2 is a parabola, with the pure ends.
TEST(Evaluator, InterferingOrders) {
  const AmplitudeCase both("u u~ > d d~ QED=99"), strong("u u~ > d d~ QED=0"), weak("u u~ > d d~ QCD=0");
  EXPECT_EQ(both.program.powers, (std::vector<int>{0, 2}));
  Arena arena;
  const std::size_t n = 20;
  const Momenta p = both.events(arena, n, 22);
  const auto order = both.legs_in_order();
  std::vector<double> at[3], s(n), w(n);
  const double alphas[] = {0.1, 0.2, 0.3};
  for (std::size_t k = 0; k < 3; ++k) {
    at[k].resize(n);
    const std::vector<double> each(n, alphas[k]);
    evaluate(both.program, {p, order, each}, {at[k]}, arena);
  }
  evaluate(strong.program, {p, order, {&alphas[0], 1}}, {s}, arena);
  evaluate(weak.program, {p, order, {&alphas[0], 1}}, {w}, arena);
  for (std::size_t i = 0; i < n; ++i) {
    const double second = (at[0][i] - 2 * at[1][i] + at[2][i]) / (2 * 0.01);
    EXPECT_NEAR(second * 0.01, s[i], 1e-9 * s[i]);
    EXPECT_NEAR(3 * at[0][i] - 3 * at[1][i] + at[2][i], w[i], 1e-9 * at[2][i]);
  }
}

// width_tchannel = false: a W in the t-channel has no width, one in the s-channel keeps it.
TEST(Evaluator, WidthsOfTheTChannel) {
  Parameters without = Model("sm").default_parameters(), narrow = without;
  without.set_t_channel_widths(false);
  narrow.set("width.w", 0);
  for (const auto& [process, t_channel] : {std::pair{"u b > d t", true}, {"u d~ > ta+ vt", false}}) {
    const AmplitudeCase a(process, "sm", without), stable(process, "sm", narrow), plain(process);
    Arena arena;
    const Momenta p = a.events(arena, 20, 27);
    expect_close(a.me2(p), (t_channel ? stable : plain).me2(p), 1e-13, process);
    EXPECT_NE(stable.me2(p), plain.me2(p));
  }
}

}  // namespace
}  // namespace thalweg
