#include "thalweg/sampling/foam.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "thalweg/base/errors.h"
#include "thalweg/base/json_reader.h"
#include "thalweg/sampling/foam_builder.h"
#include "thalweg/sampling/foam_cell.h"
#include "thalweg/sampling/vegas.h"
#include "two_peaks.h"

namespace thalweg {
namespace {

// Cells cut at random, some of them a thousand times narrower than others.
Foam random_foam(std::size_t dim, std::size_t cells, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> u(0, 1);
  Foam foam(dim);
  while (foam.cells() < cells) {
    const auto cell = random() % foam.cells(), d = random() % dim;
    const double part = u(random) < 0.3 ? 1e-3 : 0.1 + 0.8 * u(random);
    foam.split(cell, d, foam.low(cell)[d] + part * (foam.high(cell)[d] - foam.low(cell)[d]));
  }
  std::vector<double> probability;
  for (std::size_t c = 0; c < cells; ++c) probability.push_back(std::exp(4 * u(random)));
  foam.set_probabilities(probability);
  return foam;
}

Batch uniform(Arena& arena, std::size_t dim, std::size_t n, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> u(0, 1);
  const Batch batch = Batch::take(arena, dim, n);
  for (std::size_t d = 0; d < dim; ++d)
    for (std::size_t e = 0; e < n; ++e) batch.row(d)[e] = u(random);
  return batch;
}

TEST(Foam, OneCellIsTheIdentity) {
  Arena arena;
  const Foam foam(3);
  const Batch in = uniform(arena, 3, 50, 1), out = Batch::take(arena, 3, 50);
  const auto log_jacobian = arena.take<double>(50);
  foam.forward(in, out, log_jacobian);
  for (std::size_t e = 0; e < 50; ++e) {
    EXPECT_EQ(log_jacobian[e], 0);
    for (std::size_t d = 0; d < 3; ++d) EXPECT_EQ(out.row(d)[e], in.row(d)[e]);
  }
}

TEST(Foam, InverseUndoesForwardAndJacobiansMultiplyToOne) {
  for (const std::size_t dim : {1, 2, 5, 30}) {
    Arena arena;
    const Foam foam = random_foam(dim, 200, 7);
    const Batch in = uniform(arena, dim, 2000, 2), out = Batch::take(arena, dim, 2000),
                back = Batch::take(arena, dim, 2000);
    const auto there = arena.take<double>(2000), again = arena.take<double>(2000);
    foam.forward(in, out, there);
    foam.inverse(out, back, again);
    for (std::size_t e = 0; e < 2000; ++e) {
      EXPECT_NEAR(there[e] + again[e], 0, 1e-12);
      // Sides of the cells go down to about 1e-9 of the cube: that much of the 16 digits is lost.
      for (std::size_t d = 0; d < dim; ++d) EXPECT_NEAR(back.row(d)[e], in.row(d)[e], 1e-7);
    }
  }
}

TEST(Foam, DensityIsProbabilityOverVolume) {
  Arena arena;
  const Foam foam = random_foam(4, 60, 3);
  const auto probability = foam.to_json()["probability"].get<std::vector<double>>();
  double volume = 0, total = 0;
  for (std::size_t c = 0; c < foam.cells(); ++c) volume += foam.volume(c), total += probability[c];
  EXPECT_NEAR(volume, 1, 1e-12);
  const std::size_t n = 1000;
  const Batch x = uniform(arena, 4, n, 5), u = Batch::take(arena, 4, n);
  const auto log_jacobian = arena.take<double>(n);
  foam.inverse(x, u, log_jacobian);
  for (std::size_t e = 0; e < n; ++e) {
    const std::size_t c = foam.find(x, e);
    for (std::size_t d = 0; d < 4; ++d) {
      EXPECT_LE(foam.low(c)[d], x.row(d)[e]);
      EXPECT_GE(foam.high(c)[d], x.row(d)[e]);
    }
    EXPECT_NEAR(std::exp(log_jacobian[e]) / (probability[c] / total / foam.volume(c)), 1, 1e-6);
  }
}

TEST(Foam, ComesBackFromJsonBitForBit) {
  Arena arena;
  const Foam foam = random_foam(3, 40, 9), copy = Foam::from_json(foam.to_json());
  const Batch in = uniform(arena, 3, 500, 2), a = Batch::take(arena, 3, 500), b = Batch::take(arena, 3, 500);
  const auto log_a = arena.take<double>(500), log_b = arena.take<double>(500);
  foam.forward(in, a, log_a);
  copy.forward(in, b, log_b);
  for (std::size_t e = 0; e < 500; ++e) {
    EXPECT_EQ(log_a[e], log_b[e]);
    for (std::size_t d = 0; d < 3; ++d) EXPECT_EQ(a.row(d)[e], b.row(d)[e]);
  }
}

TEST(Foam, ADamagedTreeIsRefused) {
  const nlohmann::json good = random_foam(2, 5, 1).to_json();
  auto damaged = [&](auto change) {
    nlohmann::json json = good;
    change(json);
    EXPECT_THROW(Foam::from_json(json), RequestError) << json;
  };
  damaged([](auto& j) { j["splits"][0][0] = 7; });
  damaged([](auto& j) { j["splits"][1][1] = 2; });
  damaged([](auto& j) { j["splits"][0][2] = 1.5; });
  damaged([](auto& j) { j["probability"].erase(0); });
  damaged([](auto& j) { j["probability"][2] = 0.0; });
  damaged([](auto& j) { j["probability"][2] = -1.0; });
}

TEST(FoamCell, TheBestCutIsolatesACorner) {
  Foam foam(2);
  FoamCell cell;
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> u(0, 1);
  for (int i = 0; i < 2000; ++i) {
    const double x = u(random), y = u(random), row[3] = {x, y, y > 0.95 ? 10.0 : 1.0};
    cell.add(row, 2, true);
  }
  cell.cut = best_cut(cell, foam);
  EXPECT_EQ(cell.cut.d, 1u);
  EXPECT_NEAR(cell.cut.at, 0.95, 0.01);
  const FoamCell above = cut_cell(cell, foam);
  EXPECT_EQ(above.number, 1u);
  EXPECT_EQ(above.largest, 10);
  EXPECT_EQ(cell.largest, 1);
  EXPECT_NEAR(cell.volume + above.volume, 1, 1e-12);
  EXPECT_EQ(best_cut(cell, foam).gain, 0) << "all weights alike: nothing to cut";
}

// 1 with a spike in a corner that one point in 10^4 sees.
class Corner : public Integrand {
 public:
  std::size_t dim() const override { return 2; }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return "f"; }
  void evaluate(std::size_t, const Batch& y, const Evaluation& out, Arena&) const override {
    for (std::size_t e = 0; e < y.size; ++e) {
      const double r = std::hypot(y.row(0)[e], y.row(1)[e]);
      out.weight[e] = 1 + 20 * std::exp(-r / 0.005);
      set_alpha(out, 0, e, std::array{1.0});
    }
  }
};

Exploration explored(const Integrand& f, int threads, std::uint64_t cells = 60) {
  static const VegasGrid grid(2, 1);
  return explore(f, std::vector<const Mapping*>(f.maps(), &grid), std::vector<std::uint8_t>(f.channels(), 1),
                 {.seed = 5, .threads = threads, .cells = cells, .cell_points = 500});
}

TEST(Explore, RareLargeWeightsCostNoEfficiencyAnyMore) {
  const Corner f;
  const Exploration found = explored(f, 2);
  EXPECT_GT(found.efficiency, 0.8);
  // Weights of 2 10^5 points as they are drawn: the mean is the integral (to 6 standard deviations), the largest close.
  Arena arena;
  const std::size_t n = 200'000;
  const Batch z = uniform(arena, 2, n, 11), alpha = Batch::take(arena, 1, n);
  const auto log_jacobian = arena.take<double>(n), weight = arena.take<double>(n);
  found.cells[0].forward(z, z, log_jacobian);
  f.evaluate(0, z, {weight, alpha}, arena);
  double sum = 0, square = 0, largest = 0;
  for (std::size_t e = 0; e < n; ++e) {
    const double w = weight[e] * std::exp(log_jacobian[e]);
    sum += w, square += w * w, largest = std::max(largest, w);
  }
  const double mean = sum / n, error = std::sqrt((square / n - mean * mean) / n);
  const double integral = 1 + 20 * std::acos(-1.0) / 2 * 0.005 * 0.005;
  EXPECT_NEAR(mean, integral, 6 * error);
  EXPECT_GT(mean / largest, 0.7) << "it is 1 / 21 without cells";
}

TEST(Explore, CostsAboutAsManyPointsAsPredicted) {
  for (const auto& [cells, maps] : {std::pair{60UL, 1UL}, std::pair{1000UL, 1UL}, std::pair{60UL, 3UL},
                                    std::pair{300UL, 20UL}, std::pair{20UL, 60UL}}) {
    const TwoPeaks f(maps);
    const auto found = static_cast<double>(explored(f, 2, cells).evaluations);
    EXPECT_NEAR(found / exploration_points(cells, maps, 500), 1, 0.3) << cells << " cells, " << maps << " maps";
  }
}

TEST(Explore, SameBitsForAnyNumberOfThreads) {
  const TwoPeaks f(3);
  const Exploration one = explored(f, 1), three = explored(f, 3);
  EXPECT_EQ(one.evaluations, three.evaluations);
  ASSERT_EQ(one.cells.size(), 3u);
  for (std::size_t m = 0; m < 3; ++m) EXPECT_EQ(one.cells[m].to_json(), three.cells[m].to_json());
}

class Odd : public Corner {
 public:
  void evaluate(std::size_t, const Batch& y, const Evaluation& out, Arena&) const override {
    for (std::size_t e = 0; e < y.size; ++e) {
      const double x = y.row(0)[e];
      out.weight[e] = x < 0.6 ? 0 : x < 0.7 ? NAN : x < 0.8 ? -3 : 1;
      set_alpha(out, 0, e, std::array{1.0});
    }
  }
};

TEST(Explore, ZeroNegativeAndBrokenWeights) {
  const Exploration found = explored(Odd(), 1);
  EXPECT_GT(found.efficiency, 0.7);
  // No part of the cube is out of reach.
  for (const double p : found.cells[0].to_json()["probability"].get<std::vector<double>>()) EXPECT_GT(p, 0);
}

TEST(Explore, NoWeightAtAllLeavesTheIdentity) {
  class Nothing : public Corner {
    void evaluate(std::size_t, const Batch& y, const Evaluation& out, Arena&) const override {
      std::fill_n(out.weight.begin(), y.size, 0.0);
    }
  };
  const Exploration found = explored(Nothing(), 1);
  EXPECT_EQ(found.efficiency, 0);
  EXPECT_EQ(found.cells[0].cells(), 1u);
}

}  // namespace
}  // namespace thalweg
