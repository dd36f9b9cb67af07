// Shape of a coupling flow: which features each block transforms, and where its network's parameters lie.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace thalweg {

class RandomStream;

inline constexpr std::size_t kFlowTile = 64;  // points that go through a network together
inline constexpr std::size_t kMaxHidden = 512, kMaxLayers = 32;

enum class Activation { leaky_relu, elu, silu };
Activation activation_named(const std::string& name);  // "leaky_relu", "elu", "silu"; RequestError otherwise
const char* name_of(Activation activation);

enum class Permutation { logarithmic, exchange };  // thesis, eq. 3.46 and Tab. A.5

struct FlowConfig {
  std::size_t dim = 1;         // 1 to 64
  std::size_t conditions = 1;  // of a point, such as its channel: each has biases of its own in all layers
  std::size_t bins = 10;       // K of the splines, 2 to 64
  std::size_t hidden = 32;     // nodes of a hidden layer, 1 to kMaxHidden
  std::size_t layers = 4;      // linear layers of a network, 1 to kMaxLayers
  Activation activation = Activation::leaky_relu;
  Permutation permutation = Permutation::logarithmic;
  std::size_t exchange_blocks = 6;  // Permutation::exchange only
  bool operator==(const FlowConfig&) const = default;
};

// y = W x + b, W stored by rows with `stride` floats, so that rows are padded with zeros to multiples of four.
struct LinearLayer {
  std::size_t in = 0, out = 0, stride = 0;
  std::size_t weights = 0, bias = 0;  // offsets into the parameters; bias: of condition 0
};

// Of a set of networks, in floats: all weights, then all biases of condition 0, those of condition 1, ...
struct LayerSizes {
  std::size_t weights = 0, biases = 0;  // with padding; biases: of one condition
  std::size_t conditions = 1;
  std::size_t trainable_weights = 0, trainable_biases = 0;  // without
  std::size_t widest = 0;                                   // the largest number of rows of any layer
  std::size_t parameters() const { return weights + conditions * biases; }
  std::size_t trainable() const { return trainable_weights + conditions * trainable_biases; }
  // Of points under one condition: weights, and biases in the place of those of condition 0.
  std::size_t gradient() const { return weights + biases; }
};

// A network's `count` linear layers, put behind what `sizes` counts so far. RequestError for a shape out of range.
std::vector<LinearLayer> add_layers(std::size_t in, std::size_t hidden, std::size_t out, std::size_t count,
                                    LayerSizes& sizes);
// Moves biases behind all weights, when all networks are there.
void place_biases(std::vector<LinearLayer>& layers, const LayerSizes& sizes);
// All but the last layer uniform in +-1/sqrt(inputs), biases of the conditions nearly alike.
void draw_hidden_layers(const std::vector<LinearLayer>& layers, const LayerSizes& sizes, RandomStream& random,
                        std::span<float> parameters);

struct CouplingBlock {
  std::vector<std::size_t> conditioning, transformed;
  std::vector<LinearLayer> layers;
  // Parameters of a transformed feature: K widths, K heights, K + 1 derivatives.
  std::size_t outputs() const { return layers.back().out; }
};

// Blocks in the order data -> latent. Dimension 1 has one block with no input.
struct FlowLayout {
  explicit FlowLayout(const FlowConfig& config);  // RequestError for a shape out of range
  FlowConfig config;
  std::vector<CouplingBlock> blocks;
  LayerSizes sizes;
};

// Floors of the splines; they keep the identity at zero parameters: w = (1 - K floor) softmax + floor.
inline constexpr std::size_t kMaxBins = 64;
inline constexpr double kBinFloor = 1e-5, kDerivativeFloor = 1e-4;
inline constexpr float kLeakySlope = 0.01F;

}  // namespace thalweg
