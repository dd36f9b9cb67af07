// Kernel. Bound: multiply-adds of the networks; splines take 30 to 45 % of the time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thalweg/flow/coupling_kernel.cpp"
#include "thalweg/flow/coupling_kernel.h"

// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include "thalweg/flow/layers_kernel-inl.h"
#include "thalweg/flow/spline_kernel-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

void forward_network(const FlowLayout& layout, const CouplingBlock& block, const float* p, std::size_t condition,
                     const double* x, FlowTape::Block& tape) {
  for (std::size_t i = 0; i < block.conditioning.size(); ++i) {
    const double* from = x + block.conditioning[i] * kFlowTile;
    float* to = tape.rows[0].data() + i * kFlowTile;
    for (std::size_t e = 0; e < kFlowTile; ++e) to[e] = static_cast<float>(2 * from[e] - 1);
  }
  forward_layers(layout.config.activation, block.layers, p, condition * layout.sizes.biases, tape);
}

void Pass(Direction direction, const FlowLayout& layout, const float* p, std::size_t condition, double* x,
          double* log_density, FlowTape& tape) {
  for (std::size_t e = 0; e < kFlowTile; ++e) log_density[e] = 0;
  const std::size_t n = layout.blocks.size();
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t b = direction == Direction::density ? i : n - 1 - i;
    const CouplingBlock& block = layout.blocks[b];
    FlowTape::Block& t = tape.block(b);
    forward_network(layout, block, p, condition, x, t);
    spline_block(direction, tape.gradient(), layout.config.bins, block, x, log_density, t);
  }
}

void Backward(const FlowLayout& layout, const float* p, const double* factor, FlowTape& tape, float* gradient) {
  std::fill(tape.adjoint.begin(), tape.adjoint.end(), 0.0);
  for (std::size_t b = layout.blocks.size(); b-- > 0;) {  // latent end first
    const CouplingBlock& block = layout.blocks[b];
    FlowTape::Block& t = tape.block(b);
    spline_block_backward(layout.config.bins, block, factor, t, tape.adjoint.data(), tape.delta.data());
    const float* delta = backward_layers(layout.config.activation, block.layers, p, t, true, tape.delta.data(),
                                         tape.delta_next.data(), gradient);
    for (std::size_t i = 0; i < block.conditioning.size(); ++i) {
      double* to = tape.adjoint.data() + block.conditioning[i] * kFlowTile;
      const float* from = delta + i * kFlowTile;
      for (std::size_t e = 0; e < kFlowTile; ++e) to[e] += 2 * static_cast<double>(from[e]);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {

HWY_EXPORT(Pass);
HWY_EXPORT(Backward);

FlowTape::FlowTape(const FlowLayout& layout, bool gradient)
    : delta(layout.sizes.widest * kFlowTile),
      delta_next(layout.sizes.widest * kFlowTile),
      adjoint(layout.config.dim * kFlowTile),
      gradient_(gradient) {
  std::size_t features = 0;
  for (const CouplingBlock& b : layout.blocks) features = std::max(features, b.transformed.size());
  for (std::size_t b = 0; b < (gradient ? layout.blocks.size() : 1); ++b) {
    Block block;
    for (std::size_t l = 0; l < layout.blocks[b].layers.size(); ++l) {
      // Padding rows stay zero. Blocks differ in shape; one that serves all needs the largest.
      std::size_t in = 0, out = 0;
      for (const CouplingBlock& other : layout.blocks) {
        in = std::max(in, other.layers[l].stride);
        out = std::max(out, other.layers[l].out);
      }
      if (l == 0) block.rows.emplace_back(in * kFlowTile);
      block.rows.emplace_back((out + 3) / 4 * 4 * kFlowTile);
      if (layout.config.activation == Activation::silu && l + 1 < layout.config.layers)
        block.slopes.emplace_back(out * kFlowTile);
    }
    block.spline.resize(features * kSplineDoubles * kFlowTile);
    block.bins.resize(features * kSplineFloats * kFlowTile);
    blocks_.push_back(std::move(block));
  }
}

void flow_tile(Direction direction, const FlowLayout& layout, const float* parameters, std::size_t condition, double* x,
               double* log_density, FlowTape& tape) {
  HWY_DYNAMIC_DISPATCH(Pass)(direction, layout, parameters, condition, x, log_density, tape);
}

void flow_tile_backward(const FlowLayout& layout, const float* parameters, const double* factor, FlowTape& tape,
                        float* gradient) {
  HWY_DYNAMIC_DISPATCH(Backward)(layout, parameters, factor, tape, gradient);
}

}  // namespace thalweg
#endif
