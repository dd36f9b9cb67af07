// Determinants and inverses of a tile of small matrices, in double, one to a lane: included once for each SIMD target.
#if defined(THALWEG_FLOW_DETERMINANT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_FLOW_DETERMINANT_INL_H_
#undef THALWEG_FLOW_DETERMINANT_INL_H_
#else
#define THALWEG_FLOW_DETERMINANT_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>

#include <limits>

#include "thalweg/base/double_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

// Rows of vectors, [row][column].
struct LaneMatrix {
  VD* data;
  std::size_t n;
  VD& operator()(std::size_t r, std::size_t c) const { return data[r * n + c]; }
};

// Gauss-Jordan elimination with partial pivoting in every lane. `a` is used up; `inverse` (or null data) becomes the
// inverse. Returns log|det|, -inf where it vanishes, and the sign, +1 or -1.
HWY_INLINE VD eliminate(const LaneMatrix& a, const LaneMatrix& inverse, VD& sign) {
  const D d;
  const std::size_t n = a.n;
  const bool invert = inverse.data != nullptr;
  const VD zero = constant(0), one = constant(1);
  if (invert)
    for (std::size_t r = 0; r < n; ++r)
      for (std::size_t c = 0; c < n; ++c) inverse(r, c) = r == c ? one : zero;
  VD log_det = zero;
  sign = one;
  for (std::size_t c = 0; c < n; ++c) {
    for (std::size_t r = c + 1; r < n; ++r) {
      const auto larger = hn::Gt(hn::Abs(a(r, c)), hn::Abs(a(c, c)));
      auto exchange = [&](VD& x, VD& y) {
        const VD keep = x;
        x = hn::IfThenElse(larger, y, x);
        y = hn::IfThenElse(larger, keep, y);
      };
      for (std::size_t k = c; k < n; ++k) exchange(a(c, k), a(r, k));
      for (std::size_t k = 0; k < n && invert; ++k) exchange(inverse(c, k), inverse(r, k));
      sign = hn::IfThenElse(larger, hn::Neg(sign), sign);
    }
    const VD pivot = a(c, c), size = hn::Abs(pivot), factor = hn::Div(one, pivot);
    log_det = hn::Add(log_det, hn::IfThenElse(hn::Gt(size, zero), hn::Log(d, hn::Max(size, constant(1e-300))),
                                              constant(-std::numeric_limits<double>::infinity())));
    sign = hn::Mul(sign, hn::CopySign(one, pivot));
    for (std::size_t k = c + 1; k < n; ++k) a(c, k) = hn::Mul(a(c, k), factor);
    for (std::size_t k = 0; k < n && invert; ++k) inverse(c, k) = hn::Mul(inverse(c, k), factor);
    for (std::size_t r = invert ? 0 : c + 1; r < n; ++r) {
      if (r == c) continue;
      const VD f = a(r, c);
      for (std::size_t k = c + 1; k < n; ++k) a(r, k) = hn::NegMulAdd(f, a(c, k), a(r, k));
      for (std::size_t k = 0; k < n && invert; ++k) inverse(r, k) = hn::NegMulAdd(f, inverse(c, k), inverse(r, k));
    }
  }
  return log_det;
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
