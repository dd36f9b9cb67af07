// The laws of all channels: momenta, inverse, volumes.
#include "thalweg/phasespace/channel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "simd_targets.h"
#include "test_topologies.h"
#include "thalweg/base/units.h"
#include "thalweg/phasespace/lab_channel.h"
#include "thalweg/phasespace/tree_channel.h"
#include "thalweg/sampling/integrator.h"
#include "uniform_points.h"

namespace thalweg {
namespace {

using test::uniform_points;

using Masses = std::vector<double>;
const std::vector<std::pair<double, double>> kWide = {{150, 100}, {400, 300}, {120, 80}, {200, 150}};

Masses first(Masses masses, std::size_t n) {
  masses.resize(n);
  return masses;
}

// What a channel needs and owns nothing of.
struct Made {
  CutBounds bounds;
  std::unique_ptr<InvariantTable> table;
  std::unique_ptr<Channel> channel;
  Beams beams;
  Masses masses;
};

Made tree_channel(const Topology& topology, const Beams& beams, const Masses& masses, const Cuts& cuts = {}) {
  const CutBounds bounds(cuts, beams.incoming(), masses, beams.energy);
  auto table = std::make_unique<InvariantTable>(beams, masses);
  auto channel = std::make_unique<TreeChannel>("tree", channel_tree(topology, beams, bounds), beams, bounds, *table);
  return {bounds, std::move(table), std::move(channel), beams, masses};
}
Made flat_channel(const Beams& beams, const Masses& masses, const Cuts& cuts = {}) {
  const CutBounds bounds(cuts, beams.incoming(), masses, beams.energy);
  auto table = std::make_unique<InvariantTable>(beams, masses);
  auto channel = std::make_unique<TreeChannel>("flat", flat_tree(bounds), beams, bounds, *table);
  return {bounds, std::move(table), std::move(channel), beams, masses};
}
Made lab_channel(const Topology& clusters, const Beams& beams, const Masses& masses, const Cuts& cuts = {}) {
  const CutBounds bounds(cuts, beams.incoming(), masses, beams.energy);
  auto table = std::make_unique<InvariantTable>(beams, masses);
  auto channel = std::make_unique<LabChannel>("lab", lab_tree(clusters, beams, bounds), beams, bounds, *table);
  return {bounds, std::move(table), std::move(channel), beams, masses};
}

// Every kind of channel, decays included.
std::vector<Made> all_kinds(std::size_t n) {
  std::vector<Made> made;
  const Masses light(n, 0.0), heavy = first({80, 10, 173, 5, 40, 20}, n);
  const Beams hadrons{Beams::Kind::hadrons, 13000, 0, 0}, partons{Beams::Kind::partons, 1000, 0, 0},
      massive{Beams::Kind::partons, 1000, 91, 10}, decay{Beams::Kind::decay, 700, 0, 0};
  for (const Topology& t : test::topologies(n, 2, kWide))
    for (const Beams& beams : {hadrons, partons, massive}) made.push_back(tree_channel(t, beams, heavy));
  for (const Topology& t : test::topologies(n, 1, kWide)) {
    made.push_back(tree_channel(t, decay, heavy));
    made.push_back(tree_channel(t, decay, light));
  }
  for (const Beams& beams : {hadrons, partons, massive, decay}) made.push_back(flat_channel(beams, heavy));
  made.push_back(lab_channel({}, hadrons, heavy));
  if (n > 2) made.push_back(lab_channel({{{0b1100, 300, 10, 1}}}, hadrons, heavy));
  return made;
}

TEST(Channel, MomentaAreOnShellAndBalance) {
  on_every_target([] {
    for (std::size_t n = 2; n <= 6; ++n)
      for (const Made& c : all_kinds(n)) {
        Arena arena;
        const std::size_t events = 61, incoming = c.beams.incoming();
        const Batch y = uniform_points(arena, c.channel->dim(), events, 1);
        ASSERT_EQ(c.channel->dim(), 3 * n - (c.beams.kind == Beams::Kind::hadrons ? 2 : 4));
        const auto points = PhaseSpacePoints::take(arena, incoming + n, events);
        c.channel->forward(y, points);
        for (std::size_t e = 0; e < events; ++e) {
          if (points.jacobian[e] == 0) continue;
          auto p = [&](std::size_t l, std::size_t mu) { return points.momenta.component(l, mu)[e]; };
          double energy = 0;
          for (std::size_t l = 0; l < incoming; ++l) energy += p(l, 0);
          for (std::size_t mu = 0; mu < 4; ++mu) {
            double sum = 0;
            for (std::size_t l = 0; l < incoming + n; ++l) sum += (l < incoming ? 1 : -1) * p(l, mu);
            ASSERT_NEAR(sum, 0, 1e-11 * energy) << n << " " << c.channel->name();
          }
          for (std::size_t i = 0; i < n; ++i) {
            const double e2 = p(incoming + i, 0) * p(incoming + i, 0);
            double m2 = e2;
            for (std::size_t mu = 1; mu < 4; ++mu) m2 -= p(incoming + i, mu) * p(incoming + i, mu);
            ASSERT_NEAR(m2, c.masses[i] * c.masses[i], 1e-14 * e2);
          }
          if (c.beams.kind == Beams::Kind::hadrons) {
            ASSERT_NEAR(points.x_a[e] * points.x_b[e] * 1.69e8, points.s_hat[e], 1e-12 * points.s_hat[e]);
          }
        }
      }
  });
}

// The densities of forward, inverse and density are one, and coordinates come back. Rounding is seen through the map:
// its condition number is measured, by moving each component of the momenta, and each invariant between the two, by
// 1e-9 of itself.
TEST(Channel, InverseOfForwardIsTheIdentity) {
  double worst = 0, largest = 0;
  for (std::size_t n = 2; n <= 6; ++n)
    for (const Made& c : all_kinds(n)) {
      Arena arena;
      const std::size_t events = 200, incoming = c.beams.incoming(), dim = c.channel->dim();
      const Batch y = uniform_points(arena, dim, events, 2), back = Batch::take(arena, dim, events);
      const Batch moved = Batch::take(arena, dim, events);
      const auto points = PhaseSpacePoints::take(arena, incoming + n, events);
      const auto density = arena.take<double>(events), moved_density = arena.take<double>(events);
      c.channel->forward(y, points);
      c.channel->inverse(points.momenta, back, density);
      const Batch table = Batch::take(arena, c.table->rows(), events);
      const Batch shifted_table = Batch::take(arena, c.table->rows(), events);
      const auto table_density = arena.take<double>(events);
      c.table->evaluate(points, table, arena);
      std::vector<double> condition(events, 1.0);
      const Momenta shifted = Momenta::take(arena, incoming + n, events);
      std::mt19937_64 random(3);
      std::uniform_real_distribution<double> u(-1e-9, 1e-9);
      for (int trial = 0; trial < 16; ++trial) {
        for (std::size_t l = 0; l < incoming + n; ++l)
          for (std::size_t mu = 0; mu < 4; ++mu)
            for (std::size_t e = 0; e < events; ++e)
              shifted.component(l, mu)[e] = points.momenta.component(l, mu)[e] * (1 + u(random));
        c.channel->inverse(shifted, moved, moved_density);
        for (std::size_t r = 0; r < table.dim; ++r)
          for (std::size_t e = 0; e < events; ++e) shifted_table.row(r)[e] = table.row(r)[e] * (1 + u(random));
        c.channel->density(points, shifted_table, table_density);
        for (std::size_t e = 0; e < events; ++e) {
          for (std::size_t d = 0; d < dim; ++d) {
            double step = std::abs(moved.row(d)[e] - back.row(d)[e]);
            step = std::min(step, std::abs(1 - step));  // an azimuth may go round
            condition[e] = std::max(condition[e], step / 1e-9);
          }
          for (const double other : {moved_density[e], table_density[e]})
            condition[e] = std::max(condition[e], std::abs(std::log(other / density[e])) / 1e-9);
        }
      }
      for (std::size_t e = 0; e < events; ++e) {
        if (points.jacobian[e] == 0 || !std::isfinite(condition[e])) continue;
        const double allowed = 100 * 2.3e-16 * condition[e];
        for (std::size_t d = 0; d < dim; ++d) {
          double gap = std::abs(back.row(d)[e] - y.row(d)[e]);
          gap = std::min(gap, std::abs(1 - gap));
          ASSERT_LE(gap, allowed) << n << " " << c.channel->name() << " coordinate " << d << " condition "
                                  << condition[e];
          worst = std::max(worst, gap);
        }
        ASSERT_NEAR(density[e] * points.jacobian[e], 1, allowed + 1e-12);
        largest = std::max(largest, condition[e]);
      }
      // the density alone
      c.channel->density(points, table, moved_density);
      for (std::size_t e = 0; e < events; ++e)
        if (points.jacobian[e] > 0) {
          ASSERT_NEAR(moved_density[e] * points.jacobian[e], 1, 100 * 2.3e-16 * condition[e] + 1e-12);
        }
    }
  std::cout << "largest distance " << worst << ", largest condition number " << largest << "\n";
}

// Phi_n(M) = integral dM'^2 / (2 pi) Phi_2(M; m_1, M') Phi_{n-1}(M'), Phi_2 = |p| / (4 pi M), by Gauss-Legendre in the
// root of M' - sum m, where the integrand is smooth at both ends.
double volume(double mass, const Masses& m, std::size_t from = 0) {
  const std::size_t n = m.size() - from;
  if (n == 2) return two_body_momentum(mass, m[from], m[from + 1]) / (4 * kPi * mass);
  static const double x[] = {0.0950125098376374, 0.2816035507792589, 0.4580167776572274, 0.6178762444026438,
                             0.7554044083550030, 0.8656312023878318, 0.9445750230732326, 0.9894009349916499};
  static const double w[] = {0.1894506104550685, 0.1826034150449236, 0.1691565193950025, 0.1495959888165767,
                             0.1246289712555339, 0.0951585116824928, 0.0622535239386479, 0.0271524594117541};
  double low = 0, sum = 0;
  for (std::size_t i = from + 1; i < m.size(); ++i) low += m[i];
  const double range = mass - m[from] - low;
  for (int i = 0; i < 16; ++i) {
    const double t = 0.5 * (1 + (i < 8 ? -x[i] : x[i - 8])), weight = 0.5 * w[i % 8];
    // M' = low + range t^2 (3 - 2 t): its derivative vanishes at both ends
    const double inner = low + range * t * t * (3 - 2 * t);
    sum += weight * range * 6 * t * (1 - t) * 2 * inner / (2 * kPi) * two_body_momentum(mass, m[from], inner) /
           (4 * kPi * mass) * volume(inner, m, from + 1);
  }
  return sum;
}

double massless_volume(double s, std::size_t n) {
  double v = std::pow(2 * kPi, 4 - 3.0 * static_cast<double>(n)) * std::pow(kPi / 2, n - 1) * std::pow(s, n - 2);
  for (std::size_t i = 2; i < n; ++i) v /= static_cast<double>(i * (i - 1));
  return v;
}

TEST(Channel, TheQuadratureOfVolumesIsRight) {
  for (std::size_t n = 2; n <= 6; ++n)
    EXPECT_NEAR(volume(500, Masses(n, 0.0)) / massless_volume(250000, n), 1, 1e-6) << n;
}

// Of f, by VEGAS.
class Volume : public Integrand {
 public:
  using Function = std::function<double(const PhaseSpacePoints&, std::size_t)>;
  Volume(const Made& c, Function f) : c_(c), f_(std::move(f)) {}
  std::size_t dim() const override { return c_.channel->dim(); }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return c_.channel->name(); }
  void evaluate(std::size_t, const Batch& y, const Evaluation& out, Arena& arena) const override {
    const auto points = PhaseSpacePoints::take(arena, c_.beams.incoming() + c_.masses.size(), y.size);
    c_.channel->forward(y, points);
    for (std::size_t e = 0; e < y.size; ++e)
      out.weight[e] = points.jacobian[e] > 0 ? points.jacobian[e] * (f_ ? f_(points, e) : 1) : 0;
  }

