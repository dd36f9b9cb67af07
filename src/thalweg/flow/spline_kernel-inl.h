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

#include <algorithm>

#include "thalweg/base/double_lanes-inl.h"
#include "thalweg/flow/coupling_kernel.h"
#include "thalweg/flow/linear_kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// e^x for x <= 0 to a relative 2e-7, half as many operations as Highway's: 2^n e^r, n = round(x / log 2), with the
// polynomial of degree 5 that is nearest to e^r in relative terms on |r| <= log(2)/2. At least 2^-126.
HWY_INLINE VF exp_of_negative(VF x) {
  const F f;
  const hn::RebindToSigned<F> i;
  const VF magic = hn::Set(f, 12582912.0F);  // 1.5 x 2^23: the sum's last bits are the rounded number
  const VF least = hn::Max(x, hn::Set(f, -87.0F));
  const VF shifted = hn::MulAdd(least, hn::Set(f, 1.44269504F), magic), n = hn::Sub(shifted, magic);
  VF r = hn::NegMulAdd(n, hn::Set(f, 0.693359375F), least);
  r = hn::NegMulAdd(n, hn::Set(f, -2.12194440e-4F), r);
  VF y = hn::MulAdd(r, hn::Set(f, 0.00829022937F), hn::Set(f, 0.0418983921F));
  y = hn::MulAdd(r, y, hn::Set(f, 0.166676402F));
  y = hn::MulAdd(r, y, hn::Set(f, 0.499991447F));
  y = hn::MulAdd(r, y, hn::Set(f, 0.999999702F));
  y = hn::MulAdd(r, y, hn::Set(f, 1.0F));
  return hn::BitCast(f, hn::Add(hn::BitCast(i, y), hn::ShiftLeft<23>(hn::BitCast(i, shifted))));
}

// K rows to exp(row - largest of the rows).
HWY_INLINE void exponentials(std::size_t bins, float* HWY_RESTRICT rows) {
  const F f;
  for (std::size_t e = 0; e < kFlowTile; e += kLanes) {
    VF largest = hn::Load(f, rows + e);
    for (std::size_t k = 1; k < bins; ++k) largest = hn::Max(largest, hn::Load(f, rows + k * kFlowTile + e));
    for (std::size_t k = 0; k < bins; ++k) {
      float* p = rows + k * kFlowTile + e;
      hn::Store(exp_of_negative(hn::Sub(hn::Load(f, p), largest)), f, p);
    }
  }
}

// Where the events of a tile lie: the bin, its left edge, and what its width, height and derivatives are made of.
struct BinRows {
  HWY_ALIGN double left_w[kFlowTile], left_h[kFlowTile];
  HWY_ALIGN double norm_w[kFlowTile], norm_h[kFlowTile];  // (1 - K floor) / sum of exponentials
  HWY_ALIGN float k[kFlowTile], exp_w[kFlowTile], exp_h[kFlowTile];
  HWY_ALIGN float d_minus[kFlowTile], d_plus[kFlowTile], slope_minus[kFlowTile], slope_plus[kFlowTile];
};

