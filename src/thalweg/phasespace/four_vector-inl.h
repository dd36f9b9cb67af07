// Four-vectors, axes and boosts for vectors of events: included once for each SIMD target.
#if defined(THALWEG_PHASESPACE_FOUR_VECTOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_PHASESPACE_FOUR_VECTOR_INL_H_
#undef THALWEG_PHASESPACE_FOUR_VECTOR_INL_H_
#else
#define THALWEG_PHASESPACE_FOUR_VECTOR_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>

#include <numbers>

#include "thalweg/base/double_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

inline constexpr double kTwoPi = 2 * std::numbers::pi;

// `n` numbers from p on; a vector that is not full repeats its first one.
HWY_INLINE VD load(const double* p, std::size_t n) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  if (n >= lanes) return hn::LoadU(d, p);
  HWY_ALIGN double buffer[kDoubleLanes];
  for (std::size_t i = 0; i < lanes; ++i) buffer[i] = p[i < n ? i : 0];
  return hn::Load(d, buffer);
}
HWY_INLINE void store(VD v, double* p, std::size_t n) {
  const D d;
  if (n >= hn::Lanes(d)) return hn::StoreU(v, d, p);
  HWY_ALIGN double buffer[kDoubleLanes];
  hn::Store(v, d, buffer);
  for (std::size_t i = 0; i < n; ++i) p[i] = buffer[i];
}

HWY_INLINE VD square(VD x) { return hn::Mul(x, x); }
HWY_INLINE VD root(VD x) { return hn::Sqrt(hn::Max(x, constant(0))); }
// a x + b y
HWY_INLINE VD sum2(VD a, VD x, VD b, VD y) { return hn::MulAdd(a, x, hn::Mul(b, y)); }
HWY_INLINE VD difference2(VD a, VD x, VD b, VD y) { return hn::MulSub(a, x, hn::Mul(b, y)); }

// lambda(s, a, b) = (s - a - b)^2 - 4 a b, in a form that has no cancellation for a, b <= 0.
HWY_INLINE VD kallen(VD s, VD a, VD b) {
  return hn::MulAdd(s, hn::NegMulAdd(constant(2), hn::Add(a, b), s), square(hn::Sub(a, b)));
}
// sqrt(lambda(M^2, m1^2, m2^2)) of masses, in factors that do not cancel.
HWY_INLINE VD root_kallen(VD m, VD m1, VD m2) {
  const VD plus = hn::Add(m1, m2), minus = hn::Sub(m1, m2);
  return root(hn::Mul(hn::Mul(hn::Sub(m, plus), hn::Add(m, plus)), hn::Mul(hn::Sub(m, minus), hn::Add(m, minus))));
}

struct Vector4 {
  VD e, x, y, z;
};
HWY_INLINE Vector4 operator+(const Vector4& a, const Vector4& b) {
  return {hn::Add(a.e, b.e), hn::Add(a.x, b.x), hn::Add(a.y, b.y), hn::Add(a.z, b.z)};
}
HWY_INLINE Vector4 operator-(const Vector4& a, const Vector4& b) {
  return {hn::Sub(a.e, b.e), hn::Sub(a.x, b.x), hn::Sub(a.y, b.y), hn::Sub(a.z, b.z)};
}
HWY_INLINE VD momentum2(const Vector4& p) { return hn::MulAdd(p.x, p.x, hn::MulAdd(p.y, p.y, square(p.z))); }

// Right-handed axes with the third one along a vector and the first one in its plane with z; those of the coordinate
// system for a vector along z.
struct Axes {
  VD cos_phi, sin_phi, cos_theta, sin_theta;