 private:
  const Made& c_;
  Function f_;
};

Integral integrate(const Made& c, double accuracy, const Volume::Function& f = {}) {
  const Volume volume(c, f);
  IntegratorConfig config;
  config.accuracy = accuracy;
  config.adaptation_points = 20'000;
  config.minimum_points = 40'000;
  config.maximum_points = 20'000'000;
  const Integrator integrator(volume, config);
  IntegratorState state = integrator.initial_state();
  integrator.integrate(state, [](const IntegratorState&) {});
  return total(state);
}

void expect_volume(const Made& c, double expected, double accuracy) {
  const Integral v = integrate(c, accuracy);
  // two-sided false alarm below 1e-6 a comparison at 5 sigma
  EXPECT_NEAR(v.value, expected, 5 * v.error) << c.channel->name() << " of " << c.masses.size();
  EXPECT_LE(v.error, accuracy * v.value) << c.channel->name() << " of " << c.masses.size();
}

class VolumeOf : public testing::TestWithParam<std::size_t> {};

// Wide resonances, and lines without a mass between massive particles.
TEST_P(VolumeOf, EveryTopology) {
  const std::size_t n = GetParam();
  const Beams partons{Beams::Kind::partons, 1000, 0, 0}, decay{Beams::Kind::decay, 1000, 0, 0};
  const Masses heavy = first({80, 10, 173, 5, 40, 20}, n), light(n, 0.0);
  const double expected = volume(1000, heavy);
  for (const auto& lines : {kWide, {{0.0, 0.0}, {150, 100}}})
    for (const Topology& t : test::topologies(n, 2, lines))
      expect_volume(tree_channel(t, partons, heavy), expected, 1e-3);
  for (const Topology& t : test::topologies(n, 1, kWide)) {
    expect_volume(tree_channel(t, decay, heavy), expected, 1e-3);
    expect_volume(tree_channel(t, decay, light), massless_volume(1e6, n), 1e-3);
  }
  // beams with masses reach t > 0
  const Beams massive{Beams::Kind::partons, 1000, 200, 150};
  for (const Topology& t : test::topologies(n, 2, {{220, 100}}))
    if (n < 5) expect_volume(tree_channel(t, massive, heavy), expected, 1e-3);
  expect_volume(flat_channel(partons, heavy), expected, 1e-3);
}
INSTANTIATE_TEST_SUITE_P(Channel, VolumeOf, testing::Values(2, 3, 4, 5, 6));

TEST(Channel, RamboIsFlatForMasslessParticles) {
  for (std::size_t n = 2; n <= 6; ++n) {
    const Made c = flat_channel({Beams::Kind::partons, 1000, 0, 0}, Masses(n, 0.0));
    Arena arena;
    const Batch y = uniform_points(arena, c.channel->dim(), 1000, 5);
    const auto points = PhaseSpacePoints::take(arena, 2 + n, 1000);
    c.channel->forward(y, points);
    for (std::size_t e = 0; e < 1000; ++e) ASSERT_NEAR(points.jacobian[e] / massless_volume(1e6, n), 1, 1e-9) << n;
  }
}

// All kinds agree on a hadronic integral with cuts and a steep integrand.
TEST(Channel, HadronicIntegralsAgree) {
  for (std::size_t n = 2; n <= 4; ++n) {
    const Beams hadrons{Beams::Kind::hadrons, 13000, 0, 0};
    const Masses masses = first({0, 80, 0, 173}, n);
    std::vector<Cut> list;
    for (int l = 2; l < static_cast<int>(2 + n); ++l)
      if (masses[static_cast<std::size_t>(l - 2)] == 0) list.push_back({"pt", Observable::pt, {{l}}, 30});
    const Cuts cuts(list);
    auto f = [&](const PhaseSpacePoints& points, std::size_t e) {
      double value = std::pow(points.s_hat[e], -1.5) / points.x_a[e] / points.x_b[e] * (1 - points.x_a[e]);
      value *= std::pow(points.s_hat[e], 2.0 - static_cast<double>(n));
      for (std::size_t i = 0; i < n; ++i) {
        const double pt = std::hypot(points.momenta.component(2 + i, 1)[e], points.momenta.component(2 + i, 2)[e]);
        if (masses[i] == 0 && pt < 30) return 0.0;
        value /= 1 + pt * pt / 1e4;
      }
      return value;
    };
    const Integral reference = integrate(flat_channel(hadrons, masses, cuts), 3e-3, f);
    std::vector<Made> made;
    for (const Topology& t : test::topologies(n, 2, kWide)) made.push_back(tree_channel(t, hadrons, masses, cuts));
    made.push_back(lab_channel({}, hadrons, masses, cuts));
    if (n > 2) made.push_back(lab_channel({{{0b1100, 300, 100, 1}}}, hadrons, masses, cuts));
    for (const Made& c : made) {
      const Integral v = integrate(c, 3e-3, f);
      EXPECT_NEAR(v.value, reference.value, 5 * std::hypot(v.error, reference.error)) << n << c.channel->name();
    }
  }
}

}  // namespace
}  // namespace thalweg
