// Momenta are scaled into all regions: |M|^2 dPhi has the degree that power counting says.
#include "thalweg/phasespace/singular_regions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>
#include <set>

#include "thalweg/amplitude/evaluator.h"
#include "thalweg/phasespace/region_points.h"

namespace thalweg {
namespace {

using Kind = SingularRegion::Kind;

struct Case {
  explicit Case(const std::string& text, double energy, const std::string& name = "sm") : model(name) {
    parameters = model.default_parameters();
    for (const std::string& p : parameters.names())
      if (p.starts_with("width.")) parameters.set(p, 0);  // or soft poles were hidden
    const auto definition = parse_process(text, model, default_multiparticles(4));
    const auto vertices = model.vertices(parameters);
    set = diagrams_of(definition, model, vertices).at(0);
    const SubProcess& p = set.process;
    beams.kind = p.incoming == 2 ? Beams::Kind::partons : Beams::Kind::decay;
    beams.energy = p.incoming == 2 ? energy : model.mass(p.pdg[0], parameters);
    beams.mass_a = model.mass(p.pdg[0], parameters);
    beams.mass_b = p.incoming == 2 ? model.mass(p.pdg[1], parameters) : 0;
    for (std::size_t l = p.incoming; l < p.legs(); ++l) masses.push_back(model.mass(p.pdg[l], parameters));
    program = compile(static_cast<const SelectedProcess&>(set), model, parameters, vertices);
  }

  std::set<std::pair<Kind, std::uint32_t>> regions() const {
    std::set<std::pair<Kind, std::uint32_t>> result;
    const CutBounds bounds({}, beams.incoming(), masses, beams.energy, true);
    for (const SingularRegion& r : singular_regions(set, model, parameters, beams, bounds))
      result.insert({r.kind, r.set});
    return result;
  }

  // Mean of log |M|^2 at random points; not finite where there are none.
  double log_me2(Kind kind, std::uint32_t particles, double distance) const {
    constexpr std::size_t n = 100;
    Arena arena;
    const RegionPoints points(beams, masses, 0, kind, particles, distance);
    const Momenta p = Momenta::take(arena, set.process.legs(), n);
    std::mt19937_64 random(3);
    std::uniform_real_distribution<double> uniform(0, 1);
    for (std::size_t e = 0; e < n; ++e) {
      std::vector<double> x(points.dim());
      for (double& u : x) u = 0.05 + 0.9 * uniform(random);
      if (!points.make(x, p, e)) return NAN;
    }
    std::vector<int> order(set.process.legs());
    std::iota(order.begin(), order.end(), 0);
    std::vector<double> me2(n);
    const double alpha_s = 0.1;
    evaluate(program, {p, order, {&alpha_s, 1}}, {me2}, arena);
    double sum = 0;
    for (const double v : me2) sum += std::log(v);
    return sum / n;
  }

  double degree(Kind kind, std::uint32_t particles) const {
    const double far = 1e-3, near = 1e-4, k = std::popcount(particles);
    const double volume = kind == Kind::forward ? 2 : kind == Kind::collinear ? 2 * k - 2 : 2 * k;
    return volume + (log_me2(kind, particles, far) - log_me2(kind, particles, near)) / std::log(far / near);
  }

