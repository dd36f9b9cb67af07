#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thalweg/flow/mlp.cpp"
#include "thalweg/flow/mlp.h"

#include "thalweg/base/errors.h"
#include "thalweg/base/random.h"

// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include "thalweg/flow/layers_kernel-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

void MlpForward(const MlpLayout& layout, const float* p, std::size_t condition, MlpTape& tape) {
  forward_layers(layout.config.activation, layout.layers, p, condition * layout.sizes.biases, tape);
}

void MlpBackward(const MlpLayout& layout, const float* p, MlpTape& tape, float* gradient) {
  backward_layers(layout.config.activation, layout.layers, p, tape, false, tape.delta.data(), tape.delta_next.data(),
                  gradient);
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {

HWY_EXPORT(MlpForward);
HWY_EXPORT(MlpBackward);

MlpLayout::MlpLayout(const MlpConfig& c) : config(c) {
  if (c.conditions < 1 || c.conditions > 100'000)
    request_error("network: conditions = {} is out of range; expected 1 to 100000", c.conditions);
  layers = add_layers(c.inputs, c.hidden, c.outputs, c.layers, sizes);
  place_biases(layers, sizes);
  sizes.conditions = c.conditions;
}

AlignedVector<float> initial_parameters(const MlpLayout& layout, std::uint64_t seed) {
  AlignedVector<float> parameters(layout.sizes.parameters());
  RandomStream random({seed, Phase::initialisation, 0, 0});
  draw_hidden_layers(layout.layers, layout.sizes, random, parameters);
  return parameters;
}

MlpTape::MlpTape(const MlpLayout& layout)
    : delta(layout.sizes.widest * kFlowTile), delta_next(layout.sizes.widest * kFlowTile) {
  rows.emplace_back(layout.layers[0].stride * kFlowTile);
  for (std::size_t l = 0; l < layout.layers.size(); ++l) {
    const std::size_t out = layout.layers[l].out;
    rows.emplace_back((out + 3) / 4 * 4 * kFlowTile);
    if (layout.config.activation == Activation::silu && l + 1 < layout.layers.size())
      slopes.emplace_back(out * kFlowTile);
  }
}

void mlp_tile(const MlpLayout& layout, const float* parameters, std::size_t condition, MlpTape& tape) {
  HWY_DYNAMIC_DISPATCH(MlpForward)(layout, parameters, condition, tape);
}

void mlp_tile_backward(const MlpLayout& layout, const float* parameters, MlpTape& tape, float* gradient) {
  HWY_DYNAMIC_DISPATCH(MlpBackward)(layout, parameters, tape, gradient);
}

}  // namespace thalweg
#endif
