// The network on every SIMD target: zero at the start, the plain reference, gradients.
#include "thalweg/flow/mlp.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "simd_targets.h"

namespace thalweg {
namespace {

const std::vector<MlpConfig> kShapes = {
    {.inputs = 1, .outputs = 1, .hidden = 1, .layers = 1},
    {.inputs = 7, .outputs = 3},
    {.inputs = 5, .outputs = 70, .hidden = 13, .layers = 2, .activation = Activation::elu},
    {.inputs = 33, .outputs = 6, .hidden = 30, .layers = 4, .activation = Activation::silu},
};

AlignedVector<float> random_parameters(const MlpLayout& layout) {
  AlignedVector<float> p = initial_parameters(layout, 2);
  std::mt19937_64 random(4);
  std::normal_distribution<float> normal(0, 0.3F);
  for (const LinearLayer& l : layout.layers)
    for (std::size_t o = 0; o < l.out; ++o) {
      for (std::size_t i = 0; i < l.in; ++i) p[l.weights + o * l.stride + i] += normal(random);
      p[l.bias + o] += normal(random);
    }
  return p;
}

void fill_inputs(const MlpLayout& layout, MlpTape& tape) {
  std::mt19937_64 random(5);
  std::normal_distribution<float> normal(0, 1);
  for (std::size_t i = 0; i < layout.config.inputs * kFlowTile; ++i) tape.inputs()[i] = normal(random);
}

double activate(Activation a, double x) {
  if (a == Activation::silu) return x / (1 + std::exp(-x));
  return x > 0 ? x : a == Activation::elu ? std::expm1(x) : static_cast<double>(kLeakySlope) * x;
}

// Outputs of one point, in double.
std::vector<double> reference(const MlpLayout& layout, std::span<const double> p, std::vector<double> x) {
  for (std::size_t l = 0; l < layout.layers.size(); ++l) {
    const LinearLayer& layer = layout.layers[l];
    std::vector<double> y(layer.out);
    for (std::size_t o = 0; o < layer.out; ++o) {
      y[o] = p[layer.bias + o];
      for (std::size_t i = 0; i < layer.in; ++i) y[o] += p[layer.weights + o * layer.stride + i] * x[i];
      if (l + 1 < layout.layers.size()) y[o] = activate(layout.config.activation, y[o]);
    }
    x = std::move(y);
  }
  return x;
}

std::vector<double> inputs_of(const MlpLayout& layout, MlpTape& tape, std::size_t e) {
  std::vector<double> x;
  for (std::size_t i = 0; i < layout.config.inputs; ++i) x.push_back(tape.inputs()[i * kFlowTile + e]);
  return x;
}

TEST(Mlp, OutputsAreZeroAtTheStartAndTheReferenceLater) {
  on_every_target([] {
    for (const MlpConfig& config : kShapes) {
      const MlpLayout layout(config);
      MlpTape tape(layout);
      fill_inputs(layout, tape);
      if (config.layers > 1) {
        mlp_tile(layout, initial_parameters(layout, 1).data(), 0, tape);
        for (std::size_t i = 0; i < config.outputs * kFlowTile; ++i) ASSERT_EQ(tape.outputs()[i], 0);
      }
      const AlignedVector<float> p = random_parameters(layout);
      const std::vector<double> exact(p.begin(), p.end());
      mlp_tile(layout, p.data(), 0, tape);
      for (std::size_t e = 0; e < kFlowTile; ++e) {
        const auto y = reference(layout, exact, inputs_of(layout, tape, e));
        for (std::size_t o = 0; o < y.size(); ++o) ASSERT_NEAR(tape.outputs()[o * kFlowTile + e], y[o], 1e-4);
      }
    }
  });
}

// Central differences of the reference, for a few parameters of every layer; and no gradient without delta.
TEST(Mlp, GradientMatchesFiniteDifferencesOfTheReference) {
  on_every_target([] {
    for (const MlpConfig& config : kShapes) {
      const MlpLayout layout(config);
      MlpTape tape(layout);
      fill_inputs(layout, tape);
      const AlignedVector<float> p = random_parameters(layout);
      mlp_tile(layout, p.data(), 0, tape);
      AlignedVector<float> gradient(layout.sizes.gradient());
      std::fill(tape.delta.begin(), tape.delta.end(), 0.0F);
      mlp_tile_backward(layout, p.data(), tape, gradient.data());
      for (float g : gradient) ASSERT_EQ(g, 0);
      auto factor = [](std::size_t o, std::size_t e) { return 0.1 * static_cast<double>((o + e) % 5) - 0.15; };
      for (std::size_t o = 0; o < config.outputs; ++o)
        for (std::size_t e = 0; e < kFlowTile; ++e) tape.delta[o * kFlowTile + e] = static_cast<float>(factor(o, e));
      mlp_tile_backward(layout, p.data(), tape, gradient.data());
      std::vector<double> q(p.begin(), p.end());
      auto sum = [&] {
        double s = 0;
        for (std::size_t e = 0; e < kFlowTile; ++e) {
          const auto y = reference(layout, q, inputs_of(layout, tape, e));
          for (std::size_t o = 0; o < y.size(); ++o) s += factor(o, e) * y[o];
        }
        return s;
      };
      for (const LinearLayer& l : layout.layers)
        for (const std::size_t k : {l.weights, l.weights + (l.out - 1) * l.stride + l.in - 1, l.bias + l.out / 2}) {
          const double before = q[k], h = 1e-6;
          q[k] = before + h;
          const double up = sum();
          q[k] = before - h;
          const double down = sum();
          q[k] = before;
          // Kinks of the activations within h are unlikely; floats carry 1e-7 of sums of size 10.
          ASSERT_NEAR(gradient[k], (up - down) / (2 * h), 1e-3 + 1e-4 * std::abs(gradient[k])) << k;
        }
    }
  });
}

}  // namespace
}  // namespace thalweg
