#include "thalweg/flow/flow_layout.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/random.h"

namespace thalweg {
namespace {

struct Mask {
  std::vector<std::size_t> conditioning, transformed;
};

std::vector<Mask> masks_of(const FlowConfig& c) {
  std::vector<Mask> masks;
  auto add = [&](auto transforms) {
    Mask mask;
    for (std::size_t d = 0; d < c.dim; ++d) (transforms(d) ? mask.transformed : mask.conditioning).push_back(d);
    masks.push_back(mask);
  };
  if (c.dim == 1) {
    add([](std::size_t) { return true; });
  } else if (c.permutation == Permutation::exchange) {
    for (std::size_t b = 0; b < c.exchange_blocks; ++b)
      add([&](std::size_t d) { return (d < (c.dim + 1) / 2) == (b % 2 == 1); });
  } else {
    const auto bits = static_cast<std::size_t>(std::bit_width(c.dim - 1));
    for (std::size_t b = 0; b < bits; ++b)
      for (const bool set : {false, true}) add([&](std::size_t d) { return (((d >> b) & 1) != 0) == set; });
  }
  return masks;
}

void check(const char* what, std::size_t value, std::size_t least, std::size_t most) {
  if (value < least || value > most)
    request_error("network: {} = {} is out of range; expected {} to {}", what, value, least, most);
}

}  // namespace

Activation activation_named(const std::string& name) {
  for (const Activation a : {Activation::leaky_relu, Activation::elu, Activation::silu})
    if (name == name_of(a)) return a;
  request_error("unknown activation '{}'; known: leaky_relu, elu, silu", name);
}

const char* name_of(Activation activation) {
  constexpr const char* kNames[] = {"leaky_relu", "elu", "silu"};
  return kNames[static_cast<int>(activation)];
}

std::vector<LinearLayer> add_layers(std::size_t in, std::size_t hidden, std::size_t out, std::size_t count,
                                    LayerSizes& sizes) {
  auto padded = [](std::size_t n) { return (n + 15) / 16 * 16; };
  constexpr std::size_t kMostNodes = 1'000'000;  // so that no size below overflows
  check("inputs", in, 0, kMostNodes);
  check("outputs", out, 1, kMostNodes);
  check("hidden", hidden, 1, kMaxHidden);
  check("layers", count, 1, kMaxLayers);
  std::vector<LinearLayer> layers;
  for (std::size_t l = 0; l < count; ++l) {
    LinearLayer layer;
    layer.in = in;
    layer.out = l + 1 == count ? out : hidden;
    layer.stride = (in + 3) / 4 * 4;
    layer.weights = sizes.weights;
    layer.bias = sizes.biases;
    sizes.weights += padded(layer.out * layer.stride);
    sizes.biases += padded(layer.out);
    sizes.trainable_weights += layer.out * layer.in;
    sizes.trainable_biases += layer.out;
    sizes.widest = std::max({sizes.widest, layer.stride, layer.out});
    layers.push_back(layer);
    in = layer.out;
  }
  return layers;
}

void place_biases(std::vector<LinearLayer>& layers, const LayerSizes& sizes) {
  for (LinearLayer& layer : layers) layer.bias += sizes.weights;
}

void draw_hidden_layers(const std::vector<LinearLayer>& layers, const LayerSizes& sizes, RandomStream& random,
                        std::span<float> parameters) {
  // Conditions start nearly alike, so that they learn from each other from the start; where two are exactly alike, as
  // those of two channels with equal weights, nothing would ever part them.
  constexpr float kConditionRange = 0.1F;
  for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
    const LinearLayer& layer = layers[l];
    const double range = layer.in ? 1 / std::sqrt(static_cast<double>(layer.in)) : 1;
    auto draw = [&] { return static_cast<float>(range * (2 * random.next() - 1)); };
    for (std::size_t o = 0; o < layer.out; ++o)
      for (std::size_t i = 0; i < layer.in; ++i) parameters[layer.weights + o * layer.stride + i] = draw();
    for (std::size_t o = 0; o < layer.out; ++o) {
      float* bias = parameters.data() + layer.bias + o;
      *bias = draw();
      for (std::size_t c = 1; c < sizes.conditions; ++c) bias[c * sizes.biases] = *bias + kConditionRange * draw();
    }
  }
}

FlowLayout::FlowLayout(const FlowConfig& c) : config(c) {
  check("dim", c.dim, 1, 64);
  check("conditions", c.conditions, 1, 100'000);
  check("bins", c.bins, 2, kMaxBins);
  check("exchange_blocks", c.exchange_blocks, 1, 64);
  for (const Mask& mask : masks_of(c)) {
    CouplingBlock block{mask.conditioning, mask.transformed, {}};
    block.layers =
        add_layers(block.conditioning.size(), c.hidden, block.transformed.size() * (3 * c.bins + 1), c.layers, sizes);
    blocks.push_back(block);
  }
  for (CouplingBlock& block : blocks) place_biases(block.layers, sizes);
  sizes.conditions = c.conditions;
}

}  // namespace thalweg
