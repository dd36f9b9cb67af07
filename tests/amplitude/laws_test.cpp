// Laws that amplitudes obey whatever the process: gauge, Lorentz and permutation symmetry, parity, limits, crossing.
#include <hwy/targets.h>

#include "amplitude_case.h"
#include "test_momenta.h"
#include "thalweg/base/errors.h"
#include "thalweg/base/units.h"

namespace thalweg {
namespace {

using test::AmplitudeCase;
using test::expect_close;
using test::stable_parameters;

const char* const kProcesses[] = {"g g > t t~ g",     "g g > g g g",     "g u > t t~ u",        "u u~ > u u~ g",
                                  "u u~ > e+ e- g g", "g g > w+ d u~ g", "w+ w- > a a",         "u d~ > w+ z a",
                                  "e+ e- > w+ w- a",  "g g > t t~ h",    "u u~ > w+ w- b b~ g", "u u > u u g",
                                  "e+ e- > t t~ a",   "w+ w- > w+ w- a", "g b > t w- a",        "u u~ > d d~ g QED=99"};

// The polarisation of a massless vector replaced by its momentum over its energy: |M|^2 smaller by 10^20 or more.
TEST(Laws, WardIdentity) {
  for (const char* process : kProcesses) {
    AmplitudeCase c(process, "sm", stable_parameters());
    Arena arena;
    const Momenta p = c.events(arena, 20, 11);
    const auto plain = c.me2(p);
    int checked = 0;
    for (std::size_t l = 0; l < c.program.legs; ++l) {
      const int pdg = c.selected.process.pdg[l];
      if (pdg != 21 && pdg != 22) continue;
      ++checked;
      c.program.ward_leg = static_cast<int>(l);
      const auto values = c.me2(p);
      for (std::size_t i = 0; i < values.size(); ++i) EXPECT_LE(values[i], 1e-20 * plain[i]) << process << " leg " << l;
    }
    EXPECT_GT(checked, 0) << process;
  }
}

// With complex masses the identity holds for unstable propagators; with fixed widths it does not.
TEST(Laws, WardIdentityWithComplexMasses) {
  for (const char* process : {"u d~ > e+ ve mu+ mu- a", "e+ ve > mu+ vm e+ e- a"}) {
    Parameters parameters = Model("sm").default_parameters();
    for (const char* stable : {"width.t", "width.h"}) parameters.set(stable, 0);
    parameters.set_width_scheme("complex");
    AmplitudeCase complex_masses(process, "sm", parameters);
    parameters.set_width_scheme("fixed");
    AmplitudeCase fixed(process, "sm", parameters);
    Arena arena;
    const Momenta p = complex_masses.events(arena, 20, 12);
    const auto plain = complex_masses.me2(p);
    complex_masses.program.ward_leg = fixed.program.ward_leg = static_cast<int>(fixed.program.legs) - 1;
    const auto values = complex_masses.me2(p), broken = fixed.me2(p);
    double largest = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_LE(values[i], 1e-20 * plain[i]) << process;
      largest = std::max(largest, broken[i] / plain[i]);
    }
    EXPECT_GT(largest, 1e-12) << process;
  }
}

// Whatever leg closes the diagrams: then every vertex acts in all of its directions, and every sign is another one.
TEST(Laws, AnyLegMayBeTheRoot) {
  std::vector<const char*> processes(std::begin(kProcesses), std::end(kProcesses));
  for (const char* more : {"h h > w+ w- h", "w+ w- > z z h", "w+ z > w+ z", "w+ w- > w+ w-", "z z > h h h",
                           "h h > h h h", "u c > w+ w+ d s QCD=99 QED=99", "u u > u u u u~", "t t~ > b b~ h",
                           "w+ w- > z a h", "e+ e- > e+ e- e+ e-", "b b~ > t t~ QED=99", "g g > g g g g"})
    processes.push_back(more);
  for (const char* process : processes) {
    const AmplitudeCase c(process);
    Arena arena;
    const std::size_t n = 8;
    const Momenta p = c.events(arena, n, 24, 1.5, 3);
    const auto expected = c.me2(p);
    const auto order = c.legs_in_order();
    const double alpha_s = 0.118;
    for (std::size_t root = 0; root < c.program.legs; ++root) {
      const AmplitudeProgram other = compile(
          build_graph(c.selected, c.model, c.parameters, c.vertices, static_cast<int>(root)), c.model, c.parameters);
      std::vector<double> values(n);
      evaluate(other, {p, order, {&alpha_s, 1}}, {values}, arena);
      expect_close(values, expected, 1e-9, std::string(process) + fmt::format(" root {}", root));
    }
  }
}

TEST(Laws, LorentzInvariance) {
  for (const char* process : kProcesses) {
    const AmplitudeCase c(process, "sm", stable_parameters());
    Arena arena;
    const Momenta p = c.events(arena, 50, 13);
    const auto before = c.me2(p);
    test::transform(p, 0.7, 0.9);
    expect_close(c.me2(p), before, 1e-8, process);
  }
}

TEST(Laws, IdenticalParticlesMayBeExchanged) {
  const std::pair<const char*, std::vector<int>> cases[] = {
      {"g g > g g g", {0, 1, 3, 4, 2}},     {"u u > u u g", {1, 0, 2, 3, 4}},       {"u u > u u g", {0, 1, 3, 2, 4}},
      {"u d~ > w+ w+ w-", {0, 1, 3, 2, 4}}, {"g g > t t~ g g", {1, 0, 2, 3, 5, 4}}, {"e+ e- > z z h", {0, 1, 3, 2, 4}}};
  for (const auto& [process, order] : cases) {
    const AmplitudeCase c(process, "sm", stable_parameters());
    Arena arena;
    const Momenta p = c.events(arena, 50, 14);
    expect_close(c.me2(p, order), c.me2(p), 1e-9, process);
  }
}

// Where the mirror image is not computed it has the same |M|^2, configuration by configuration.
TEST(Laws, ParityHalvesTheConfigurations) {
  for (const char* process : {"g g > t t~ g", "g g > g g g", "u u~ > t t~ h", "e+ e- > t t~ a / z"}) {
    const AmplitudeCase c(process, "sm", stable_parameters());
    EXPECT_TRUE(c.program.parity) << process;
    CompileOptions without;
    without.parity = false;
    const AmplitudeProgram whole =
        compile(build_graph(c.selected, c.model, c.parameters, c.vertices), c.model, c.parameters, without);
    Arena arena;
    const std::size_t n = 20;
    const Momenta p = c.events(arena, n, 15);
    const Batch half = Batch::take(arena, c.program.configurations.size(), n);
    const Batch all = Batch::take(arena, whole.configurations.size(), n);
    std::vector<double> me2(n), me2_whole(n);
    const double alpha_s = 0.118;
    const auto order = c.legs_in_order();
    evaluate(c.program, {p, order, {&alpha_s, 1}}, {me2, half}, arena);
    evaluate(whole, {p, order, {&alpha_s, 1}}, {me2_whole, all}, arena);
    expect_close(me2, me2_whole, 1e-12, process);
    for (std::size_t h = 0; h < half.dim; ++h)
      for (const int sign : {1, -1}) {
        auto helicities = c.program.configurations[h];
        for (auto& x : helicities) x = static_cast<std::int8_t>(sign * x);
        const auto found = std::find(whole.configurations.begin(), whole.configurations.end(), helicities);
        ASSERT_NE(found, whole.configurations.end());
        for (std::size_t i = 0; i < n; ++i) {
          const double part = all.row(static_cast<std::size_t>(found - whole.configurations.begin()))[i];
          EXPECT_NEAR(2 * part, half.row(h)[i], 1e-12 * me2[i]) << process;
        }
      }
  }
}

// Massless 2 -> 2 scattering in QCD, sum |M|^2 / g^4 (Ellis, Stirling, Webber, Tab. 7.1): the rows are crossings of
// three functions.
TEST(Laws, PartonScatteringInClosedForm) {
  using Formula = double (*)(double, double, double);
  const Formula exchange = [](double s, double t, double u) { return 4.0 / 9 * (s * s + u * u) / (t * t); };
  const Formula annihilation = [](double s, double t, double u) { return 4.0 / 9 * (t * t + u * u) / (s * s); };
  const std::pair<const char*, Formula> cases[] = {
      {"u d > u d", exchange},
      {"u d~ > u d~", exchange},
      {"u u~ > d d~", annihilation},
      {"u u > u u",
       [](double s, double t, double u) {
         return 0.5 * (4.0 / 9 * ((s * s + u * u) / (t * t) + (s * s + t * t) / (u * u)) - 8.0 / 27 * s * s / (u * t));
       }},
      {"u u~ > u u~",
       [](double s, double t, double u) {
         return 4.0 / 9 * ((s * s + u * u) / (t * t) + (t * t + u * u) / (s * s)) - 8.0 / 27 * u * u / (s * t);
       }},
      {"u u~ > g g",
       [](double s, double t, double u) {
         return 0.5 * (32.0 / 27 * (t * t + u * u) / (t * u) - 8.0 / 3 * (t * t + u * u) / (s * s));
       }},
      {"g g > u u~",
       [](double s, double t, double u) {
         return 1.0 / 6 * (t * t + u * u) / (t * u) - 3.0 / 8 * (t * t + u * u) / (s * s);
       }},
      {"g u > g u",
       [](double s, double t, double u) { return -4.0 / 9 * (s * s + u * u) / (s * u) + (u * u + s * s) / (t * t); }},
      {"g g > g g", [](double s, double t, double u) {
         return 0.5 * 9.0 / 2 * (3 - t * u / (s * s) - s * u / (t * t) - s * t / (u * u));
       }}};
  for (const auto& [process, formula] : cases) {
    const AmplitudeCase c(process);
    Arena arena;
    const std::size_t n = 50;
    const Momenta p = c.events(arena, n, 16);
    const auto values = c.me2(p);
    const double g4 = std::pow(4 * kPi * 0.118, 2);
    for (std::size_t i = 0; i < n; ++i) {
      const double s = test::invariant(p, i, 0, 1, 1), t = test::invariant(p, i, 0, 2, -1),
                   u = test::invariant(p, i, 0, 3, -1);
      const double expected = g4 * formula(s, t, u);
      EXPECT_NEAR(values[i], expected, 1e-9 * expected) << process << " " << i;
    }
  }
}

// A soft gluon off a quark line: |M|^2 -> g^2 C_F 2 p1.p2 / (p1.k p2.k) |M_0|^2, the correction falling with its
// energy.
TEST(Laws, SoftGluon) {
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
TEST(Laws, CollinearGluon) {
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

// Single diagrams: where there is one, |M_d|^2 is |M|^2 with all its colours; the contact term of four gluons has
// three colour structures.
TEST(Laws, SingleDiagramsAreAmplitudesWithoutTheOthers) {
  const std::pair<const char*, std::vector<const char*>> cases[] = {
      {"u u~ > e+ e-", {"u u~ > e+ e- / z", "u u~ > e+ e- / a"}},
      {"g g > g g / g", {"g g > g g / g"}},
      {"g g > t t~ / t", {"g g > t t~ / t"}},
      {"u d > u d", {"u d > u d"}},
      {"g g > t t~ g / t", {}},
      {"u u~ > d d~ QED=99", {"u u~ > d d~ / a z", "u u~ > d d~ QCD=0 / z w+", "u u~ > d d~ QCD=0 / a w+"}}};
  for (const auto& [process, parts] : cases) {
    const AmplitudeCase c(process, "sm", stable_parameters());
    const DiagramSet set{c.selected, enumerate_diagrams(c.selected, c.model, c.vertices)};
    const SingleDiagrams single = compile_single_diagrams(set, c.model, c.parameters, c.vertices);
    Arena arena;
    const std::size_t n = 20;
    const Momenta p = c.events(arena, n, 18);
    const Batch rows = Batch::take(arena, set.diagrams.size(), n);
    const double alpha_s = 0.118;
    evaluate(single, {p, c.legs_in_order(), {&alpha_s, 1}}, rows, arena);
    for (const char* part : parts) {
      const auto expected = AmplitudeCase(part, "sm", stable_parameters()).me2(p);
      bool found = false;
      for (std::size_t d = 0; d < rows.dim; ++d) {
        bool same = true;
        for (std::size_t i = 0; i < n; ++i) same = same && std::abs(rows.row(d)[i] / expected[i] - 1) < 1e-12;
        found = found || same;
      }
      EXPECT_TRUE(found) << part;
    }
  }
}

// Each event gets a configuration and a flow with its share of |M|^2.
TEST(Laws, ChoicesFollowTheirShares) {
  for (const char* process : {"g g > t t~ g", "g g > g g", "u u > u u", "u u~ > e+ e-"}) {
    const AmplitudeCase c(process, "sm", stable_parameters());
    Arena arena;
    constexpr std::size_t n = 20000;
    const Momenta one = c.events(arena, 1, 19), p = Momenta::take(arena, c.program.legs, n);
    std::vector<double> helicity_pick(n), flow_pick(n), me2(n);
    for (std::size_t r = 0; r < p.rows.dim; ++r) std::fill_n(p.rows.row(r), n, one.rows.row(r)[0]);
    // evenly spread picks: shares are exact to 1/n, no chance involved
    for (std::size_t i = 0; i < n; ++i) {
      helicity_pick[i] = (static_cast<double>(i) + 0.5) / n;
      flow_pick[i] = std::fmod(0.6180339887498949 * static_cast<double>(i), 1.0);
    }
    std::vector<std::int32_t> configuration(n), flow(n);
    const EventChoice choice{helicity_pick, flow_pick, configuration, flow};
    const Batch parts = Batch::take(arena, c.program.configurations.size(), n);
    const double alpha_s = 0.118;
    const auto order = c.legs_in_order();
    evaluate(c.program, {p, order, {&alpha_s, 1}}, {me2, parts, &choice}, arena);
    std::map<std::int32_t, double> share;
    for (std::int32_t k : configuration) share[k] += 1.0 / n;
    for (std::size_t h = 0; h < parts.dim; ++h) {
      const auto k = static_cast<std::int32_t>(h);
      const double expected = parts.row(h)[0] / me2[0];
      EXPECT_NEAR(share[k] + share[-1 - k], expected, 4.0 / n) << process;
      if (c.program.parity) {
        EXPECT_NEAR(share[k], expected / 2, 4.0 / n) << process;
      }
    }
    for (std::int32_t f : flow) ASSERT_LT(static_cast<std::size_t>(f), c.program.flows.size());
  }
}

TEST(Laws, EverySimdTargetAgrees) {
  for (const char* process : {"g g > t t~ g", "u d~ > w+ w+ w-", "u u~ > e+ e- g g"})
    for (const Precision precision : {Precision::full, Precision::mixed}) {
      const AmplitudeCase c(process, "sm", stable_parameters());
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

TEST(Laws, SplittingABatchChangesNoBit) {
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
TEST(Laws, MixedPrecisionKnowsItsLimits) {
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
TEST(Laws, InterferingOrders) {
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

}  // namespace
}  // namespace thalweg
