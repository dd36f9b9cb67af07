// Kernel. Bound: multiply-adds of the network, 1 + dim passes a point forward and twice as many for the gradient; the
// determinant's dim^3 are below a hundredth of that for dim = 5.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thalweg/flow/ann_kernel.cpp"
#include "thalweg/flow/ann_kernel.h"

#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/random.h"

// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include "thalweg/flow/ann_backward-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

void Pass(const AnnLayout& layout, const float* p, double* x, AnnTape& tape) {
  prepare_inputs(layout.config, x, tape);
  network(layout, p, tape);
  outputs(layout, x, tape);
}

void PathBackward(const AnnLayout& layout, const float* p, const double* by_log_jacobian, const double* by_image,
                  AnnTape& tape, float* gradient) {
  const D d;
  use_regular_points(by_log_jacobian, 1, tape);
  for (std::size_t i = 0; i < layout.config.dim; ++i)
    for (std::size_t e = 0; e < kTile; e += kDoubleLanes) {
      const std::size_t at = i * kTile + e;
      VD by_z = hn::Mul(hn::Load(d, tape.by_det.data() + e), hn::Load(d, tape.curvature_z.data() + at));
      if (by_image)
        by_z = hn::MulAdd(hn::Load(d, by_image + at), hn::Exp(d, hn::Load(d, tape.log_slope_z.data() + at)), by_z);
      hn::Store(by_z, d, tape.adjoint.data() + at);
    }
  output_deltas(layout, tape);
  network_backward(layout, p, false, tape, gradient);
}

// At fixed z the network's outputs move u by -T^-1 dN, and log g = -log|det T(u)| + sum_i log SC_p'(u_i) + const with
// it.
void DensityBackward(const AnnLayout& layout, const float* p, const double* factor, AnnTape& tape, float* gradient) {
  const std::size_t dim = layout.config.dim;
  const D d;
  use_regular_points(factor, -1, tape);
  std::fill(tape.adjoint.begin(), tape.adjoint.end(), 0.0);
  output_deltas(layout, tape);
  network_backward(layout, p, true, tape, gradient);
  for (std::size_t e = 0; e < kTile; e += kDoubleLanes) {
    const VD c = hn::Load(d, tape.by_det.data() + e);
    const auto used = hn::Ne(c, constant(0));
    for (std::size_t i = 0; i < dim; ++i) {
      VD sum = constant(0);
      for (std::size_t k = 0; k < dim; ++k) {
        const VD by_u = hn::NegMulAdd(c, hn::Load(d, tape.curvature_u.data() + k * kTile + e),
                                      hn::Load(d, tape.adjoint.data() + k * kTile + e));
        sum = hn::NegMulAdd(hn::Load(d, tape.inverse.data() + (k * dim + i) * kTile + e), by_u, sum);
      }
      store_float(hn::IfThenElse(used, sum, constant(0)), tape.delta.data() + i * kTile + e);
    }
  }
  value_backward(layout, p, tape, gradient);
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {

HWY_EXPORT(Pass);
HWY_EXPORT(PathBackward);
HWY_EXPORT(DensityBackward);

AnnLayout::AnnLayout(const AnnConfig& c) : config(c) {
  if (c.dim < 1 || c.dim > kMaxAnnDim)
    request_error("a fully connected map needs 1 to {} dimensions, not {}; use sampler = \"neural\"", kMaxAnnDim,
                  c.dim);
  layers = add_layers(c.dim, c.hidden, c.dim, c.layers, sizes);
  place_biases(layers, sizes);
}

AlignedVector<float> initial_parameters(const AnnLayout& layout, std::uint64_t seed) {
  AlignedVector<float> parameters(layout.sizes.parameters());
  RandomStream random({seed, Phase::initialisation, 0, 0});
  for (const LinearLayer& layer : layout.layers) {
    const double range = std::sqrt(6 / static_cast<double>(layer.in + layer.out));
    for (std::size_t o = 0; o < layer.out; ++o)
      for (std::size_t i = 0; i < layer.in; ++i)
        parameters[layer.weights + o * layer.stride + i] = static_cast<float>(range * (2 * random.next() - 1));
  }
  const LinearLayer& last = layout.layers.back();
  for (std::size_t o = 0; o < last.out; ++o) parameters[last.bias + o] = 0.5F;
  return parameters;
}

AnnTape::AnnTape(const AnnLayout& layout, bool gradient) : gradient_(gradient) {
  const std::size_t dim = layout.config.dim;
  for (auto* rows : {&u, &z, &log_slope_u, &log_slope_z, &curvature_u, &curvature_z, &adjoint})
    rows->resize(dim * kFlowTile);
  log_jacobian.resize(kFlowTile);
  sign.resize(kFlowTile);
  by_det.resize(kFlowTile);
  tangent_rows = layout.sizes.widest;
  const std::size_t wide = tangent_rows * kFlowTile;
  rows_.resize(gradient ? layout.layers.size() + 1 : 3);
  for (std::size_t l = 0; l < rows_.size(); ++l) {
    rows_[l].value.resize(wide);
    if (l == 0) continue;
    for (auto* rows : {&rows_[l].slope, &rows_[l].ratio}) rows->resize(wide);
    rows_[l].tangent.resize(dim * wide);
  }
  if (!gradient) return;
  inverse.resize(dim * dim * kFlowTile);
  for (auto* rows : {&delta, &delta_next}) rows->resize(wide);
  for (auto* rows : {&delta_tangent, &delta_tangent_next}) rows->resize(dim * wide);
}

void ann_tile(const AnnLayout& layout, const float* parameters, double* x, AnnTape& tape) {
  HWY_DYNAMIC_DISPATCH(Pass)(layout, parameters, x, tape);
}

void ann_tile_backward(const AnnLayout& layout, const float* parameters, const double* by_log_jacobian,
                       const double* by_image, AnnTape& tape, float* gradient) {
  HWY_DYNAMIC_DISPATCH(PathBackward)(layout, parameters, by_log_jacobian, by_image, tape, gradient);
}

void ann_tile_density_backward(const AnnLayout& layout, const float* parameters, const double* factor, AnnTape& tape,
                               float* gradient) {
  HWY_DYNAMIC_DISPATCH(DensityBackward)(layout, parameters, factor, tape, gradient);
}

}  // namespace thalweg
#endif
