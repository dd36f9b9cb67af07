// Reverse through forward mode, from the outputs of the fully connected network to its weights: included once for each
// SIMD target.
#if defined(THALWEG_FLOW_ANN_BACKWARD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_FLOW_ANN_BACKWARD_INL_H_
#undef THALWEG_FLOW_ANN_BACKWARD_INL_H_
#else
#define THALWEG_FLOW_ANN_BACKWARD_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <utility>

#include "thalweg/flow/ann_forward-inl.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

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

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
