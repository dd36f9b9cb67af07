// Kernel. Bound: multiply-adds of the network, 1 + dim passes a point forward and twice as many for the gradient; the
// determinant's dim^3 are below a hundredth of that for dim = 5.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thalweg/flow/ann_kernel.cpp"
#include "thalweg/flow/ann_kernel.h"

#include <cmath>
#include <utility>

#include "thalweg/base/errors.h"
#include "thalweg/base/random.h"

// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include "thalweg/flow/determinant-inl.h"
#include "thalweg/flow/layers_kernel-inl.h"
#include "thalweg/flow/soft_clip-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

constexpr std::size_t kTile = kFlowTile;

// Values in place; the slope a' and a''/a' beside them.
HWY_INLINE void activate_twice(Activation kind, std::size_t n, AnnTape::Rows& rows) {
  const F f;
  const VF zero = hn::Zero(f), one = hn::Set(f, 1.0F), two = hn::Set(f, 2.0F), leak = hn::Set(f, kLeakySlope);
  for (std::size_t i = 0; i < n; i += kLanes) {
    const VF x = hn::Load(f, rows.value.data() + i);
    VF y, slope, ratio = zero;
    if (kind == Activation::leaky_relu) {
      y = hn::Max(x, hn::Mul(leak, x));
      slope = hn::IfThenElse(hn::Gt(x, zero), one, leak);
    } else if (kind == Activation::elu) {
      const auto positive = hn::Gt(x, zero);
      y = hn::IfThenElse(positive, x, hn::Expm1(f, hn::Min(x, zero)));
      slope = hn::IfThenElse(positive, one, hn::Add(y, one));
      ratio = hn::IfThenElse(positive, zero, one);
    } else {
      const VF s = sigmoid(x), rest = hn::Sub(one, s);
      y = hn::Mul(x, s);
      slope = hn::MulAdd(hn::Mul(y, rest), one, s);
      const VF second = hn::Mul(hn::Mul(s, rest), hn::MulAdd(x, hn::Sub(rest, s), two));
      ratio = hn::IfThenElse(hn::Gt(hn::Abs(slope), hn::Set(f, 1e-30F)), hn::Div(second, slope), zero);
    }
    hn::Store(y, f, rows.value.data() + i);
    hn::Store(slope, f, rows.slope.data() + i);
    hn::Store(ratio, f, rows.ratio.data() + i);
  }
}

HWY_INLINE void scale(std::size_t n, const float* HWY_RESTRICT factor, float* HWY_RESTRICT rows) {
  const F f;
  for (std::size_t i = 0; i < n; i += kLanes)
    hn::Store(hn::Mul(hn::Load(f, factor + i), hn::Load(f, rows + i)), f, rows + i);
}

// Tangents of the first layer are its columns, the same for all points.
HWY_INLINE void first_tangents(const LinearLayer& layer, const float* p, std::size_t k, float* HWY_RESTRICT to) {
  const F f;
  for (std::size_t o = 0; o < layer.out; ++o) {
    const VF column = hn::Set(f, 2 * p[layer.weights + o * layer.stride + k]);
    for (std::size_t e = 0; e < kTile; e += kLanes) hn::Store(column, f, to + o * kTile + e);
  }
}

HWY_INLINE void prepare_inputs(const AnnConfig& c, const double* x, AnnTape& tape) {
  const VD p = constant(c.clip), log_gap = constant(std::log1p(-std::exp(-c.clip))), one = constant(1);
  const D d;
  for (std::size_t i = 0; i < c.dim * kTile; i += kDoubleLanes) {
    VD u = hn::Load(d, x + i), log_slope = constant(0), curvature = constant(0);
    if (c.inputs == AnnInputs::stretched) {
      u = soft_clip_inverse(p, u);
      soft_clip_slope(p, log_gap, u, log_slope, curvature);
    }
    hn::Store(u, d, tape.u.data() + i);
    hn::Store(log_slope, d, tape.log_slope_u.data() + i);
    hn::Store(curvature, d, tape.curvature_u.data() + i);
    store_float(hn::Sub(hn::Add(u, u), one), tape.rows(0).value.data() + i);
  }
}

