// The fully connected map and its tangents, from inputs to images and determinants: included once for each SIMD target.
#if defined(THALWEG_FLOW_ANN_FORWARD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_FLOW_ANN_FORWARD_INL_H_
#undef THALWEG_FLOW_ANN_FORWARD_INL_H_
#else
#define THALWEG_FLOW_ANN_FORWARD_INL_H_
#endif

#include <cmath>

#include "thalweg/flow/ann_kernel.h"
#include "thalweg/flow/determinant-inl.h"
#include "thalweg/flow/layers_kernel-inl.h"
#include "thalweg/flow/soft_clip-inl.h"

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

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
