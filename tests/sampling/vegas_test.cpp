#include "thalweg/sampling/vegas.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "thalweg/base/errors.h"
#include "thalweg/base/json_reader.h"

namespace thalweg {
namespace {

VegasGrid random_grid(unsigned seed) {
  VegasGrid grid(3, 16);
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> u(0.05, 1);
  for (std::size_t d = 0; d < 3; ++d) {
    std::vector<double> edges = {0};
    for (int k = 0; k < 16; ++k) edges.push_back(edges.back() + std::pow(u(random), 3));
    for (double& e : edges) e /= edges.back();
    edges.back() = 1;
    grid.set_edges(d, edges);
  }
  return grid;
}

Batch uniform(Arena& arena, std::size_t n) {
  const Batch z = Batch::take(arena, 3, n);
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> u(0, 1);
  for (std::size_t d = 0; d < 3; ++d)
    for (std::size_t e = 0; e < n; ++e) z.row(d)[e] = u(random);
  return z;
}

TEST(VegasGrid, InverseOfForwardIsTheIdentity) {
  const VegasGrid grid = random_grid(1);
  Arena arena;
  const Batch z = uniform(arena, 5000), x = Batch::take(arena, 3, 5000), back = Batch::take(arena, 3, 5000);
  std::vector<double> forward(5000), inverse(5000);
  grid.forward(z, x, forward);
  grid.inverse(x, back, inverse);
  for (std::size_t e = 0; e < 5000; ++e) {
    for (std::size_t d = 0; d < 3; ++d) EXPECT_NEAR(back.row(d)[e], z.row(d)[e], 1e-11);
    EXPECT_NEAR(forward[e] + inverse[e], 0, 1e-11);
  }
}

TEST(VegasGrid, TheMeanJacobianIsTheVolume) {
  const VegasGrid grid = random_grid(2);
  Arena arena;
  const std::size_t n = 200'000;
  const Batch z = uniform(arena, n), x = Batch::take(arena, 3, n);
  std::vector<double> log_jacobian(n);
  grid.forward(z, x, log_jacobian);
  double sum = 0, squares = 0;
  for (double l : log_jacobian) sum += std::exp(l), squares += std::exp(2 * l);
  const double mean = sum / n, error = std::sqrt((squares / n - mean * mean) / n);
  EXPECT_NEAR(mean, 1, 5 * error);
}

struct Variance {
  double first = 0, last = 0;
};

// Relative variance of a product of Gaussians before and after ten iterations.
Variance adapt_to_gaussians(std::size_t bins) {
  VegasGrid grid(3, bins);
  Arena arena;
  const std::size_t n = 20'000;
  const Batch z = uniform(arena, n), x = Batch::take(arena, 3, n);
  std::vector<double> log_jacobian(n), weight(n);
  double first = 0, last = 0;
  for (int iteration = 0; iteration < 10; ++iteration) {
    grid.forward(z, x, log_jacobian);
    double sum = 0, squares = 0;
    for (std::size_t e = 0; e < n; ++e) {
      double f = 1;
      for (std::size_t d = 0; d < 3; ++d) f *= std::exp(-std::pow((x.row(d)[e] - 0.3) / 0.1, 2));
      weight[e] = f * std::exp(log_jacobian[e]);
      sum += weight[e], squares += weight[e] * weight[e];
    }
    last = n * squares / (sum * sum) - 1;
    if (iteration == 0) first = last;
    std::vector<double> sums(3 * bins);
    grid.accumulate(z, weight, sums);
    grid.adapt(sums, 0.7);
  }
  return {first, last};
}

// The ansatz can represent a product; what stays is the slope within bins, which falls with their number.
TEST(VegasGrid, AdaptsToAProduct) {
  const Variance coarse = adapt_to_gaussians(32), fine = adapt_to_gaussians(64);
  EXPECT_GT(coarse.first, 20);
  EXPECT_LT(coarse.last, coarse.first / 50);
  EXPECT_LT(fine.last, coarse.last / 2);
}

TEST(VegasGrid, ZeroSumsLeaveTheGrid) {
  VegasGrid grid = random_grid(3);
  const std::vector<double> before(grid.edges(1).begin(), grid.edges(1).end());
  grid.adapt(std::vector<double>(48, 0.0), 0.7);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), grid.edges(1).begin()));
}

TEST(VegasGrid, JsonRoundTripIsExactAndChecked) {
  const VegasGrid grid = random_grid(4);
  const VegasGrid back = VegasGrid::from_json(nlohmann::json::parse(grid.to_json().dump()));
  for (std::size_t d = 0; d < 3; ++d)
    EXPECT_TRUE(std::equal(grid.edges(d).begin(), grid.edges(d).end(), back.edges(d).begin()));
  EXPECT_THROW(VegasGrid::from_json(nlohmann::json::parse("[[0, 0.7, 0.3, 1]]")), RequestError);
}

}  // namespace
}  // namespace thalweg
