// A fully connected network on tiles of 64 points, activations as [feature][point], in float.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "thalweg/base/aligned.h"
#include "thalweg/flow/flow_layout.h"

namespace thalweg {

struct MlpConfig {
  std::size_t inputs = 1, outputs = 1;
  std::size_t hidden = 64, layers = 3;  // linear layers, the last one included
  Activation activation = Activation::leaky_relu;
  std::size_t conditions = 1;  // each has biases of its own
  bool operator==(const MlpConfig&) const = default;
};

struct MlpLayout {
  explicit MlpLayout(const MlpConfig& config);
  MlpConfig config;
  std::vector<LinearLayer> layers;
  LayerSizes sizes;
};

// Hidden layers uniform in +-1/sqrt(inputs) by the stream of `seed`, the last layer zero: all outputs are 0.
AlignedVector<float> initial_parameters(const MlpLayout& layout, std::uint64_t seed);

// Input of each layer and last the outputs. Padding rows stay zero.
struct LayerTape {
  std::vector<AlignedVector<float>> rows;
  std::vector<AlignedVector<float>> slopes;  // SiLU only: derivative of the activation, by hidden layer
};

class MlpTape : public LayerTape {
 public:
  explicit MlpTape(const MlpLayout& layout);
  float* inputs() { return rows.front().data(); }              // to fill: [input][64]
  const float* outputs() const { return rows.back().data(); }  // [output][64]
  AlignedVector<float> delta, delta_next;                      // delta, to fill before a backward pass: [output][64]
};

void mlp_tile(const MlpLayout& layout, const float* parameters, std::size_t condition, MlpTape& tape);
// Adds sum_e sum_o delta[o][e] d output_o(e) / d parameters to `gradient`, and uses up delta
// (LayerSizes::gradient()), whatever the condition.
void mlp_tile_backward(const MlpLayout& layout, const float* parameters, MlpTape& tape, float* gradient);

}  // namespace thalweg