// `value` is the position on the data axis (widths) or on the latent axis (heights). Selection by masks: a gather would
// be a third slower.
HWY_INLINE void find_bins(Direction direction, std::size_t bins, const float* HWY_RESTRICT p,
                          const double* HWY_RESTRICT value, BinRows& rows) {
  const D d;
  const VD room = constant(1 - static_cast<double>(bins) * kBinFloor);
  for (std::size_t e = 0; e < kFlowTile; e += kDoubleLanes) {
    VD sum_w[kMaxBins], sum_h[kMaxBins];  // of the exponentials up to and with a bin
    sum_w[0] = load_double(p + e), sum_h[0] = load_double(p + bins * kFlowTile + e);
    for (std::size_t k = 1; k < bins; ++k) {
      sum_w[k] = hn::Add(sum_w[k - 1], load_double(p + k * kFlowTile + e));
      sum_h[k] = hn::Add(sum_h[k - 1], load_double(p + (bins + k) * kFlowTile + e));
    }
    const VD all_w = sum_w[bins - 1], all_h = sum_h[bins - 1], inverse = hn::Div(room, hn::Mul(all_w, all_h));
    const VD norm_w = hn::Mul(inverse, all_h), norm_h = hn::Mul(inverse, all_w);
    const VD v = hn::Load(d, value + e), norm = direction == Direction::sample ? norm_h : norm_w;
    const VD* searched = direction == Direction::sample ? sum_h : sum_w;
    VD left_w = hn::Zero(d), left_h = left_w, k_found = left_w;
    for (std::size_t k = 1; k < bins; ++k) {
      const VD edge = hn::MulAdd(searched[k - 1], norm, constant(static_cast<double>(k) * kBinFloor));
      const auto right = hn::Ge(v, edge);
      left_w = hn::IfThenElse(right, sum_w[k - 1], left_w);
      left_h = hn::IfThenElse(right, sum_h[k - 1], left_h);
      k_found = hn::IfThenElse(right, constant(static_cast<double>(k)), k_found);
    }
    const VD floors = hn::Mul(k_found, constant(kBinFloor));
    hn::Store(hn::MulAdd(left_w, norm_w, floors), d, rows.left_w + e);
    hn::Store(hn::MulAdd(left_h, norm_h, floors), d, rows.left_h + e);
    hn::Store(norm_w, d, rows.norm_w + e);
    hn::Store(norm_h, d, rows.norm_h + e);
    store_float(k_found, rows.k + e);
  }
}

// d = floor + (1 - floor) log(1 + e^t)/log 2 and its derivative in t.
HWY_INLINE void derivative(VF t, float* value, float* slope) {
  const F f;
  const VF scale = hn::Set(f, static_cast<float>((1 - kDerivativeFloor) / 0.693147180559945309417));
  const VF one = hn::Set(f, 1.0F), small = exp_of_negative(hn::Neg(hn::Abs(t)));
  const VF softplus = hn::Add(hn::Max(t, hn::Zero(f)), hn::Log1p(f, small));
  hn::Store(hn::MulAdd(scale, softplus, hn::Set(f, static_cast<float>(kDerivativeFloor))), f, value);
  if (!slope) return;
  const VF inverse = hn::Div(scale, hn::Add(one, small));
  hn::Store(hn::IfThenElse(hn::Ge(t, hn::Zero(f)), inverse, hn::Mul(small, inverse)), f, slope);
}

HWY_INLINE void select_bins(bool slopes, std::size_t bins, const float* HWY_RESTRICT p, BinRows& rows) {
  const F f;
  for (std::size_t e = 0; e < kFlowTile; e += kLanes) {
    const VF found = hn::Load(f, rows.k + e);
    auto row = [&](std::size_t r) { return hn::Load(f, p + r * kFlowTile + e); };
    VF w = row(0), h = row(bins), t_minus = row(2 * bins), next = row(2 * bins + 1), t_plus = next;
    for (std::size_t k = 1; k < bins; ++k) {
      const auto right = hn::Ge(found, hn::Set(f, static_cast<float>(k)));
      w = hn::IfThenElse(right, row(k), w);
      h = hn::IfThenElse(right, row(bins + k), h);
      t_minus = hn::IfThenElse(right, next, t_minus);
      next = row(2 * bins + k + 1);
      t_plus = hn::IfThenElse(right, next, t_plus);
    }
    hn::Store(w, f, rows.exp_w + e);
    hn::Store(h, f, rows.exp_h + e);
    derivative(t_minus, rows.d_minus + e, slopes ? rows.slope_minus + e : nullptr);
    derivative(t_plus, rows.d_plus + e, slopes ? rows.slope_plus + e : nullptr);
  }
}

