// Prints a fully connected map, points, images, log-determinants and the gradient of
// sum_e (by_log_jacobian_e log|det J_e| + by_image_e . y_e) as JSON: for a second opinion by another library.
// Arguments: the activation, the inputs.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "thalweg/flow/ann_map.h"

using namespace thalweg;

int main(int, char** argv) {
  const AnnConfig config{.dim = 5,
                         .hidden = 20,
                         .layers = 4,
                         .activation = activation_named(argv[1]),
                         .clip = 20,
                         .inputs = argv[2] == kAnnInputNames[1] ? AnnInputs::stretched : AnnInputs::cube};
  AnnMap map(config, 1);
  std::mt19937_64 random(1);
  std::normal_distribution<float> normal(0, 0.02F);
  std::uniform_real_distribution<double> uniform(0, 1);
  nlohmann::json json{
      {"clip", config.clip}, {"leaky_slope", kLeakySlope}, {"activation", argv[1]}, {"inputs", argv[2]}};
  for (const LinearLayer& layer : map.layout().layers) {
    for (std::size_t o = 0; o < layer.out; ++o) {
      for (std::size_t i = 0; i < layer.in; ++i)
        map.parameters()[layer.weights + o * layer.stride + i] += normal(random);
      map.parameters()[layer.bias + o] += normal(random);
    }
    json["layers"].push_back({{"weights", layer.weights},
                              {"stride", layer.stride},
                              {"in", layer.in},
                              {"out", layer.out},
                              {"bias", layer.bias}});
  }
  AlignedVector<double> x(config.dim * kFlowTile), by_image(config.dim * kFlowTile), by_log_jacobian(kFlowTile);
  for (double& v : x) v = 0.02 + 0.96 * uniform(random);
  for (double& v : by_image) v = uniform(random) - 0.5;
  for (double& v : by_log_jacobian) v = uniform(random);
  auto list = [](const auto& v) { return std::vector<double>(v.begin(), v.end()); };
  json["x"] = list(x);  // [dim][64]
  json["by_image"] = list(by_image);
  json["parameters"] = list(map.parameters());
  AnnTape tape(map.layout(), true);
  ann_tile(map.layout(), map.parameters().data(), x.data(), tape);
  // The gradient goes as 1 / det, and so does the rounding of the floats that det is made of: few digits would be left
  // of the sum with points where it is smaller than elsewhere by e^4 and more.
  for (std::size_t e = 0; e < kFlowTile; ++e)
    if (tape.log_jacobian[e] < -15) by_log_jacobian[e] = 0;
  json["by_log_jacobian"] = list(by_log_jacobian);
  json["y"] = list(x);
  json["log_jacobian"] = list(tape.log_jacobian);
  AlignedVector<float> gradient(map.parameters().size());
  ann_tile_backward(map.layout(), map.parameters().data(), by_log_jacobian.data(), by_image.data(), tape,
                    gradient.data());
  json["gradient"] = list(gradient);
  std::puts(json.dump().c_str());
}
