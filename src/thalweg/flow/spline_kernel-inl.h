// Rational-quadratic splines (Durkan et al., arXiv:1906.04032; thesis, 3.49 to 3.51) on tiles: included
// once for each SIMD target. Exponentials in float, everything after them in double.
#if defined(THALWEG_FLOW_SPLINE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_FLOW_SPLINE_INL_H_
#undef THALWEG_FLOW_SPLINE_INL_H_
#else
#define THALWEG_FLOW_SPLINE_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "thalweg/flow/coupling_kernel.h"
#include "thalweg/flow/linear_kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using VD = hn::Vec<D>;
using FD = hn::Rebind<float, D>;  // as many floats as a vector has doubles
inline constexpr std::size_t kDoubleLanes = hn::MaxLanes(D());

HWY_INLINE VD load_double(const float* p) { return hn::PromoteTo(D(), hn::Load(FD(), p)); }
HWY_INLINE void store_float(VD v, float* p) { hn::Store(hn::DemoteTo(FD(), v), FD(), p); }
HWY_INLINE VD constant(double x) { return hn::Set(D(), x); }

// K rows to exp(row - largest of the rows).
HWY_INLINE void exponentials(std::size_t bins, float* HWY_RESTRICT rows) {
  const F f;
  for (std::size_t e = 0; e < kFlowTile; e += kLanes) {
    VF largest = hn::Load(f, rows + e);
    for (std::size_t k = 1; k < bins; ++k) largest = hn::Max(largest, hn::Load(f, rows + k * kFlowTile + e));
    for (std::size_t k = 0; k < bins; ++k) {
      float* p = rows + k * kFlowTile + e;
      hn::Store(hn::Exp(f, hn::Sub(hn::Load(f, p), largest)), f, p);
    }
  }
}

// d = floor + (1 - floor) log(1 + e^t)/log 2 and its derivative in t.
HWY_INLINE VD derivative(VD t, VD& slope) {
  const D d;
  constexpr double kScale = (1 - kDerivativeFloor) / 0.693147180559945309417;
  const VD small = hn::PromoteTo(d, hn::Exp(FD(), hn::DemoteTo(FD(), hn::Neg(hn::Abs(t)))));
  const VD inverse = hn::Div(constant(kScale), hn::Add(constant(1), small));
  slope = hn::IfThenElse(hn::Ge(t, hn::Zero(d)), inverse, hn::Mul(small, inverse));
  const VD softplus = hn::Add(hn::Max(t, hn::Zero(d)), hn::Log(d, hn::Add(constant(1), small)));
  return hn::MulAdd(constant(kScale), softplus, constant(kDerivativeFloor));
}

// The bin of an event, and its five numbers.
struct Bin {
  VD left_w, left_h, w, h, t_minus, t_plus, k;
};

struct Sums {
  VD w, h;  // (1 - K floor) / sum of exponentials
};

HWY_INLINE Sums normalisation(std::size_t bins, const float* exponentials) {
  VD sum_w = hn::Zero(D()), sum_h = hn::Zero(D());
  for (std::size_t k = 0; k < bins; ++k) {
    sum_w = hn::Add(sum_w, load_double(exponentials + k * kFlowTile));
    sum_h = hn::Add(sum_h, load_double(exponentials + (bins + k) * kFlowTile));
  }
  const VD room = constant(1 - static_cast<double>(bins) * kBinFloor);
  return {hn::Div(room, sum_w), hn::Div(room, sum_h)};
}

// `value` is the position on the data axis (widths) or on the latent axis (heights). Selection by masks: a gather would
// be a third slower.
HWY_INLINE Bin find_bin(Direction direction, std::size_t bins, const float* p, const Sums& n, VD value) {
  const VD floor = constant(kBinFloor);
  const float* w_row = p;
  const float* h_row = p + bins * kFlowTile;
  const float* t_row = p + 2 * bins * kFlowTile;
  VD cum_w = hn::Zero(D()), cum_h = cum_w;
  VD w = hn::MulAdd(load_double(w_row), n.w, floor), h = hn::MulAdd(load_double(h_row), n.h, floor);
  VD t1 = load_double(t_row + kFlowTile);
  Bin bin = {cum_w, cum_h, w, h, load_double(t_row), t1, cum_w};
  for (std::size_t k = 1; k < bins; ++k) {
    cum_w = hn::Add(cum_w, w);
    cum_h = hn::Add(cum_h, h);
    w = hn::MulAdd(load_double(w_row + k * kFlowTile), n.w, floor);
    h = hn::MulAdd(load_double(h_row + k * kFlowTile), n.h, floor);
    const VD t0 = t1;
    t1 = load_double(t_row + (k + 1) * kFlowTile);
    const auto right = hn::Ge(value, direction == Direction::sample ? cum_h : cum_w);
    bin = {hn::IfThenElse(right, cum_w, bin.left_w),
           hn::IfThenElse(right, cum_h, bin.left_h),
           hn::IfThenElse(right, w, bin.w),
           hn::IfThenElse(right, h, bin.h),
           hn::IfThenElse(right, t0, bin.t_minus),
           hn::IfThenElse(right, t1, bin.t_plus),
           hn::IfThenElse(right, constant(static_cast<double>(k)), bin.k)};
  }
  return bin;
}

