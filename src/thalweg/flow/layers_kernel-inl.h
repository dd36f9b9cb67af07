// Fully connected layers on tiles, forward and backward: included once for each SIMD target.
#if defined(THALWEG_FLOW_LAYERS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_FLOW_LAYERS_INL_H_
#undef THALWEG_FLOW_LAYERS_INL_H_
#else
#define THALWEG_FLOW_LAYERS_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>

#include <utility>

#include "thalweg/flow/linear_kernel-inl.h"
#include "thalweg/flow/mlp.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

HWY_INLINE VF sigmoid(VF x) {
  const F f;
  return hn::Div(hn::Set(f, 1.0F), hn::Add(hn::Set(f, 1.0F), hn::Exp(f, hn::Neg(x))));
}

// Rows in place; slopes (SiLU only) gets the derivative.
HWY_INLINE void activate(Activation kind, std::size_t n, float* HWY_RESTRICT rows, float* HWY_RESTRICT slopes) {
  const F f;
  const VF zero = hn::Zero(f), one = hn::Set(f, 1.0F), slope = hn::Set(f, kLeakySlope);
  for (std::size_t i = 0; i < n; i += kLanes) {
    const VF x = hn::Load(f, rows + i);
    VF y = x;
    if (kind == Activation::leaky_relu) {
      y = hn::Max(x, hn::Mul(slope, x));
    } else if (kind == Activation::elu) {
      y = hn::IfThenElse(hn::Gt(x, zero), x, hn::Expm1(f, hn::Min(x, zero)));
    } else {
      const VF s = sigmoid(x);
      y = hn::Mul(x, s);
      hn::Store(hn::MulAdd(hn::Mul(y, hn::Sub(one, s)), one, s), f, slopes + i);
    }
    hn::Store(y, f, rows + i);
  }
}

// delta *= derivative of the activation, from its values (or slopes).
HWY_INLINE void activate_backward(Activation kind, std::size_t n, const float* HWY_RESTRICT rows,
                                  const float* HWY_RESTRICT slopes, float* HWY_RESTRICT delta) {
  const F f;
  const VF zero = hn::Zero(f), one = hn::Set(f, 1.0F), slope = hn::Set(f, kLeakySlope);
  for (std::size_t i = 0; i < n; i += kLanes) {
    const VF y = hn::Load(f, rows + i), d = hn::Load(f, delta + i);
    VF factor;
    if (kind == Activation::leaky_relu)
      factor = hn::IfThenElse(hn::Gt(y, zero), one, slope);
    else if (kind == Activation::elu)
      factor = hn::IfThenElse(hn::Gt(y, zero), one, hn::Add(y, one));
    else
      factor = hn::Load(f, slopes + i);
    hn::Store(hn::Mul(d, factor), f, delta + i);
  }
}

// From tape.rows[0] to tape.rows[layers.size()], leaving the inputs of all layers behind. shift: from the biases of
// condition 0 to those of the points.
HWY_INLINE void forward_layers(Activation activation, const std::vector<LinearLayer>& layers, const float* p,
                               std::size_t shift, LayerTape& tape) {
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const LinearLayer& layer = layers[l];
    const float* bias = p + layer.bias + shift;
    multiply(p + layer.weights, layer.stride, 1, layer.out, layer.in, tape.rows[l].data(), bias,
             tape.rows[l + 1].data());
    if (l + 1 < layers.size())
      activate(activation, layer.out * kFlowTile, tape.rows[l + 1].data(),
               tape.slopes.empty() ? nullptr : tape.slopes[l].data());
  }
}

// delta: derivative by the outputs, overwritten. Adds that by the parameters to `gradient` and returns that by the
// inputs, in one of the two scratch rows; null when there are none or they are not wanted.
HWY_INLINE const float* backward_layers(Activation activation, const std::vector<LinearLayer>& layers, const float* p,
                                        const LayerTape& tape, bool inputs, float* delta, float* next,
                                        float* gradient) {
  for (std::size_t l = layers.size(); l-- > 0;) {
    const LinearLayer& layer = layers[l];
    weight_gradient(delta, layer.out, tape.rows[l].data(), layer.stride, gradient + layer.weights);
    bias_gradient(delta, layer.out, gradient + layer.bias);
    if (l == 0 && (layer.in == 0 || !inputs)) return nullptr;
    multiply(p + layer.weights, 1, layer.stride, layer.in, layer.out, delta, nullptr, next);
    if (l > 0)
      activate_backward(activation, layer.in * kFlowTile, tape.rows[l].data(),
                        tape.slopes.empty() ? nullptr : tape.slopes[l - 1].data(), next);
    std::swap(delta, next);
  }
  return delta;
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