  Axes(VD x, VD y, VD z) {
    const VD one = constant(1), zero = constant(0), pt2 = hn::MulAdd(x, x, square(y)), pt = hn::Sqrt(pt2);
    const VD p = hn::Sqrt(hn::MulAdd(z, z, pt2));
    const auto along = hn::Eq(pt, zero);
    const VD inverse_pt = hn::Div(one, hn::IfThenElse(along, one, pt));
    const VD inverse_p = hn::Div(one, hn::IfThenElse(hn::Eq(p, zero), one, p));
    cos_phi = hn::IfThenElse(along, one, hn::Mul(x, inverse_pt));
    sin_phi = hn::IfThenElseZero(hn::Not(along), hn::Mul(y, inverse_pt));
    sin_theta = hn::Mul(pt, inverse_p);
    cos_theta = hn::IfThenElse(hn::Eq(p, zero), one, hn::Mul(z, inverse_p));
  }
  // Components along the axes -> x, y, z.
  void from_axes(VD u, VD v, VD w, VD& x, VD& y, VD& z) const {
    const VD r = sum2(cos_theta, u, sin_theta, w);
    x = difference2(cos_phi, r, sin_phi, v);
    y = sum2(sin_phi, r, cos_phi, v);
    z = difference2(cos_theta, w, sin_theta, u);
  }
  void to_axes(VD x, VD y, VD z, VD& u, VD& v, VD& w) const {
    const VD r = sum2(cos_phi, x, sin_phi, y);
    v = difference2(cos_phi, y, sin_phi, x);
    u = difference2(cos_theta, r, sin_theta, z);
    w = sum2(sin_theta, r, cos_theta, z);
  }
};

// The rest frame of a moving system of mass m: axes along its momentum, and the boost there.
struct RestFrame {
  Axes axes;
  VD gamma, beta, one_minus_beta;

  RestFrame(const Vector4& p, VD m) : axes(p.x, p.y, p.z) {
    gamma = hn::Div(p.e, m);
    beta = hn::Div(hn::Sqrt(momentum2(p)), p.e);
    one_minus_beta = hn::Div(square(hn::Div(m, p.e)), hn::Add(constant(1), beta));
  }
  // Components (e, u, v, w) at rest, w along the boost -> moving.
  Vector4 boosted(VD e, VD u, VD v, VD w) const {
    Vector4 p;
    p.e = hn::Mul(gamma, hn::MulAdd(beta, w, e));
    axes.from_axes(u, v, hn::Mul(gamma, hn::MulAdd(beta, e, w)), p.x, p.y, p.z);
    return p;
  }
  void at_rest(const Vector4& p, VD& e, VD& u, VD& v, VD& w) const {
    VD along;
    axes.to_axes(p.x, p.y, p.z, u, v, along);
    e = hn::Mul(gamma, hn::NegMulAdd(beta, along, p.e));
    w = hn::Mul(gamma, hn::NegMulAdd(beta, p.e, along));
  }
};

// atan2(y, x) / (2 pi) in [0, 1).
HWY_INLINE VD turns(VD y, VD x) {
  const D d;
  const VD ax = hn::Abs(x), ay = hn::Abs(y), one = constant(1);
  const VD large = hn::Max(hn::Max(ax, ay), constant(1e-300)), small = hn::Min(ax, ay);
  VD angle = hn::Mul(hn::Atan(d, hn::Div(small, large)), constant(1 / kTwoPi));
  angle = hn::IfThenElse(hn::Gt(ay, ax), hn::Sub(constant(0.25), angle), angle);
  angle = hn::IfThenElse(hn::Lt(x, constant(0)), hn::Sub(constant(0.5), angle), angle);
  return hn::IfThenElse(hn::Lt(y, constant(0)), hn::Sub(one, angle), angle);
}

// (1 + cos) / 2 of the angle to w, from the half angle whose sine does not cancel.
HWY_INLINE VD half_cosine(VD u, VD v, VD w) {
  const VD t2 = hn::MulAdd(u, u, square(v)), p = hn::Sqrt(hn::MulAdd(w, w, t2));
  const VD part = hn::Div(t2, hn::Mul(hn::Mul(constant(2), p), hn::Add(p, hn::Abs(w))));
  return hn::IfThenElse(hn::Ge(w, constant(0)), hn::Sub(constant(1), part), part);
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