// One feature of a tile; `product` collects the derivatives d latent / d data.
HWY_INLINE void spline_feature(Direction direction, std::size_t bins, float* p, double* x, double* product,
                               double* spline, float* saved) {
  exponentials(bins, p);
  exponentials(bins, p + bins * kFlowTile);
  const D d;
  const VD zero = hn::Zero(d), one = constant(1), two = constant(2);
  for (std::size_t e = 0; e < kFlowTile; e += kDoubleLanes) {
    const Sums n = normalisation(bins, p + e);
    const VD value = hn::Load(d, x + e);
    const Bin bin = find_bin(direction, bins, p + e, n, value);
    VD slope_minus, slope_plus;
    const VD dm = derivative(bin.t_minus, slope_minus), dp = derivative(bin.t_plus, slope_plus);
    const VD s = hn::Div(bin.h, bin.w), c = hn::Sub(hn::Add(dm, dp), hn::Add(s, s));
    VD xi;
    if (direction == Direction::density) {
      xi = hn::Div(hn::Sub(value, bin.left_w), bin.w);
    } else {
      const VD y = hn::Sub(value, bin.left_h), t = hn::Mul(y, c);
      const VD qa = hn::MulAdd(bin.h, hn::Sub(s, dm), t), qb = hn::NegMulAdd(one, t, hn::Mul(bin.h, dm));
      const VD qc = hn::Neg(hn::Mul(s, y));
      const VD root = hn::Sqrt(hn::Max(zero, hn::NegMulAdd(hn::Mul(constant(4), qa), qc, hn::Mul(qb, qb))));
      xi = hn::Div(hn::Mul(two, qc), hn::Neg(hn::Add(qb, root)));
    }
    xi = hn::Min(one, hn::Max(zero, xi));
    const VD eta = hn::Sub(one, xi), m = hn::Mul(xi, eta), den = hn::MulAdd(c, m, s);
    const VD q = hn::MulAdd(dp, hn::Mul(xi, xi), hn::MulAdd(hn::Add(s, s), m, hn::Mul(dm, hn::Mul(eta, eta))));
    const VD ratio = hn::Div(s, den);
    hn::Store(hn::Mul(hn::Load(d, product + e), hn::Mul(q, hn::Mul(ratio, ratio))), d, product + e);
    VD image;
    if (direction == Direction::sample) {
      image = hn::MulAdd(xi, bin.w, bin.left_w);
    } else {
      const VD num = hn::MulAdd(hn::Mul(s, xi), xi, hn::Mul(dm, m));
      image = hn::MulAdd(bin.h, hn::Div(num, den), bin.left_h);
    }
    hn::Store(hn::Min(one, image), d, x + e);
    const VD doubles[FlowTape::kSplineDoubles] = {xi, bin.w, bin.h, dm, dp};
    for (std::size_t i = 0; i < FlowTape::kSplineDoubles; ++i) hn::Store(doubles[i], d, spline + i * kFlowTile + e);
    // shares of the softmax left of the bin, floors taken off: (W_left - k floor)/(1 - K floor)
    const VD inverse_room = constant(1 / (1 - static_cast<double>(bins) * kBinFloor));
    const VD floors = hn::Mul(bin.k, constant(kBinFloor));
    const VD floats[FlowTape::kSplineFloats] = {bin.k,
                                                hn::Mul(n.w, inverse_room),
                                                hn::Mul(n.h, inverse_room),
                                                hn::Mul(hn::Sub(bin.left_w, floors), inverse_room),
                                                hn::Mul(hn::Sub(bin.left_h, floors), inverse_room),
                                                slope_minus,
                                                slope_plus};
    for (std::size_t i = 0; i < FlowTape::kSplineFloats; ++i) store_float(floats[i], saved + i * kFlowTile + e);
  }
}

