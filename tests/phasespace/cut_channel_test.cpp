// Channels within cuts on leptons: every event that passes is reached, nearly nothing that fails is made.
#include <gtest/gtest.h>

#include <cmath>

#include "thalweg/phasespace/lab_channel.h"
#include "thalweg/phasespace/tree_channel.h"
#include "thalweg/sampling/integrator.h"
#include "uniform_points.h"

namespace thalweg {
namespace {

using test::uniform_points;

const Beams kHadrons{Beams::Kind::hadrons, 13000, 0, 0}, kPartons{Beams::Kind::partons, 500, 0, 0};
const Topology kPair{{{0b1100, 91.2, 2.5, 1}}};   // legs 3 and 4 on a Z
const Topology kWhole{{{0b1100, 91.2, 2.5, 1}}};  // of two final particles
const Topology kForward{{{0b1010, 0, 0, 1}}};     // exchange between the beams
const Topology kPairForward{{{0b1100, 91.2, 2.5, 1}, {0b10010, 0, 0, 3}}};

Cut cut(Observable observable, std::vector<std::vector<int>> legs, double min, double max = 1e300) {
  return {"c", observable, std::move(legs), min, max};
}

struct Case {
  const char* name;
  Beams beams;
  std::vector<double> masses;
  std::vector<Cut> cuts;
  Topology topology;
  bool lab = false;
  double passing = 0;  // share of the points made that pass, at least
};

std::vector<Case> cases() {
  using O = Observable;
  const std::vector<Cut> pair = {cut(O::pt, {{2}, {3}}, 25), cut(O::abs_eta, {{2}, {3}}, 0, 2.4)};
  const std::vector<Cut> uneven = {cut(O::pt, {{2}}, 40), cut(O::abs_eta, {{2}}, 0, 1.5), cut(O::pt, {{3}}, 20),
                                   cut(O::abs_eta, {{3}}, 0, 2.5)};
  const std::vector<Cut> one = {cut(O::pt, {{2}}, 25), cut(O::abs_eta, {{2}}, 0, 2.5)};
  const std::vector<Cut> sided = {cut(O::pt, {{2}}, 20), cut(O::eta, {{2}}, 0.5, 2), cut(O::rapidity, {{3}}, -1, 3)};
  const std::vector<Cut> system = {cut(O::pt, {{2}}, 20), cut(O::abs_rapidity, {{2, 3}}, 0, 1)};
  auto with_jet = [](std::vector<Cut> cuts) {
    cuts.push_back(cut(O::pt, {{4}}, 30));
    cuts.push_back(cut(O::abs_eta, {{4}}, 0, 4.5));
    cuts.push_back(cut(O::mass, {{2, 3}}, 20));
    return cuts;
  };
  auto with_mass = [](std::vector<Cut> cuts) {
    cuts.push_back(cut(O::mass, {{2, 3}}, 60));
    return cuts;
  };
  return {
      {"pair", kHadrons, {0, 0}, with_mass(pair), kWhole, false, 1},
      {"uneven", kHadrons, {0, 0}, with_mass(uneven), kWhole, false, 0.9},
      {"one lepton", kHadrons, {0, 0}, one, kWhole, false, 1},
      {"sided", kHadrons, {0, 0}, sided, kWhole, false, 1},
      {"rapidity of the pair", kHadrons, {0, 0}, system, kWhole, false, 1},
      {"massive", kHadrons, {1.777, 80}, with_mass(pair), kWhole, false, 0.8},
      {"exchange", kHadrons, {0, 0}, pair, kForward, false, 1},
      {"frame", kHadrons, {0, 0}, pair, {}, true, 1},
      {"fixed energy", kPartons, {0, 0}, pair, kWhole, false, 1},
      {"fixed energy, exchange", kPartons, {0, 0}, pair, kForward, false, 1},
      {"fixed energy, one side", kPartons, {0, 0}, {cut(O::cos_theta, {{2}}, -0.3, 0.9)}, kForward, false, 1},
      {"pair and jet", kHadrons, {0, 0, 0}, with_jet(pair), kPair, false, 0.25},
      {"uneven pair and jet", kHadrons, {0, 0, 0}, with_jet(uneven), kPair, false, 0.25},
      {"one lepton and jet", kHadrons, {0, 0, 0}, with_jet(one), kPair, false, 0.25},
      {"pair and jet, exchange", kHadrons, {0, 0, 0}, with_jet(pair), kPairForward, false, 0.25},
      {"pair and jet in the frame", kHadrons, {0, 0, 0}, with_jet(pair), kPair, true, 0.9},
      {"uneven pair and jet in the frame", kHadrons, {0, 0, 0}, with_jet(uneven), kPair, true, 0.8},
      {"pair and heavy", kHadrons, {0, 0, 173}, with_mass(pair), kPair, true, 0.8},
  };
}

struct Made {
  CutBounds bounds;
  std::unique_ptr<InvariantTable> table;
  std::unique_ptr<Channel> channel;
};

Made make(const Case& c, const Cuts& cuts) {
  const CutBounds bounds(cuts, 2, c.masses, c.beams.energy, c.beams.kind == Beams::Kind::partons);
  auto table = std::make_unique<InvariantTable>(c.beams, c.masses, bounds.rapidity_cuts());
  std::unique_ptr<Channel> channel;
  if (c.lab)
    channel = std::make_unique<LabChannel>("lab", lab_tree(c.topology, c.beams, bounds), c.beams, bounds, *table);
  else
    channel = std::make_unique<TreeChannel>("tree", channel_tree(c.topology, c.beams, bounds), c.beams, bounds, *table);
  return {bounds, std::move(table), std::move(channel)};
}

// RAMBO within the energies that the cuts leave and no other limit.
Made make_flat(const Case& c) {
  const CutBounds bounds(Cuts({cut(Observable::mass, {{2, 3}}, 50)}), 2, c.masses, c.beams.energy);
  auto table = std::make_unique<InvariantTable>(c.beams, c.masses);
  auto channel = std::make_unique<TreeChannel>("flat", flat_tree(bounds), c.beams, bounds, *table);
  return {bounds, std::move(table), std::move(channel)};
}

TEST(CutChannel, ReachesEveryEventThatPasses) {
  for (const Case& c : cases()) {
    const Cuts cuts(c.cuts);
    const Made flat = make_flat(c), made = make(c, cuts);
    Arena arena;
    const std::size_t n = 200'000, dim = made.channel->dim();
    const auto points = PhaseSpacePoints::take(arena, 2 + c.masses.size(), n);
    flat.channel->forward(uniform_points(arena, dim, n, 7), points);
    const auto pass = arena.take<std::uint8_t>(n);
    cuts.apply(points.momenta, arena, pass);
    const Batch y = Batch::take(arena, dim, n);
    const auto density = arena.take<double>(n);
    made.channel->inverse(points.momenta, y, density);
    std::size_t passed = 0;
    for (std::size_t e = 0; e < n; ++e) {
      if (!pass[e] || points.jacobian[e] == 0) continue;
      ++passed;
      ASSERT_GT(density[e], 0) << c.name << " event " << e;
      for (std::size_t d = 0; d < dim; ++d) {
        ASSERT_GE(y.row(d)[e], -1e-9) << c.name << " coordinate " << d;
        ASSERT_LE(y.row(d)[e], 1 + 1e-9) << c.name << " coordinate " << d;
      }
    }
    EXPECT_GT(passed, 20U) << c.name;
  }
}

TEST(CutChannel, MakesWhatPassesAndKnowsItsDensity) {
  for (const Case& c : cases()) {
    const Cuts cuts(c.cuts);
    const Made made = make(c, cuts);
    Arena arena;
    const std::size_t n = 20'000, dim = made.channel->dim();
    const auto points = PhaseSpacePoints::take(arena, 2 + c.masses.size(), n);
    const Batch y = uniform_points(arena, dim, n, 3), back = Batch::take(arena, dim, n);
    made.channel->forward(y, points);
    const auto pass = arena.take<std::uint8_t>(n);
    cuts.apply(points.momenta, arena, pass);
    const auto density = arena.take<double>(n), from_table = arena.take<double>(n);
    made.channel->inverse(points.momenta, back, density);
    const Batch table = Batch::take(arena, made.table->rows(), n);
    made.table->evaluate(points, table, arena);
    made.channel->density(points, table, from_table);
    std::size_t passed = 0, far = 0;
    for (std::size_t e = 0; e < n; ++e) {
      if (points.jacobian[e] == 0) continue;
      passed += pass[e];
      // Edges of the map are as sharp as rounding.
      far += !(std::abs(density[e] * points.jacobian[e] - 1) < 1e-4 && std::abs(from_table[e] / density[e] - 1) < 1e-4);
      for (std::size_t d = 0; d < dim; ++d) far += !(std::abs(back.row(d)[e] - y.row(d)[e]) < 1e-4);
    }
    EXPECT_LE(far, 4U) << c.name;
    EXPECT_GE(static_cast<double>(passed), c.passing * (static_cast<double>(n) - 2)) << c.name;
  }
}

// Of a smooth function, cut, on any channel.
class CutIntegral : public Integrand {
 public:
  CutIntegral(const Case& c, const Made& made, const Cuts& cuts) : c_(c), made_(made), cuts_(cuts) {}
  std::size_t dim() const override { return made_.channel->dim(); }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return c_.name; }
  void evaluate(std::size_t, const Batch& y, const Evaluation& out, Arena& arena) const override {
    const auto points = PhaseSpacePoints::take(arena, 2 + c_.masses.size(), y.size);
    made_.channel->forward(y, points);
    const auto pass = arena.take<std::uint8_t>(y.size);
    cuts_.apply(points.momenta, arena, pass);
    for (std::size_t e = 0; e < y.size; ++e) {
      out.weight[e] = 0;
      if (!pass[e] || !(points.jacobian[e] > 0)) continue;
      double value = std::pow(points.s_hat[e] / 1e4, -static_cast<double>(c_.masses.size()));
      for (std::size_t l = 2; l < 2 + c_.masses.size(); ++l)
        value /= 1e3 + std::pow(points.momenta.component(l, 1)[e], 2) + std::pow(points.momenta.component(l, 2)[e], 2);
      out.weight[e] = 1e12 * value * points.jacobian[e];
    }
  }