HWY_INLINE void network(const AnnLayout& layout, const float* p, AnnTape& tape) {
  const std::size_t dim = layout.config.dim, last = layout.layers.size() - 1, step = tape.tangent_rows * kTile;
  for (std::size_t l = 0; l <= last; ++l) {
    const LinearLayer& layer = layout.layers[l];
    AnnTape::Rows &in = tape.rows(l), &out = tape.rows(l + 1);
    const std::size_t n = layer.out * kTile;
    multiply(p + layer.weights, layer.stride, 1, layer.out, layer.in, in.value.data(), p + layer.bias,
             out.value.data());
    if (l < last) activate_twice(layout.config.activation, n, out);
    for (std::size_t k = 0; k < dim; ++k) {
      float* tangent = out.tangent.data() + k * step;
      if (l == 0)
        first_tangents(layer, p, k, tangent);
      else
        multiply(p + layer.weights, layer.stride, 1, layer.out, layer.in, in.tangent.data() + k * step, nullptr,
                 tangent);
      if (l < last) scale(n, out.slope.data(), tangent);
    }
  }
}

HWY_INLINE void outputs(const AnnLayout& layout, double* x, AnnTape& tape) {
  const AnnConfig& c = layout.config;
  const D d;
  const VD p = constant(c.clip), log_gap = constant(std::log1p(-std::exp(-c.clip)));
  AnnTape::Rows& last = tape.rows(layout.layers.size());
  const std::size_t step = tape.tangent_rows * kTile;
  for (std::size_t e = 0; e < kTile; e += kDoubleLanes) {
    VD a[kMaxAnnDim * kMaxAnnDim], b[kMaxAnnDim * kMaxAnnDim];
    const LaneMatrix matrix{a, c.dim}, inverse{tape.gradient() ? b : nullptr, c.dim};
    VD sum = constant(0);
    for (std::size_t i = 0; i < c.dim; ++i) {
      const std::size_t at = i * kTile + e;
      const VD z = load_double(last.value.data() + at);
      VD log_slope, curvature;
      soft_clip_slope(p, log_gap, z, log_slope, curvature);
      hn::Store(z, d, tape.z.data() + at);
      hn::Store(log_slope, d, tape.log_slope_z.data() + at);
      hn::Store(curvature, d, tape.curvature_z.data() + at);
      hn::Store(soft_clip(p, z), d, x + at);
      sum = hn::Add(sum, hn::Sub(log_slope, hn::Load(d, tape.log_slope_u.data() + at)));
      for (std::size_t k = 0; k < c.dim; ++k) matrix(i, k) = load_double(last.tangent.data() + k * step + at);
    }
    VD sign;
    hn::Store(hn::Add(sum, eliminate(matrix, inverse, sign)), d, tape.log_jacobian.data() + e);
    hn::Store(sign, d, tape.sign.data() + e);
    for (std::size_t i = 0; i < c.dim * c.dim && inverse.data; ++i)
      hn::Store(b[i], d, tape.inverse.data() + i * kTile + e);
  }
}

void Pass(const AnnLayout& layout, const float* p, double* x, AnnTape& tape) {
  prepare_inputs(layout.config, x, tape);
  network(layout, p, tape);
  outputs(layout, x, tape);
}

// tape.by_det: factor, but 0 where the determinant vanishes.
HWY_INLINE void use_regular_points(const double* factor, double sign, AnnTape& tape) {
  for (std::size_t e = 0; e < kTile; ++e) tape.by_det[e] = std::isfinite(tape.log_jacobian[e]) ? sign * factor[e] : 0;
}

// Derivatives by log|det T| (tape.by_det) and z (tape.adjoint) to the deltas of the last layer.
HWY_INLINE void output_deltas(const AnnLayout& layout, AnnTape& tape) {
  const std::size_t dim = layout.config.dim, step = tape.tangent_rows * kTile;
  const D d;
  for (std::size_t e = 0; e < kTile; e += kDoubleLanes) {
    const VD c = hn::Load(d, tape.by_det.data() + e), zero = constant(0);
    const auto used = hn::Ne(c, zero);
    for (std::size_t i = 0; i < dim; ++i) {
      const std::size_t at = i * kTile + e;
      store_float(hn::Load(d, tape.adjoint.data() + at), tape.delta.data() + at);
      for (std::size_t k = 0; k < dim; ++k) {
        const VD inverse = hn::Load(d, tape.inverse.data() + (k * dim + i) * kTile + e);
        store_float(hn::IfThenElse(used, hn::Mul(c, inverse), zero), tape.delta_tangent.data() + k * step + at);
      }
    }
  }
}

