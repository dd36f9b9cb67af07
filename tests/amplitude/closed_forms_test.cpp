// Processes with published closed forms or values: partons, h > 4 leptons, the CP phase of the top, decays on their
// poles.
#include "amplitude_case.h"
#include "test_momenta.h"
#include "thalweg/base/units.h"

namespace thalweg {
namespace {

using test::AmplitudeCase;

// Massless 2 -> 2 scattering in QCD, sum |M|^2 / g^4 (Ellis, Stirling, Webber, Tab. 7.1): the rows are crossings of
// three functions.
TEST(ClosedForms, PartonScatteringInClosedForm) {
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

// Closed helicity amplitudes of h > Z Z* > mu+ mu- e+ e- (equation 7 of the paper on the fully connected map), real
// couplings or complex masses.
TEST(ClosedForms, HiggsToFourLeptons) {
  for (const char* scheme : {"fixed", "complex"}) {
    Parameters p = Model("sm").default_parameters();
    p.set_width_scheme(scheme);
    const AmplitudeCase c("h > mu+ mu- e+ e-", "sm", p);
    const double e = p.electric_charge();
    const Complex mw = c.model.complex_mass(24, p), mz = c.model.complex_mass(23, p);
    const Complex cos2 = mw * mw / (mz * mz), cw = std::sqrt(cos2), sw = std::sqrt(1.0 - cos2);
    const Complex k = 2.0 * e * e * e * mw / (cos2 * sw), right = sw / cw, left = right - 1.0 / (2.0 * cw * sw);
    const double same = std::norm(right * right) + std::norm(left * left), mixed = 2 * std::norm(right * left);
    Arena arena;
    const Momenta q = c.events(arena, 200, 1);
    const auto values = c.me2(q);
    const double m = p.get("mass.z"), w = p.get("width.z");
    for (std::size_t i = 0; i < values.size(); ++i) {
      auto s = [&](std::size_t a, std::size_t b) { return test::invariant(q, i, a, b, 1); };
      double expected = std::norm(k) * (same * s(1, 3) * s(2, 4) + mixed * s(1, 4) * s(2, 3));
      for (const double pair : {s(1, 2), s(3, 4)}) expected /= std::pow(pair - m * m, 2) + m * m * w * w;
      EXPECT_NEAR(values[i], expected, 1e-10 * expected) << scheme;
    }
  }
}

// |M|^2 = g1 + sin(a) g2 + cos(a) g3 + sin(a) cos(a) g4 + sin(a)^2 g5 for the CP phase a of the top's Yukawa coupling.
std::array<double, 5> phase_functions(const std::string& process, const double (&momenta)[5][4], bool reflected) {
  auto at = [&](double angle) {
    Parameters p = test::stable_parameters("sm_cp");
    p.set_scheme("gmu");
    p.set("gf", 1.16637e-5);
    p.set("mass.w", 80.419);
    for (const char* name : {"mass.b", "yukawa.b"}) p.set(name, 0);
    p.set("cp.angle", angle);
    p.derive();
    const AmplitudeCase c(process, "sm_cp", p);
    Arena arena;
    const Momenta q = Momenta::take(arena, 5, 1);
    for (std::size_t l = 0; l < 5; ++l)
      for (std::size_t mu = 0; mu < 4; ++mu) q.component(l, mu)[0] = (reflected && mu ? -1 : 1) * momenta[l][mu];
    return c.me2(q)[0];
  };
  const double even = (at(0) + at(180)) / 2, odd = (at(90) + at(-90)) / 2;
  const double g2 = (at(90) - at(-90)) / 2, g3 = (at(0) - at(180)) / 2, r = std::sqrt(0.5);
  const double g4 = 2 * (at(45) - even - r * g2 - r * g3 - (odd - even) / 2);
  return {even, g2, g3, g4, odd - even};
}

// Values of an independent program at one point given to nine digits, with m_t = 173, m_h = 125, M_W = 80.419 GeV,
// a massless b and the couplings of equation 6.2 of the thesis on the matrix element method.
TEST(ClosedForms, PhaseOfTheTop) {
  const double p[5][4] = {{500, 0, 0, 500},
                          {500, 0, 0, -500},
                          {398.75, 350.35618, 148.128217, 119.625},
                          {224.585037, -80.6315665, 80.7877283, -86.4946943},
                          {376.664963, -269.724614, -228.915945, -33.1303057}};
  double exchanged[5][4];
  for (std::size_t l = 0; l < 5; ++l)
    for (std::size_t mu = 0; mu < 4; ++mu) exchanged[l][mu] = p[l < 2 ? 1 - l : l][mu];
  struct Case {
    const char* process;
    const double (&momenta)[5][4];
    bool reflected;
    std::array<double, 5> expected;
  };
  const Case cases[] = {
      {"u b > d t h", p, false, {2.54030701e-06, 4.34079800e-07, -1.75510990e-06, 0, -1.32048369e-06}},
      {"d~ b > u~ t h", p, false, {1.56072710e-06, 2.94616826e-07, -1.22229448e-06, 0, -5.72281149e-07}},
      {"u b > d t h", exchanged, false, {5.58634742e-07, -5.12249608e-08, -2.71285982e-07, 0, -3.90992344e-07}},
      {"u b > d t h", p, true, {2.54030701e-06, -4.34079800e-07, -1.75510990e-06, 0, -1.32048369e-06}}};
  for (const Case& c : cases) {
    const auto g = phase_functions(c.process, c.momenta, c.reflected);
    for (std::size_t k = 0; k < 5; ++k)
      EXPECT_NEAR(g[k], c.expected[k], k == 3 ? 1e-12 * g[0] : 1e-6 * std::abs(c.expected[k]))
          << c.process << " g" << k + 1;
  }
}

// W pairs decaying on their poles: averaged over the angles of both decays, |M|^2 of the leptons is that of the pair
// times both decays over (M Gamma)^4. |M|^2 is a polynomial of second degree in each direction: six are exact. Only the
// doubly resonant diagrams are compared, hence the extra-narrow width.
TEST(ClosedForms, DecayChainOnThePoles) {
  Parameters p = test::stable_parameters();
  p.set("width.w", 1e-6);
  const AmplitudeCase pair("e+ e- > w+ w-", "sm", p), chain("e+ e- > mu+ vm ta- vt~", "sm", p);
  const AmplitudeCase plus("w+ > mu+ vm", "sm", p), minus("w- > ta- vt~", "sm", p);
  Arena arena;
  const Momenta w = pair.events(arena, 1, 7), rest_plus = plus.events(arena, 1, 1),
                rest_minus = minus.events(arena, 1, 2);
  const double mass = pair.masses()[2];
  const Momenta q = Momenta::take(arena, 6, 36);
  for (std::size_t event = 0; event < 36; ++event) {
    for (std::size_t mu = 0; mu < 4; ++mu)
      for (std::size_t l : {0u, 1u}) q.component(l, mu)[event] = w.component(l, mu)[0];
    for (std::size_t side : {0u, 1u}) {
      const std::size_t direction = side == 0 ? event % 6 : event / 6;
      const double heavy = side == 0 ? 0 : chain.masses()[4], k = two_body_momentum(mass, heavy, 0);
      for (std::size_t l : {0u, 1u}) {
        double r[3] = {0, 0, 0}, along = 0;
        r[direction / 2] = (direction % 2 ? 1 : -1) * (l == 0 ? k : -k);
        for (std::size_t i = 0; i < 3; ++i) along += r[i] * w.component(2 + side, i + 1)[0];
        const double energy = std::hypot(k, l == 0 ? heavy : 0), frame = w.component(2 + side, 0)[0];
        q.component(2 + 2 * side + l, 0)[event] = (frame * energy + along) / mass;
        for (std::size_t i = 0; i < 3; ++i)
          q.component(2 + 2 * side + l, i + 1)[event] =
              r[i] + w.component(2 + side, i + 1)[0] * (along / (mass * (frame + mass)) + energy / mass);
      }
    }
  }
  const auto values = chain.me2(q);
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 36;
  const double expected = pair.me2(w)[0] * plus.me2(rest_plus)[0] * minus.me2(rest_minus)[0] / std::pow(mass * 1e-6, 4);
  EXPECT_NEAR(mean, expected, 1e-5 * expected);
}

}  // namespace
}  // namespace thalweg