// What the backward pass needs of a feature.
HWY_INLINE void record(std::size_t bins, const BinRows& rows, float* saved) {
  const D d;
  const VD inverse_room = constant(1 / (1 - static_cast<double>(bins) * kBinFloor));
  for (std::size_t e = 0; e < kFlowTile; e += kDoubleLanes) {
    auto load = [&](const double* from) { return hn::Load(d, from + e); };
    // shares of the softmax left of the bin, floors taken off: (W_left - k floor)/(1 - K floor)
    const VD floors = hn::Mul(load_double(rows.k + e), constant(kBinFloor));
    const VD values[] = {hn::Mul(load(rows.norm_w), inverse_room), hn::Mul(load(rows.norm_h), inverse_room),
                         hn::Mul(hn::Sub(load(rows.left_w), floors), inverse_room),
                         hn::Mul(hn::Sub(load(rows.left_h), floors), inverse_room)};
    for (std::size_t i = 0; i < 4; ++i) store_float(values[i], saved + (i + 1) * kFlowTile + e);
  }
  std::copy_n(rows.k, kFlowTile, saved);
  std::copy_n(rows.slope_minus, kFlowTile, saved + 5 * kFlowTile);
  std::copy_n(rows.slope_plus, kFlowTile, saved + 6 * kFlowTile);
}

// One feature of a tile; `product` collects the derivatives d latent / d data. Formulas (thesis, 3.49 to 3.51) times
// the width of the bin, which leaves two divisions.
HWY_INLINE void spline_feature(Direction direction, bool gradient, std::size_t bins, float* p, double* x,
                               double* product, double* spline, float* saved) {
  exponentials(bins, p);
  exponentials(bins, p + bins * kFlowTile);
  BinRows rows;
  find_bins(direction, bins, p, x, rows);
  select_bins(gradient, bins, p, rows);
  const D d;
  const VD zero = hn::Zero(d), one = constant(1), floor = constant(kBinFloor);
  for (std::size_t e = 0; e < kFlowTile; e += kDoubleLanes) {
    const VD value = hn::Load(d, x + e), left_w = hn::Load(d, rows.left_w + e), left_h = hn::Load(d, rows.left_h + e);
    const VD w = hn::MulAdd(load_double(rows.exp_w + e), hn::Load(d, rows.norm_w + e), floor);
    const VD h = hn::MulAdd(load_double(rows.exp_h + e), hn::Load(d, rows.norm_h + e), floor);
    const VD dm = load_double(rows.d_minus + e), dp = load_double(rows.d_plus + e);
    const VD dmw = hn::Mul(dm, w), dpw = hn::Mul(dp, w), twice_h = hn::Add(h, h);
    const VD cw = hn::Sub(hn::Add(dmw, dpw), twice_h);
    VD xi, inverse_w = zero;
    if (direction == Direction::density) {
      inverse_w = hn::Div(one, w);
      xi = hn::Mul(hn::Sub(value, left_w), inverse_w);
    } else {
      const VD y = hn::Sub(value, left_h), t = hn::Mul(y, cw), hy = hn::Mul(twice_h, y);
      const VD qa = hn::MulAdd(h, hn::Sub(h, dmw), t), qb = hn::MulSub(h, dmw, t);
      const VD root = hn::Sqrt(hn::Max(zero, hn::MulAdd(hn::Add(qa, qa), hy, hn::Mul(qb, qb))));
      xi = hn::Div(hy, hn::Add(qb, root));
    }
    xi = hn::Min(one, hn::Max(zero, xi));
    const VD eta = hn::Sub(one, xi), m = hn::Mul(xi, eta), den = hn::MulAdd(cw, m, h), xi2 = hn::Mul(xi, xi);
    const VD q = hn::MulAdd(dpw, xi2, hn::MulAdd(twice_h, m, hn::Mul(dmw, hn::Mul(eta, eta))));
    const VD hhq = hn::Mul(hn::Mul(h, h), q);
    VD image, slope;
    if (direction == Direction::sample) {
      image = hn::MulAdd(xi, w, left_w);
      slope = hn::Div(hhq, hn::Mul(w, hn::Mul(den, den)));
    } else {
      const VD inverse_den = hn::Div(one, den), num = hn::MulAdd(h, xi2, hn::Mul(dmw, m));
      image = hn::MulAdd(h, hn::Mul(num, inverse_den), left_h);
      slope = hn::Mul(hn::Mul(hhq, inverse_w), hn::Mul(inverse_den, inverse_den));
    }
    hn::Store(hn::Mul(hn::Load(d, product + e), slope), d, product + e);
    hn::Store(hn::Min(one, image), d, x + e);
    if (!gradient) continue;
    const VD doubles[FlowTape::kSplineDoubles] = {xi, w, h, dm, dp};
    for (std::size_t i = 0; i < FlowTape::kSplineDoubles; ++i) hn::Store(doubles[i], d, spline + i * kFlowTile + e);
  }
  if (gradient) record(bins, rows, saved);
}

