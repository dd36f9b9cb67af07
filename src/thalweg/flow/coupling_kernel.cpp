// Kernel. Bound: multiply-adds of the networks; splines are about a third of the time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thalweg/flow/coupling_kernel.cpp"
#include "thalweg/flow/coupling_kernel.h"

// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
#include "thalweg/flow/linear_kernel-inl.h"
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
  for (std::size_t l = 0; l < block.layers.size(); ++l) {
    const LinearLayer& layer = block.layers[l];
    const float* bias = p + layer.bias + (l == 0 ? condition * layer.out : 0);
    multiply(p + layer.weights, layer.stride, 1, layer.out, layer.in, tape.rows[l].data(), bias,
             tape.rows[l + 1].data());
    if (l + 1 < block.layers.size())
      activate(layout.config.activation, layer.out * kFlowTile, tape.rows[l + 1].data(),
               tape.slopes.empty() ? nullptr : tape.slopes[l].data());
  }
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
    spline_block(direction, layout.config.bins, block, x, log_density, t);
  }
}

void Backward(const FlowLayout& layout, const float* p, std::size_t condition, const double* factor, FlowTape& tape,
              float* gradient) {
  std::fill(tape.adjoint.begin(), tape.adjoint.end(), 0.0);
  for (std::size_t b = layout.blocks.size(); b-- > 0;) {  // latent end first
    const CouplingBlock& block = layout.blocks[b];
    FlowTape::Block& t = tape.block(b);
    float* delta = tape.delta.data();
    float* next = tape.delta_next.data();
    spline_block_backward(layout.config.bins, block, factor, t, tape.adjoint.data(), delta);
    for (std::size_t l = block.layers.size(); l-- > 0;) {
      const LinearLayer& layer = block.layers[l];
      weight_gradient(delta, layer.out, t.rows[l].data(), layer.stride, gradient + layer.weights);
      bias_gradient(delta, layer.out, gradient + layer.bias + (l == 0 ? condition * layer.out : 0));
      if (layer.in == 0) break;
      multiply(p + layer.weights, 1, layer.stride, layer.in, layer.out, delta, nullptr, next);
      if (l > 0)
        activate_backward(layout.config.activation, layer.in * kFlowTile, t.rows[l].data(),
                          t.slopes.empty() ? nullptr : t.slopes[l - 1].data(), next);
      std::swap(delta, next);
    }
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
    : delta(layout.widest * kFlowTile),
      delta_next(layout.widest * kFlowTile),
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

void flow_tile_backward(const FlowLayout& layout, const float* parameters, std::size_t condition, const double* factor,
                        FlowTape& tape, float* gradient) {
  HWY_DYNAMIC_DISPATCH(Backward)(layout, parameters, condition, factor, tape, gradient);
}

}  // namespace thalweg
#endif