HWY_INLINE void spline_block(Direction direction, std::size_t bins, const CouplingBlock& block, double* x,
                             double* log_density, FlowTape::Block& tape) {
  const D d;
  HWY_ALIGN double product[kFlowTile];
  for (double& v : product) v = 1;
  float* p = tape.rows.back().data();
  const std::size_t n = block.transformed.size();
  for (std::size_t i = 0; i < n; ++i) {
    spline_feature(direction, bins, p + i * (3 * bins + 1) * kFlowTile, x + block.transformed[i] * kFlowTile, product,
                   tape.spline.data() + i * FlowTape::kSplineDoubles * kFlowTile,
                   tape.bins.data() + i * FlowTape::kSplineFloats * kFlowTile);
    // A factor is at most 10^10 and at least 10^-14 at the floors; a logarithm now and then keeps the product in range.
    if (i % 16 != 15 && i + 1 != n) continue;
    for (std::size_t e = 0; e < kFlowTile; e += kDoubleLanes) {
      hn::Store(hn::Add(hn::Load(d, log_density + e), hn::Log(d, hn::Load(d, product + e))), d, log_density + e);
      hn::Store(constant(1), d, product + e);
    }
  }
}

// Adjoints of a spline's numbers, given those of its image (adjoint) and of log dy/dx (factor).
struct SplineAdjoint {
  VD x, left_w, w, left_h, h, dm, dp;
};

HWY_INLINE SplineAdjoint spline_adjoint(const double* spline, VD adjoint, VD factor) {
  const D d;
  const VD one = constant(1), two = constant(2);
  const VD xi = hn::Load(d, spline), w = hn::Load(d, spline + kFlowTile), h = hn::Load(d, spline + 2 * kFlowTile);
  const VD dm = hn::Load(d, spline + 3 * kFlowTile), dp = hn::Load(d, spline + 4 * kFlowTile);
  const VD inverse_w = hn::Div(one, w), s = hn::Mul(h, inverse_w), eta = hn::Sub(one, xi), m = hn::Mul(xi, eta);
  const VD xi2 = hn::Mul(xi, xi), eta2 = hn::Mul(eta, eta), dxi_m = hn::Sub(eta, xi);
  const VD c = hn::Sub(hn::Add(dm, dp), hn::Add(s, s)), den = hn::MulAdd(c, m, s);
  const VD q = hn::MulAdd(dp, xi2, hn::MulAdd(hn::Add(s, s), m, hn::Mul(dm, eta2)));
  const VD i_den = hn::Div(one, den), i_q = hn::Div(one, q);
  const VD r = hn::Mul(hn::MulAdd(s, xi2, hn::Mul(dm, m)), i_den);
  const VD gy = hn::Mul(hn::Mul(adjoint, h), i_den);  // of N and, times -r, of the denominator
  const VD gq = hn::Mul(factor, i_q);                 // of Q
  const VD gd = hn::NegMulAdd(gy, r, hn::Neg(hn::Mul(hn::Add(factor, factor), i_den)));  // of the denominator
  const VD g_xi = hn::MulAdd(
      gy, hn::MulAdd(hn::Mul(two, s), xi, hn::Mul(dm, dxi_m)),
      hn::MulAdd(gd, hn::Mul(c, dxi_m),
                 hn::Mul(hn::Mul(two, gq), hn::Sub(hn::MulAdd(dp, xi, hn::Mul(s, dxi_m)), hn::Mul(dm, eta)))));
  const VD g_s = hn::MulAdd(
      gy, xi2,
      hn::MulAdd(gd, hn::NegMulAdd(two, m, one), hn::MulAdd(gq, hn::Mul(two, m), hn::Div(hn::Mul(two, factor), s))));
  SplineAdjoint g{};
  g.dm = hn::MulAdd(hn::Add(gy, gd), m, hn::Mul(gq, eta2));
  g.dp = hn::MulAdd(gd, m, hn::Mul(gq, xi2));
  g.x = hn::Mul(g_xi, inverse_w);
  g.left_w = hn::Neg(g.x);
  g.w = hn::Neg(hn::Mul(inverse_w, hn::MulAdd(g_xi, xi, hn::Mul(g_s, s))));
  g.left_h = adjoint;
  g.h = hn::MulAdd(adjoint, r, hn::Mul(g_s, inverse_w));
  return g;
}

