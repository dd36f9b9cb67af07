// Laws that amplitudes obey whatever the process: gauge, Lorentz and permutation symmetry, parity.
#include "amplitude_case.h"
#include "test_momenta.h"
#include "thalweg/base/errors.h"

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

}  // namespace
}  // namespace thalweg
