// Amplitudes with a quark mixing matrix: decays in closed form, unitarity, CP and freedom of phases.
#include "amplitude_case.h"
#include "test_momenta.h"
#include "thalweg/base/units.h"

namespace thalweg {
namespace {

using test::AmplitudeCase;
using test::expect_close;
using test::stable_parameters;

// Large angles and a large phase; massless b, so that down quarks differ by V alone. `sign`: -1 for V^*.
Parameters mixed(double sign = 1) {
  Parameters p = stable_parameters();
  for (const char* name : {"mass.b", "yukawa.b"}) p.set(name, 0);
  p.set("ckm.lambda", 0.6);
  p.set("ckm.a", 1.2);
  p.set("ckm.rhobar", 0.3);
  p.set("ckm.etabar", 0.5 * sign);
  p.derive();
  return p;
}

Parameters unmixed() {
  Parameters p = stable_parameters();
  for (const char* name : {"mass.b", "yukawa.b"}) p.set(name, 0);
  return p;
}

// The same matrix with other phases of the quarks.
Parameters rephased() {
  const MixingMatrix v = mixed().ckm();
  Parameters p = unmixed();
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      const auto element =
          v[i][j] * std::polar(1.0, 0.7 + 1.1 * static_cast<double>(i * i) - 0.9 * static_cast<double>(j));
      p.set("ckm." + mixing_name(i, j), element.real());
      p.set("ckm.im_" + mixing_name(i, j), element.imag());
    }
  p.derive();
  return p;
}

bool same(const AmplitudeProgram& a, const AmplitudeProgram& b) {
  return a.ops == b.ops && a.terms == b.terms && a.outputs == b.outputs && a.coefficients == b.coefficients &&
         a.propagators == b.propagators && a.configurations == b.configurations;
}

TEST(Mixing, TheUnitMatrixIsTheProgramWithoutOne) {
  Parameters wolfenstein = stable_parameters(), elements = stable_parameters();
  for (const char* name : {"ckm.lambda", "ckm.a", "ckm.rhobar", "ckm.etabar"}) wolfenstein.set(name, 0);
  for (const char* name : {"ckm.ud", "ckm.cs", "ckm.tb"}) elements.set(name, 1);
  wolfenstein.derive();
  elements.derive();
  for (const char* process :
       {"u d~ > w+ z a", "g b > t w- a", "u u~ > w+ w- b b~ g", "u c > w+ w+ d s QCD=99 QED=99"}) {
    const AmplitudeCase plain(process, "sm", stable_parameters());
    EXPECT_TRUE(same(plain.program, AmplitudeCase(process, "sm", wolfenstein).program)) << process;
    EXPECT_TRUE(same(plain.program, AmplitudeCase(process, "sm", elements).program)) << process;
  }
}

// W > q q'~: mean |M|^2 = g^2 M_W^2 |V|^2 with three colours; t > W q: g^2 |V|^2 m_t^4 / (4 M_W^2) (1 - x)(1 + 2 x),
// x = M_W^2 / m_t^2. Sums over flavours are those without mixing.
TEST(Mixing, DecaysInClosedForm) {
  const Parameters p = mixed();
  const MixingMatrix v = p.ckm();
  const double mw = p.get("mass.w"), mt = p.get("mass.t"), g2 = std::pow(p.electric_charge(), 2) / p.sin2_theta_w();
  const double x = mw * mw / (mt * mt), top = g2 / 4 * std::pow(mt, 4) / (mw * mw) * (1 - x) * (1 + 2 * x);
  const std::string up = "uct", down = "dsb";
  Arena arena;
  double sum = 0, top_sum = 0;
  for (std::size_t j = 0; j < 3; ++j) {
    for (std::size_t i = 0; i < 2; ++i) {
      const double expected = g2 * mw * mw * std::norm(v[i][j]);
      for (const std::string& process :
           {std::string("w+ > ") + up[i] + " " + down[j] + "~", std::string("w- > ") + up[i] + "~ " + down[j]}) {
        const AmplitudeCase c(process, "sm", p);
        EXPECT_NEAR(c.me2(c.events(arena, 1, 3))[0], expected, 1e-10 * expected) << process;
      }
      sum += expected;
    }
    const AmplitudeCase c(std::string("t > w+ ") + down[j], "sm", p);
    const double value = c.me2(c.events(arena, 1, 4))[0];
    EXPECT_NEAR(value, top * std::norm(v[2][j]), 1e-10 * value);
    top_sum += value;
  }
  EXPECT_NEAR(sum, 2 * g2 * mw * mw, 1e-10 * sum);
  EXPECT_NEAR(top_sum, top, 1e-10 * top);
}

// Down quarks of equal mass may be rotated: sums over them do not see V. Neutral currents of two flavours cancel.
TEST(Mixing, UnitarityOfTheMatrix) {
  Arena arena;
  for (const char* process : {"u u~ > w+ w-", "u u~ > w+ w- g", "t t~ > w+ w-"}) {
    const AmplitudeCase plain(process, "sm", unmixed()), with(process, "sm", mixed());
    const Momenta p = plain.events(arena, 20, 5);
    expect_close(with.me2(p), plain.me2(p), 1e-9, process);
  }
  const AmplitudeCase plain("u u~ > w+ w- g", "sm", unmixed()), changing("u c~ > w+ w- g", "sm", mixed());
  const Momenta p = plain.events(arena, 20, 6);
  const auto values = changing.me2(p), scale = plain.me2(p);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_LE(values[i], 1e-20 * scale[i]);
}

// By u, c and t of different masses: V_cd^* V_cs and V_td^* V_ts interfere.
constexpr const char *kInterfering = "d s~ > w+ w- a", *kConjugate = "d~ s > w- w+ a";

Parameters heavy_charm(Parameters p, double top_width = 0) {
  p.set("mass.c", 30);
  p.set("width.t", top_width);
  p.derive();
  return p;
}

TEST(Mixing, PhasesOfQuarksAreAChoice) {
  Arena arena;
  for (const char* process : {kInterfering, "u s~ > w+ a", "u b~ > c d~ g QCD=1", "g u > w+ b", "u u~ > d s~ w+ w-"}) {
    const AmplitudeCase one(process, "sm", heavy_charm(mixed())), other(process, "sm", heavy_charm(rephased()));
    const Momenta p = one.events(arena, 20, 7);
    expect_close(other.me2(p), one.me2(p), 1e-9, process);
  }
}

// |M(process; V)|^2 = |M(antiparticles, momenta reflected; V^*)|^2; with widths, V does instead of V^* not do.
TEST(Mixing, ConjugateProcessesHaveTheConjugateMatrix) {
  Arena arena;
  const AmplitudeCase particles(kInterfering, "sm", heavy_charm(mixed(), 30));
  const AmplitudeCase conjugate(kConjugate, "sm", heavy_charm(mixed(-1), 30)),
      wrong(kConjugate, "sm", heavy_charm(mixed(), 30));
  const Momenta p = particles.events(arena, 20, 8);
  const auto expected = particles.me2(p);
  for (std::size_t l = 0; l < p.legs(); ++l)
    for (std::size_t mu = 1; mu < 4; ++mu)
      for (std::size_t i = 0; i < p.size(); ++i) p.component(l, mu)[i] *= -1;
  expect_close(conjugate.me2(p), expected, 1e-9);
  const auto others = wrong.me2(p);
  double largest = 0;
  for (std::size_t i = 0; i < others.size(); ++i) largest = std::max(largest, std::abs(others[i] / expected[i] - 1));
  EXPECT_GT(largest, 1e-4);
}

TEST(Mixing, WardIdentityAndRoots) {
  for (const char* process : {kInterfering, "u s~ > w+ z a", "g u > w+ b a", "b~ u > w+ h a"}) {
    AmplitudeCase c(process, "sm", heavy_charm(mixed()));
    Arena arena;
    const Momenta p = c.events(arena, 10, 9);
    const auto plain = c.me2(p);
    const double alpha_s = 0.118;
    for (std::size_t root = 0; root < c.program.legs; ++root) {
      const AmplitudeProgram other = compile(
          build_graph(c.selected, c.model, c.parameters, c.vertices, static_cast<int>(root)), c.model, c.parameters);
      std::vector<double> values(p.size());
      evaluate(other, {p, c.legs_in_order(), {&alpha_s, 1}}, {values}, arena);
      expect_close(values, plain, 1e-9, process);
    }
    c.program.ward_leg = static_cast<int>(c.program.legs) - 1;
    const auto values = c.me2(p);
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_LE(values[i], 1e-20 * plain[i]) << process;
  }
}

// Neutrinos have one helicity: a beam of them is averaged over one. e-bar-nu e- > mu- mu-bar-nu by a W, and
// nu_mu e- > nu_mu e- by a Z: 4 (g/cos)^4 (1/2)^2 [g_L^2 s^2 + g_R^2 u^2] / (t - M_Z^2)^2 over the two helicities of
// the electron, which is G_F^2 s / pi (g_L^2 + g_R^2 / 3) at low energies.
TEST(ClosedForms, NeutrinoBeams) {
  const Parameters p = stable_parameters();
  const double sw2 = p.sin2_theta_w(), g2 = std::pow(p.electric_charge(), 2) / sw2, mw = p.get("mass.w"),
               mz = p.get("mass.z");
  const AmplitudeCase charged("ve~ e- > mu- vm~", "sm", p), neutral("vm e- > vm e-", "sm", p);
  Arena arena;
  const Momenta q = neutral.events(arena, 20, 10);
  const auto w = charged.me2(q), z = neutral.me2(q);
  for (std::size_t i = 0; i < q.size(); ++i) {
    const double s = test::invariant(q, i, 0, 1, 1), t = test::invariant(q, i, 0, 2, -1),
                 u = test::invariant(q, i, 0, 3, -1);
    const double b = test::invariant(q, i, 1, 3, -1);
    const double expected_w = std::pow(g2 / 2, 2) * 4 * b * b / std::pow(s - mw * mw, 2) / 2;
    EXPECT_NEAR(w[i], expected_w, 1e-9 * expected_w);
    const double left = sw2 - 0.5, right = sw2, strength = g2 / (1 - sw2);
    const double expected_z =
        std::pow(strength / 2, 2) * 4 * (left * left * s * s + right * right * u * u) / std::pow(t - mz * mz, 2) / 2;
    EXPECT_NEAR(z[i], expected_z, 1e-9 * expected_z);
  }
}

}  // namespace
}  // namespace thalweg