// Softmax with floors: rows of delta for K widths or heights, from the adjoints of the left edge and of the bin.
HWY_INLINE void softmax_backward(std::size_t bins, const float* exponentials, const float* k, const float* inverse_sum,
                                 const float* left, const float* at, const float* mean, float* delta) {
  const F f;
  const VF room = hn::Set(f, static_cast<float>(1 - static_cast<double>(bins) * kBinFloor));
  for (std::size_t e = 0; e < kFlowTile; e += kLanes) {
    const VF bin = hn::Load(f, k + e), scale = hn::Mul(room, hn::Load(f, inverse_sum + e));
    const VF a = hn::Load(f, left + e), b = hn::Load(f, at + e), s = hn::Load(f, mean + e);
    for (std::size_t j = 0; j < bins; ++j) {
      const VF index = hn::Set(f, static_cast<float>(j));
      const VF value = hn::IfThenElse(hn::Lt(index, bin), a, hn::IfThenElseZero(hn::Eq(index, bin), b));
      const VF share = hn::Mul(scale, hn::Load(f, exponentials + j * kFlowTile + e));
      hn::Store(hn::Mul(share, hn::Sub(value, s)), f, delta + j * kFlowTile + e);
    }
  }
}

// Rows of delta (adjoints of the network's outputs); `adjoint` of the transformed features goes from latent to data.
HWY_INLINE void spline_block_backward(std::size_t bins, const CouplingBlock& block, const double* factor,
                                      const FlowTape::Block& tape, double* adjoint, float* delta) {
  const D d;
  const F f;
  HWY_ALIGN float left_w[kFlowTile], at_w[kFlowTile], mean_w[kFlowTile];
  HWY_ALIGN float left_h[kFlowTile], at_h[kFlowTile], mean_h[kFlowTile];
  HWY_ALIGN float minus[kFlowTile], plus[kFlowTile];
  for (std::size_t i = 0; i < block.transformed.size(); ++i) {
    const float* p = tape.rows.back().data() + i * (3 * bins + 1) * kFlowTile;
    const double* spline = tape.spline.data() + i * FlowTape::kSplineDoubles * kFlowTile;
    const float* saved = tape.bins.data() + i * FlowTape::kSplineFloats * kFlowTile;
    double* a = adjoint + block.transformed[i] * kFlowTile;
    float* out = delta + i * (3 * bins + 1) * kFlowTile;
    const double room = 1 - static_cast<double>(bins) * kBinFloor;
    for (std::size_t e = 0; e < kFlowTile; e += kDoubleLanes) {
      const SplineAdjoint g = spline_adjoint(spline + e, hn::Load(d, a + e), hn::Load(d, factor + e));
      hn::Store(g.x, d, a + e);
      store_float(g.left_w, left_w + e);
      store_float(g.w, at_w + e);
      store_float(g.left_h, left_h + e);
      store_float(g.h, at_h + e);
      // sum_m p_m a_m = p_left a_left + p_k a_k, p_k = (w_k - floor)/room
      auto share = [&](std::size_t row) {
        return hn::Mul(hn::Sub(hn::Load(d, spline + row * kFlowTile + e), constant(kBinFloor)), constant(1 / room));
      };
      store_float(hn::MulAdd(g.left_w, load_double(saved + 3 * kFlowTile + e), hn::Mul(g.w, share(1))), mean_w + e);
      store_float(hn::MulAdd(g.left_h, load_double(saved + 4 * kFlowTile + e), hn::Mul(g.h, share(2))), mean_h + e);
      store_float(hn::Mul(g.dm, load_double(saved + 5 * kFlowTile + e)), minus + e);
      store_float(hn::Mul(g.dp, load_double(saved + 6 * kFlowTile + e)), plus + e);
    }
    softmax_backward(bins, p, saved, saved + kFlowTile, left_w, at_w, mean_w, out);
    softmax_backward(bins, p + bins * kFlowTile, saved, saved + 2 * kFlowTile, left_h, at_h, mean_h,
                     out + bins * kFlowTile);
    for (std::size_t e = 0; e < kFlowTile; e += kLanes) {
      const VF k = hn::Load(f, saved + e), dm = hn::Load(f, minus + e), dp = hn::Load(f, plus + e);
      const VF after = hn::Add(k, hn::Set(f, 1.0F));
      for (std::size_t j = 0; j <= bins; ++j) {
        const VF index = hn::Set(f, static_cast<float>(j));
        hn::Store(hn::IfThenElse(hn::Eq(index, k), dm, hn::IfThenElseZero(hn::Eq(index, after), dp)), f,
                  out + (2 * bins + j) * kFlowTile + e);
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