HWY_INLINE void spline_block(Direction direction, bool gradient, std::size_t bins, const CouplingBlock& block,
                             double* x, double* log_density, FlowTape::Block& tape) {
  const D d;
  HWY_ALIGN double product[kFlowTile];
  for (double& v : product) v = 1;
  float* p = tape.rows.back().data();
  const std::size_t n = block.transformed.size();
  for (std::size_t i = 0; i < n; ++i) {
    spline_feature(direction, gradient, bins, p + i * (3 * bins + 1) * kFlowTile, x + block.transformed[i] * kFlowTile,
                   product, tape.spline.data() + i * FlowTape::kSplineDoubles * kFlowTile,
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
  const VD inverse_wh = hn::Div(one, hn::Mul(w, h)), inverse_w = hn::Mul(h, inverse_wh);
  const VD s = hn::Mul(h, inverse_w), inverse_s = hn::Mul(hn::Mul(w, w), inverse_wh), eta = hn::Sub(one, xi),
           m = hn::Mul(xi, eta);
  const VD xi2 = hn::Mul(xi, xi), eta2 = hn::Mul(eta, eta), dxi_m = hn::Sub(eta, xi);
  const VD c = hn::Sub(hn::Add(dm, dp), hn::Add(s, s)), den = hn::MulAdd(c, m, s);
  const VD q = hn::MulAdd(dp, xi2, hn::MulAdd(hn::Add(s, s), m, hn::Mul(dm, eta2)));
  const VD i_both = hn::Div(one, hn::Mul(den, q)), i_den = hn::Mul(q, i_both), i_q = hn::Mul(den, i_both);
  const VD r = hn::Mul(hn::MulAdd(s, xi2, hn::Mul(dm, m)), i_den);
  const VD gy = hn::Mul(hn::Mul(adjoint, h), i_den);  // of N and, times -r, of the denominator
  const VD gq = hn::Mul(factor, i_q);                 // of Q
  const VD gd = hn::NegMulAdd(gy, r, hn::Neg(hn::Mul(hn::Add(factor, factor), i_den)));  // of the denominator
  const VD g_xi = hn::MulAdd(
      gy, hn::MulAdd(hn::Mul(two, s), xi, hn::Mul(dm, dxi_m)),
      hn::MulAdd(gd, hn::Mul(c, dxi_m),
                 hn::Mul(hn::Mul(two, gq), hn::Sub(hn::MulAdd(dp, xi, hn::Mul(s, dxi_m)), hn::Mul(dm, eta)))));
  const VD g_s = hn::MulAdd(gy, xi2,
                            hn::MulAdd(gd, hn::NegMulAdd(two, m, one),
                                       hn::MulAdd(gq, hn::Mul(two, m), hn::Mul(hn::Mul(two, factor), inverse_s))));
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