  Model model;
  Parameters parameters = Parameters::defaults("sm");
  DiagramSet set;
  Beams beams;
  std::vector<double> masses;
  AmplitudeProgram program;
};

// Whether a set is made of listed ones without a common particle.
bool is_union(std::uint32_t set, Kind kind, const std::set<std::pair<Kind, std::uint32_t>>& listed) {
  if (set == 0) return true;
  for (const auto& [k, part] : listed)
    if (k == kind && (part & set) == part && (part & set & -set) && is_union(set & ~part, kind, listed)) return true;
  return false;
}

class Degrees : public testing::TestWithParam<std::tuple<const char*, double>> {};

TEST_P(Degrees, AreThoseOfTheAmplitude) {
  const auto& [text, energy] = GetParam();
  const Case c(text, energy);
  const auto listed = c.regions();
  const std::uint32_t all = (1u << c.masses.size()) - 1;
  std::uint32_t massless = 0;
  for (std::size_t i = 0; i < c.masses.size(); ++i) massless |= c.masses[i] == 0 ? 1u << i : 0;
  const bool two = c.beams.incoming() == 2;
  std::size_t compared = 0;
  for (const Kind kind : {Kind::collinear, Kind::beam_a, Kind::beam_b, Kind::soft, Kind::forward})
    for (std::uint32_t set = 1; set < all; ++set) {
      const bool forward = kind == Kind::forward;
      if (!forward && (set & massless) != set) continue;
      if (forward && !(two && all == 3 && set == 1 && c.beams.mass_a > 0 && c.beams.mass_b > 0)) continue;
      if (kind == Kind::beam_a && !(two && c.beams.mass_a == 0)) continue;
      if (kind == Kind::beam_b && !(two && c.beams.mass_b == 0)) continue;
      if (kind == Kind::collinear && std::popcount(set) < 2) continue;
      const double degree = c.degree(kind, set);
      if (!std::isfinite(degree)) continue;  // nothing is left to take the recoil
      ++compared;
      if (listed.count({kind, set}) || (kind == Kind::soft && is_union(set, kind, listed)))
        EXPECT_LT(degree, 0.2) << text << " kind " << int(kind) << " set " << set;
      else
        EXPECT_GT(degree, 0.8) << text << " kind " << int(kind) << " set " << set;
    }
  EXPECT_GT(compared, 0u) << text;
}

INSTANTIATE_TEST_SUITE_P(
    SingularRegions, Degrees,
    testing::Values(
        std::tuple{"e+ e- > u u~ g", 300.0}, std::tuple{"g g > g g g", 300.0}, std::tuple{"g g > t t~ g", 900.0},
        std::tuple{"u u~ > e+ ve mu- vm~", 700.0}, std::tuple{"u d~ > e+ ve mu+ mu-", 700.0},
        std::tuple{"u u~ > e+ e- vm vm~", 700.0}, std::tuple{"e+ e- > vm vm~ a", 300.0},
        std::tuple{"e+ e- > ve ve~ a a", 300.0}, std::tuple{"e+ e- > u d~ mu- vm~", 500.0},
        std::tuple{"e+ e- > e- ve~ u d~", 500.0}, std::tuple{"e+ e- > e+ e- vm vm~", 500.0},
        std::tuple{"e+ e- > u u~ d d~", 500.0}, std::tuple{"u d > d d e+ ve QCD=0", 700.0},
        std::tuple{"g u > e+ e- u", 300.0}, std::tuple{"a a > u d~ mu- vm~", 500.0}, std::tuple{"e- a > e- a", 100.0},
        std::tuple{"e- a > e- vm vm~", 300.0}, std::tuple{"a a > w+ w- a", 500.0}, std::tuple{"u u > u u", 300.0},
        std::tuple{"e+ e- > ve ve~", 300.0}, std::tuple{"e+ e- > w+ w- a", 500.0}, std::tuple{"e+ e- > t t~ g", 500.0},
        std::tuple{"e+ e- > t t~ vm vm~", 900.0}, std::tuple{"e+ e- > z h e+ e-", 900.0},
        std::tuple{"b b~ > b b~", 300.0}, std::tuple{"w+ w- > w+ w-", 600.0}, std::tuple{"w+ w- > z z", 600.0},
        std::tuple{"t t~ > t t~", 900.0}, std::tuple{"t e- > t e-", 500.0}, std::tuple{"t b~ > w+ a", 500.0},
        std::tuple{"ta+ ta- > ta+ ta-", 300.0}, std::tuple{"w+ > e+ ve mu+ mu-", 0.0}, std::tuple{"w+ > e+ ve a", 0.0},
        std::tuple{"z > mu- vm~ u d~", 0.0}, std::tuple{"z > e+ e- mu+ mu-", 0.0}, std::tuple{"t > b w+ g", 0.0},
        std::tuple{"t > b e+ ve", 0.0}, std::tuple{"h > b b~ g", 0.0}, std::tuple{"h > e+ e- mu+ mu-", 0.0}));

}  // namespace
}  // namespace thalweg
