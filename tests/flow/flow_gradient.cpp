// Prints a flow with random parameters, points, their log-densities and the gradient of sum_e factor_e log g(x_e) as
// JSON: for a second opinion by another library. Argument: the activation.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>

#include "thalweg/flow/coupling_flow.h"

using namespace thalweg;

int main(int, char** argv) {
  const FlowConfig config{.dim = 5, .conditions = 2, .bins = 6, .hidden = 12, .activation = activation_named(argv[1])};
  const std::size_t condition = 1;
  CouplingFlow flow(config, 1);
  std::mt19937_64 random(1);
  std::normal_distribution<float> normal(0, 0.3F);
  std::uniform_real_distribution<double> uniform(0, 1);
  nlohmann::json json{{"bins", config.bins},
                      {"bin_floor", kBinFloor},
                      {"derivative_floor", kDerivativeFloor},
                      {"leaky_slope", kLeakySlope},
                      {"activation", argv[1]}};
  for (const CouplingBlock& block : flow.layout().blocks) {
    nlohmann::json layers = nlohmann::json::array();
    for (std::size_t l = 0; l < block.layers.size(); ++l) {
      const LinearLayer& layer = block.layers[l];
      const std::size_t bias = layer.bias + condition * flow.layout().sizes.biases;
      for (std::size_t o = 0; o < layer.out; ++o) {
        for (std::size_t i = 0; i < layer.in; ++i)
          flow.parameters()[layer.weights + o * layer.stride + i] += normal(random);
        flow.parameters()[bias + o] += normal(random);
      }
      layers.push_back(
          {{"weights", layer.weights}, {"stride", layer.stride}, {"in", layer.in}, {"out", layer.out}, {"bias", bias}});
    }
    json["blocks"].push_back(
        {{"conditioning", block.conditioning}, {"transformed", block.transformed}, {"layers", layers}});
  }
  AlignedVector<double> x(config.dim * kFlowTile), log_density(kFlowTile), factor(kFlowTile);
  for (double& v : x) v = uniform(random);
  for (double& v : factor) v = uniform(random);
  json["x"] = std::vector<double>(x.begin(), x.end());  // [dim][64]
  json["factor"] = std::vector<double>(factor.begin(), factor.end());
  json["parameters"] = std::vector<float>(flow.parameters().begin(), flow.parameters().end());
  FlowTape tape(flow.layout(), true);
  AlignedVector<float> gradient(flow.parameters().size());
  flow_tile(Direction::density, flow.layout(), flow.parameters().data(), condition, x.data(), log_density.data(), tape);
  flow_tile_backward(flow.layout(), flow.parameters().data(), factor.data(), tape, gradient.data());
  json["latent"] = std::vector<double>(x.begin(), x.end());
  json["log_density"] = std::vector<double>(log_density.begin(), log_density.end());
  json["gradient"] = std::vector<float>(gradient.begin(), gradient.end());
  std::puts(json.dump().c_str());
}