 private:
  const Case& c_;
  const Made& made_;
  const Cuts& cuts_;
};

Integral integrate(const Case& c, const Made& made, const Cuts& cuts) {
  const CutIntegral function(c, made, cuts);
  IntegratorConfig config;
  config.accuracy = 3e-3;
  config.adaptation_points = 20'000;
  config.minimum_points = 40'000;
  config.maximum_points = 4'000'000;
  const Integrator integrator(function, config);
  IntegratorState state = integrator.initial_state();
  integrator.integrate(state, [](const IntegratorState&) {});
  return total(state);
}

// Against channels that know nothing of the cuts but a lowest mass; 18 comparisons at 5.5 standard deviations: a false
// alarm in 10^6.
TEST(CutChannel, IntegralsAreThoseOfUncutChannels) {
  for (const Case& c : cases()) {
    const Cuts cuts(c.cuts);
    std::vector<Cut> all = c.cuts;
    all.push_back(cut(Observable::mass, {{2, 3}}, 50));  // what the flat channel needs
    const Cuts both(all);
    const Integral v = integrate(c, make(c, cuts), both), reference = integrate(c, make_flat(c), both);
    EXPECT_NEAR(v.value, reference.value, 5.5 * std::hypot(v.error, reference.error)) << c.name;
    EXPECT_GT(v.value, 0) << c.name;
  }
}

}  // namespace
}  // namespace thalweg