// Through an activation: by h and its tangents J to those by the argument z and its tangents t = J / a'.
HWY_INLINE void activation_deltas(std::size_t n, std::size_t dim, std::size_t step, const AnnTape::Rows& rows,
                                  float* HWY_RESTRICT delta, float* HWY_RESTRICT tangents) {
  const F f;
  for (std::size_t i = 0; i < n; i += kLanes) {
    const VF slope = hn::Load(f, rows.slope.data() + i);
    VF sum = hn::Zero(f);
    for (std::size_t k = 0; k < dim; ++k) {
      float* by_tangent = tangents + k * step + i;
      const VF t = hn::Load(f, by_tangent);
      sum = hn::MulAdd(t, hn::Load(f, rows.tangent.data() + k * step + i), sum);
      hn::Store(hn::Mul(t, slope), f, by_tangent);
    }
    const VF by_value = hn::Mul(slope, hn::Load(f, delta + i));
    hn::Store(hn::MulAdd(sum, hn::Load(f, rows.ratio.data() + i), by_value), f, delta + i);
  }
}

// 2 sum_e delta[o][e]: the first layer's tangents are 2 W.
HWY_INLINE void first_tangent_gradient(const LinearLayer& layer, const float* delta, std::size_t k, float* gradient) {
  for (std::size_t o = 0; o < layer.out; ++o) {
    const F f;
    VF sum = hn::Zero(f);
    for (std::size_t e = 0; e < kTile; e += kLanes) sum = hn::Add(sum, hn::Load(f, delta + o * kTile + e));
    gradient[layer.weights + o * layer.stride + k] += 2 * hn::GetLane(hn::SumOfLanes(f, sum));
  }
}

// From the deltas of the last layer down; leaves the derivative by u in tape.adjoint where `inputs` is set.
HWY_INLINE void network_backward(const AnnLayout& layout, const float* p, bool inputs, AnnTape& tape, float* gradient) {
  const std::size_t dim = layout.config.dim, step = tape.tangent_rows * kTile;
  float *delta = tape.delta.data(), *next = tape.delta_next.data();
  float *tangents = tape.delta_tangent.data(), *next_tangents = tape.delta_tangent_next.data();
  for (std::size_t l = layout.layers.size(); l-- > 0;) {
    const LinearLayer& layer = layout.layers[l];
    AnnTape::Rows& in = tape.rows(l);
    float* weights = gradient + layer.weights;
    weight_gradient(delta, layer.out, in.value.data(), layer.stride, weights);
    bias_gradient(delta, layer.out, gradient + layer.bias);
    for (std::size_t k = 0; k < dim; ++k) {
      if (l == 0)
        first_tangent_gradient(layer, tangents + k * step, k, gradient);
      else
        weight_gradient(tangents + k * step, layer.out, in.tangent.data() + k * step, layer.stride, weights);
    }
    if (l == 0 && !inputs) return;
    multiply(p + layer.weights, 1, layer.stride, layer.in, layer.out, delta, nullptr, next);
    if (l > 0) {
      for (std::size_t k = 0; k < dim; ++k)
        multiply(p + layer.weights, 1, layer.stride, layer.in, layer.out, tangents + k * step, nullptr,
                 next_tangents + k * step);
      activation_deltas(layer.in * kTile, dim, step, in, next, next_tangents);
    }
    std::swap(delta, next);
    std::swap(tangents, next_tangents);
  }
  for (std::size_t i = 0; i < dim * kTile; ++i) tape.adjoint[i] = 2 * static_cast<double>(delta[i]);
}

// The network alone, without tangents.
HWY_INLINE void value_backward(const AnnLayout& layout, const float* p, AnnTape& tape, float* gradient) {
  float *delta = tape.delta.data(), *next = tape.delta_next.data();
  for (std::size_t l = layout.layers.size(); l-- > 0;) {
    const LinearLayer& layer = layout.layers[l];
    const AnnTape::Rows& in = tape.rows(l);
    weight_gradient(delta, layer.out, in.value.data(), layer.stride, gradient + layer.weights);
    bias_gradient(delta, layer.out, gradient + layer.bias);
    if (l == 0) return;
    multiply(p + layer.weights, 1, layer.stride, layer.in, layer.out, delta, nullptr, next);
    scale(layer.in * kTile, in.slope.data(), next);
    std::swap(delta, next);
  }
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
  layers = add_layers(c.dim, c.hidden, c.dim, c.layers, 1, sizes);
}

AlignedVector<float> initial_parameters(const AnnLayout& layout, std::uint64_t seed) {
  AlignedVector<float> parameters(layout.sizes.parameters);
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
