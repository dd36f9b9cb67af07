// Laws of the flow on every SIMD target of this machine: identity, inverse, the plain reference, gradients.
#include "thalweg/flow/coupling_flow.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "simd_targets.h"
#include "thalweg/base/errors.h"
#include "thalweg/flow/reference_flow.h"

namespace thalweg {
namespace {

struct Tile {
  AlignedVector<double> x, log_density;
};

Tile random_tile(std::size_t dim, unsigned seed) {
  Tile tile{AlignedVector<double>(dim * kFlowTile), AlignedVector<double>(kFlowTile)};
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> u(0, 1);
  for (double& v : tile.x) v = u(random);
  return tile;
}

CouplingFlow random_flow(const FlowConfig& config, float width, unsigned seed = 3) {
  CouplingFlow flow(config, seed);
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal(0, width);
  for (const CouplingBlock& b : flow.layout().blocks)
    for (const LinearLayer& l : b.layers) {
      for (std::size_t o = 0; o < l.out; ++o)
        for (std::size_t i = 0; i < l.in; ++i) flow.parameters()[l.weights + o * l.stride + i] += normal(random);
      for (std::size_t o = 0; o < l.out; ++o) flow.parameters()[l.bias + o] += normal(random);
    }
  return flow;
}

const std::vector<FlowConfig> kShapes = {
    {.dim = 1},
    {.dim = 2, .bins = 4, .hidden = 7, .layers = 2},
    {.dim = 4, .activation = Activation::elu},
    {.dim = 5, .conditions = 3, .hidden = 13, .activation = Activation::silu},
    {.dim = 4, .permutation = Permutation::exchange},
    {.dim = 10},
    {.dim = 30, .bins = 5, .hidden = 16, .layers = 1},
};

TEST(CouplingFlow, IsTheIdentityWhenTheLastLayersAreZero) {
  on_every_target([] {
    for (const FlowConfig& config : kShapes) {
      const CouplingFlow flow(config, 1);
      FlowTape tape(flow.layout(), false);
      for (const Direction direction : {Direction::sample, Direction::density}) {
        Tile tile = random_tile(config.dim, 5);
        const auto before = tile.x;
        flow_tile(direction, flow.layout(), flow.parameters().data(), 0, tile.x.data(), tile.log_density.data(), tape);
        for (std::size_t i = 0; i < before.size(); ++i) ASSERT_NEAR(tile.x[i], before[i], 1e-12);
        for (double l : tile.log_density) ASSERT_NEAR(l, 0, 1e-12);
      }
    }
  });
}

TEST(CouplingFlow, InverseUndoesForwardAndJacobiansMultiplyToOne) {
  on_every_target([] {
    for (const FlowConfig& config : kShapes) {
      const CouplingFlow flow = random_flow(config, 0.2F);
      FlowTape tape(flow.layout(), false);
      Tile tile = random_tile(config.dim, 6);
      const auto before = tile.x;
      AlignedVector<double> back(kFlowTile);
      const float* p = flow.parameters().data();
      flow_tile(Direction::sample, flow.layout(), p, config.conditions - 1, tile.x.data(), tile.log_density.data(),
                tape);
      flow_tile(Direction::density, flow.layout(), p, config.conditions - 1, tile.x.data(), back.data(), tape);
      // The networks see float inputs: a last-bit change of x may round to the other float, 6e-8 times slopes.
      for (std::size_t i = 0; i < before.size(); ++i) ASSERT_NEAR(tile.x[i], before[i], 1e-5);
      for (std::size_t e = 0; e < kFlowTile; ++e) ASSERT_NEAR(tile.log_density[e], back[e], 1e-4);
    }
  });
}

TEST(CouplingFlow, AgreesWithThePlainReference) {
  on_every_target([] {
    for (const FlowConfig& config : kShapes) {
      const CouplingFlow flow = random_flow(config, 0.2F);
      const std::vector<double> p(flow.parameters().begin(), flow.parameters().end());
      FlowTape tape(flow.layout(), false);
      Tile tile = random_tile(config.dim, 7);
      const auto before = tile.x;
      const std::size_t condition = config.conditions - 1;
      flow_tile(Direction::density, flow.layout(), flow.parameters().data(), condition, tile.x.data(),
                tile.log_density.data(), tape);
      for (std::size_t e = 0; e < kFlowTile; ++e) {
        std::vector<double> x;
        for (std::size_t d = 0; d < config.dim; ++d) x.push_back(before[d * kFlowTile + e]);
        const double log_density = reference_density(flow.layout(), p, condition, x);
        ASSERT_NEAR(tile.log_density[e], log_density, 2e-4) << "dim " << config.dim;
        for (std::size_t d = 0; d < config.dim; ++d) ASSERT_NEAR(tile.x[d * kFlowTile + e], x[d], 1e-5);
      }
    }
  });
}

// Gradients at fixed points against central differences of the reference, from passes in both directions.
TEST(CouplingFlow, GradientMatchesFiniteDifferencesOfTheReference) {
  on_every_target([] {
    for (const FlowConfig& config : kShapes) {
      const CouplingFlow flow = random_flow(config, 0.2F);
      const FlowLayout& layout = flow.layout();
      const std::size_t condition = config.conditions - 1;
      FlowTape tape(layout, true);
      Tile tile = random_tile(config.dim, 8);
      AlignedVector<double> factor(kFlowTile);
      for (std::size_t e = 0; e < kFlowTile; ++e) factor[e] = 0.1 + 0.01 * static_cast<double>(e % 7);
      AlignedVector<float> gradient(layout.sizes.gradient()), again(layout.sizes.gradient());
      const float* p = flow.parameters().data();
      flow_tile(Direction::sample, layout, p, condition, tile.x.data(), tile.log_density.data(), tape);
      flow_tile_backward(layout, p, factor.data(), tape, gradient.data());
      const auto points = tile.x;
      flow_tile(Direction::density, layout, p, condition, tile.x.data(), tile.log_density.data(), tape);
      flow_tile_backward(layout, p, factor.data(), tape, again.data());

      std::vector<double> q(flow.parameters().begin(), flow.parameters().end());
      auto sum = [&] {
        double total = 0;
        for (std::size_t e = 0; e < kFlowTile; ++e) {
          std::vector<double> x;
          for (std::size_t d = 0; d < config.dim; ++d) x.push_back(points[d * kFlowTile + e]);
          total += factor[e] * reference_density(layout, q, condition, x);
        }
        return total;
      };
      double size = 0;
      for (float g : gradient) size = std::max(size, std::abs(static_cast<double>(g)));
      ASSERT_GT(size, 0.01);
      auto derivative = [&](std::size_t i) {
        const double kept = q[i], step = 1e-5;
        q[i] = kept + step;
        const double up = sum();
        q[i] = kept - step;
        const double down = sum();
        q[i] = kept;
        return (up - down) / (2 * step);
      };
      const std::size_t weights = layout.sizes.weights, shift = condition * layout.sizes.biases;
      for (std::size_t i = 0; i < gradient.size(); i += 1 + gradient.size() / 40) {
        // Kinks of leaky ReLU and bin edges inside of a step: a share of one event's derivative.
        ASSERT_NEAR(static_cast<double>(gradient[i]), derivative(i < weights ? i : i + shift), 2e-3 * size)
            << "dim " << config.dim << " parameter " << i;
        ASSERT_NEAR(static_cast<double>(gradient[i]), static_cast<double>(again[i]), 1e-3 * size);
      }
      for (std::size_t i = weights; i < weights + shift; i += 7) ASSERT_EQ(derivative(i), 0) << "another condition";
    }
  });
}

TEST(CouplingFlow, EdgesOfTheCubeMapToThemselves) {
  on_every_target([] {
    const CouplingFlow flow = random_flow({.dim = 4}, 0.5F);
    FlowTape tape(flow.layout(), false);
    for (const double edge : {0.0, 1.0})
      for (const Direction direction : {Direction::sample, Direction::density}) {
        AlignedVector<double> x(4 * kFlowTile, edge), log_density(kFlowTile);
        flow_tile(direction, flow.layout(), flow.parameters().data(), 0, x.data(), log_density.data(), tape);
        for (double v : x) ASSERT_NEAR(v, edge, 1e-10);  // rounding times the slope
        for (double l : log_density) ASSERT_TRUE(std::isfinite(l));
      }
  });
}

TEST(CouplingFlow, MappingTakesAnyNumberOfPoints) {
  const CouplingFlow flow = random_flow({.dim = 3}, 0.3F);
  Arena arena;
  for (const std::size_t n : {1UL, 63UL, 64UL, 65UL, 200UL}) {
    const Batch z = Batch::take(arena, 3, n), x = Batch::take(arena, 3, n), back = Batch::take(arena, 3, n);
    std::mt19937_64 random(n);
    std::uniform_real_distribution<double> u(0, 1);
    for (std::size_t d = 0; d < 3; ++d)
      for (std::size_t e = 0; e < n; ++e) z.row(d)[e] = u(random);
    std::vector<double> there(n), here(n);
    flow.forward(z, x, there);
    flow.inverse(x, back, here);
    for (std::size_t e = 0; e < n; ++e) {
      EXPECT_NEAR(there[e] + here[e], 0, 1e-4);
      for (std::size_t d = 0; d < 3; ++d) EXPECT_NEAR(back.row(d)[e], z.row(d)[e], 1e-5);
    }
  }
}

TEST(FlowLayout, HasTheBlocksAndParametersOfTheThesis) {
  const std::size_t dims[] = {2, 4, 7, 10, 13}, blocks[] = {2, 4, 6, 8, 8};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(FlowLayout({.dim = dims[i]}).blocks.size(), blocks[i]);
  EXPECT_EQ(FlowLayout({.dim = 4, .layers = 3}).sizes.trainable(), 12'792U);
  EXPECT_EQ(FlowLayout({.dim = 10, .layers = 3}).sizes.trainable(), 50'904U);
  EXPECT_EQ(FlowLayout({.dim = 16, .layers = 3}).sizes.trainable(), 76'224U);
}

TEST(FlowLayout, RefusesShapesOutOfRange) {
  EXPECT_THROW(FlowLayout({.dim = 0}), RequestError);
  EXPECT_THROW(FlowLayout({.dim = 65}), RequestError);
  EXPECT_THROW(FlowLayout({.dim = 4, .bins = 1}), RequestError);
  EXPECT_THROW(FlowLayout({.dim = 4, .layers = 0}), RequestError);
  EXPECT_THROW(activation_named("relu"), RequestError);
}

}  // namespace
}  // namespace thalweg
