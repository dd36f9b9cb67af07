// Complex numbers of SIMD lanes: real and imaginary parts in registers of their own.
#if defined(THALWEG_AMPLITUDE_COMPLEX_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_AMPLITUDE_COMPLEX_INL_H
#undef THALWEG_AMPLITUDE_COMPLEX_INL_H
#else
#define THALWEG_AMPLITUDE_COMPLEX_INL_H
#endif

#include <hwy/highway.h>

#include <complex>

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Lanes = hn::ScalableTag<T>;
template <class T>
using Vec = hn::Vec<Lanes<T>>;

template <class T>
struct C {
  Vec<T> re, im;
};

template <class T>
HWY_INLINE C<T> zero() {
  return {hn::Zero(Lanes<T>()), hn::Zero(Lanes<T>())};
}
template <class T>
HWY_INLINE Vec<T> set(double x) {
  return hn::Set(Lanes<T>(), static_cast<T>(x));
}
template <class T>
HWY_INLINE C<T> set(std::complex<double> x) {
  return {set<T>(x.real()), set<T>(x.imag())};
}
template <class T>
HWY_INLINE C<T> operator+(C<T> a, C<T> b) {
  return {hn::Add(a.re, b.re), hn::Add(a.im, b.im)};
}
template <class T>
HWY_INLINE C<T> operator-(C<T> a, C<T> b) {
  return {hn::Sub(a.re, b.re), hn::Sub(a.im, b.im)};
}
template <class T>
HWY_INLINE C<T> operator*(C<T> a, C<T> b) {
  return {hn::NegMulAdd(a.im, b.im, hn::Mul(a.re, b.re)), hn::MulAdd(a.im, b.re, hn::Mul(a.re, b.im))};
}
template <class T>
HWY_INLINE C<T> scale(Vec<T> a, C<T> b) {
  return {hn::Mul(a, b.re), hn::Mul(a, b.im)};
}
template <class T>
HWY_INLINE C<T> conj(C<T> a) {
  return {a.re, hn::Neg(a.im)};
}

// sum + a b, or sum - a b.
template <bool kMinus, class T>
HWY_INLINE C<T> mac(C<T> sum, C<T> a, C<T> b) {
  if constexpr (kMinus)
    return {hn::MulAdd(a.im, b.im, hn::NegMulAdd(a.re, b.re, sum.re)),
            hn::NegMulAdd(a.im, b.re, hn::NegMulAdd(a.re, b.im, sum.im))};
  else
    return {hn::NegMulAdd(a.im, b.im, hn::MulAdd(a.re, b.re, sum.re)),
            hn::MulAdd(a.im, b.re, hn::MulAdd(a.re, b.im, sum.im))};
}
template <bool kMinus, class T>
HWY_INLINE C<T> mac(C<T> sum, Vec<T> a, C<T> b) {
  if constexpr (kMinus) return {hn::NegMulAdd(a, b.re, sum.re), hn::NegMulAdd(a, b.im, sum.im)};
  return {hn::MulAdd(a, b.re, sum.re), hn::MulAdd(a, b.im, sum.im)};
}

// Light-cone components V0+V3, V0-V3, V1+iV2, V1-iV2, or the four components of a spinor.
template <class T>
struct Four {
  C<T> c[4];
};
// Half of a momentum: its components 0.5 (k0+k3), 0.5 (k0-k3), 0.5 (k1+ik2); the last one is the conjugate of that.
template <class T>
struct HalfMomentum {
  Vec<T> plus, minus;
  C<T> across;
};

template <class T>
HWY_INLINE Four<T> scale(Vec<T> a, Four<T> v) {
  for (auto& c : v.c) c = scale<T>(a, c);
  return v;
}
template <class T>
HWY_INLINE Four<T> scale(C<T> a, Four<T> v) {
  for (auto& c : v.c) c = a * c;
  return v;
}
// 2 a.b
template <class T>
HWY_INLINE C<T> twice_dot(const Four<T>& a, const Four<T>& b) {
  C<T> sum = a.c[0] * b.c[1];
  sum = mac<false>(sum, a.c[1], b.c[0]);
  sum = mac<true>(sum, a.c[2], b.c[3]);
  return mac<true>(sum, a.c[3], b.c[2]);
}
// k.a
template <class T>
HWY_INLINE C<T> dot(const HalfMomentum<T>& k, const Four<T>& a) {
  C<T> sum = scale<T>(k.plus, a.c[1]);
  sum = mac<false, T>(sum, k.minus, a.c[0]);
  sum = mac<true>(sum, k.across, a.c[3]);
  return mac<true>(sum, conj(k.across), a.c[2]);
}
// sum + 0.5 k s
template <bool kMinus, class T>
HWY_INLINE void add_momentum(Four<T>& sum, const HalfMomentum<T>& k, C<T> s) {
  sum.c[0] = mac<kMinus, T>(sum.c[0], k.plus, s);
  sum.c[1] = mac<kMinus, T>(sum.c[1], k.minus, s);
  sum.c[2] = mac<kMinus>(sum.c[2], k.across, s);
  sum.c[3] = mac<kMinus>(sum.c[3], conj(k.across), s);
}
template <class T>
HWY_INLINE HalfMomentum<T> operator+(const HalfMomentum<T>& a, const HalfMomentum<T>& b) {
  return {hn::Add(a.plus, b.plus), hn::Add(a.minus, b.minus), a.across + b.across};
}
template <class T>
HWY_INLINE HalfMomentum<T> operator-(const HalfMomentum<T>& a, const HalfMomentum<T>& b) {
  return {hn::Sub(a.plus, b.plus), hn::Sub(a.minus, b.minus), a.across - b.across};
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
