// Soft clipping SC_p, its inverse and the logarithm of its slope, in double: included once for each SIMD target.
#if defined(THALWEG_FLOW_SOFT_CLIP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_FLOW_SOFT_CLIP_INL_H_
#undef THALWEG_FLOW_SOFT_CLIP_INL_H_
#else
#define THALWEG_FLOW_SOFT_CLIP_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>

#include "thalweg/base/double_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

// e^-|t| and log(1 + e^-|t|): of both signs of t at once.
struct SoftPlus {
  VD small, rest;
  explicit SoftPlus(VD t)
      : small(hn::Exp(D(), hn::Neg(hn::Min(hn::Abs(t), constant(700))))), rest(hn::Log1p(D(), small)) {}
  VD plus(VD t) const { return hn::Add(hn::Max(t, constant(0)), rest); }            // log(1 + e^t)
  VD minus(VD t) const { return hn::Add(hn::Max(hn::Neg(t), constant(0)), rest); }  // log(1 + e^-t)
  VD sigmoid(VD t) const {                                                          // 1 / (1 + e^-t)
    const VD one = constant(1), numerator = hn::IfThenElse(hn::Ge(t, constant(0)), one, small);
    return hn::Div(numerator, hn::Add(one, small));
  }
};

// SC_p(z), from the nearer face, so that it is in [0,1] and keeps its digits near 0.
HWY_INLINE VD soft_clip(VD p, VD z) {
  const VD one = constant(1), half = constant(0.5), t = hn::Min(z, hn::Sub(one, z));
  const VD a = hn::Mul(p, t), b = hn::Mul(p, hn::Sub(t, one));
  const VD s = hn::Div(hn::Sub(SoftPlus(a).plus(a), SoftPlus(b).plus(b)), p);
  return hn::IfThenElse(hn::Le(z, half), s, hn::Sub(one, s));
}

// z with SC_p(z) = y; finite for y = 0 and 1, too.
HWY_INLINE VD soft_clip_inverse(VD p, VD y) {
  const VD floor = constant(1e-300), one = constant(1);
  auto log_gap = [&](VD t) { return hn::Log(D(), hn::Max(hn::Neg(hn::Expm1(D(), hn::Neg(hn::Mul(p, t)))), floor)); };
  return hn::Add(y, hn::Div(hn::Sub(log_gap(y), log_gap(hn::Sub(one, y))), p));
}

// log SC_p'(z) = log sigma(p z) + log sigma(p (1 - z)) + log(1 - e^-p), without cancellation; and its derivative.
HWY_INLINE void soft_clip_slope(VD p, VD log_gap, VD z, VD& log_slope, VD& curvature) {
  const VD a = hn::Mul(p, z), b = hn::Mul(p, hn::Sub(z, constant(1)));
  const SoftPlus left(a), right(b);
  log_slope = hn::Sub(log_gap, hn::Add(left.minus(a), right.plus(b)));
  curvature = hn::Mul(p, hn::Sub(left.sigmoid(hn::Neg(a)), right.sigmoid(b)));
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
