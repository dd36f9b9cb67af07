#include "thalweg/flow/flow_layout.h"

#include <algorithm>
#include <bit>

#include "thalweg/base/errors.h"

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
    request_error("coupling flow: {} = {} is out of range; expected {} to {}", what, value, least, most);
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

FlowLayout::FlowLayout(const FlowConfig& c) : config(c) {
  check("dim", c.dim, 1, 64);
  check("conditions", c.conditions, 1, 100'000);
  check("bins", c.bins, 2, 64);
  check("hidden", c.hidden, 1, 256);
  check("layers", c.layers, 1, 8);
  check("exchange_blocks", c.exchange_blocks, 1, 64);
  for (const Mask& mask : masks_of(c)) {
    CouplingBlock block{mask.conditioning, mask.transformed, {}};
    std::size_t in = block.conditioning.size();
    for (std::size_t l = 0; l < c.layers; ++l) {
      LinearLayer layer;
      layer.in = in;
      layer.out = l + 1 == c.layers ? block.transformed.size() * (3 * c.bins + 1) : c.hidden;
      layer.stride = (in + 3) / 4 * 4;
      layer.weights = parameters;
      layer.bias = layer.weights + layer.out * layer.stride;
      const std::size_t biases = layer.out * (l == 0 ? c.conditions : 1);
      parameters = (layer.bias + biases + 15) / 16 * 16;
      trainable += layer.out * layer.in + biases;
      widest = std::max({widest, layer.stride, layer.out});
      block.layers.push_back(layer);
      in = layer.out;
    }
    blocks.push_back(block);
  }
}

}  // namespace thalweg
