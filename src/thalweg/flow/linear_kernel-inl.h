// Products of weights and tiles: included once for each SIMD target.
#if defined(THALWEG_FLOW_LINEAR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_FLOW_LINEAR_INL_H_
#undef THALWEG_FLOW_LINEAR_INL_H_
#else
#define THALWEG_FLOW_LINEAR_INL_H_
#endif

#include <hwy/highway.h>

#include "thalweg/flow/flow_layout.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F = hn::ScalableTag<float>;
using VF = hn::Vec<F>;
inline constexpr std::size_t kLanes = hn::MaxLanes(F());

// Accumulators of a register block: kRows x kVectors. 24 of 32 registers with AVX-512, 12 of 16 below.
inline constexpr std::size_t kRows = 6, kVectors = HWY_TARGET <= HWY_AVX3 ? 4 : 2;

// R rows by V vectors of out[r][e] = bias[r] + sum_c w[r * row_step + c * column_step] in[c][e].
template <std::size_t R, std::size_t V>
HWY_INLINE void multiply_block(const float* HWY_RESTRICT w, std::size_t row_step, std::size_t column_step,
                               std::size_t columns, const float* HWY_RESTRICT in, const float* bias,
                               float* HWY_RESTRICT out) {
  const F f;
  VF sum[R][V];
  for (std::size_t r = 0; r < R; ++r)
    for (std::size_t v = 0; v < V; ++v) sum[r][v] = bias ? hn::Set(f, bias[r]) : hn::Zero(f);
  for (std::size_t c = 0; c < columns; ++c) {
    VF x[V];
    for (std::size_t v = 0; v < V; ++v) x[v] = hn::Load(f, in + c * kFlowTile + v * kLanes);
    for (std::size_t r = 0; r < R; ++r) {
      const VF weight = hn::Set(f, w[r * row_step + c * column_step]);
      for (std::size_t v = 0; v < V; ++v) sum[r][v] = hn::MulAdd(weight, x[v], sum[r][v]);
    }
  }
  for (std::size_t r = 0; r < R; ++r)
    for (std::size_t v = 0; v < V; ++v) hn::Store(sum[r][v], f, out + r * kFlowTile + v * kLanes);
}

template <std::size_t R>
HWY_INLINE void multiply_rows(const float* w, std::size_t row_step, std::size_t column_step, std::size_t columns,
                              const float* in, const float* bias, float* out) {
  for (std::size_t e = 0; e < kFlowTile; e += kVectors * kLanes)
    multiply_block<R, kVectors>(w, row_step, column_step, columns, in + e, bias, out + e);
}

// All rows: W by rows (steps stride, 1) or its transpose (1, stride). bias may be null.
HWY_INLINE void multiply(const float* w, std::size_t row_step, std::size_t column_step, std::size_t rows,
                         std::size_t columns, const float* in, const float* bias, float* out) {
  std::size_t r = 0;
  for (; r + kRows <= rows; r += kRows)
    multiply_rows<kRows>(w + r * row_step, row_step, column_step, columns, in, bias ? bias + r : nullptr,
                         out + r * kFlowTile);
  const float* rest = bias ? bias + r : nullptr;
  const float* from = w + r * row_step;
  float* to = out + r * kFlowTile;
  switch (rows - r) {
    case 5: multiply_rows<5>(from, row_step, column_step, columns, in, rest, to); break;
    case 4: multiply_rows<4>(from, row_step, column_step, columns, in, rest, to); break;
    case 3: multiply_rows<3>(from, row_step, column_step, columns, in, rest, to); break;
    case 2: multiply_rows<2>(from, row_step, column_step, columns, in, rest, to); break;
    case 1: multiply_rows<1>(from, row_step, column_step, columns, in, rest, to); break;
    default: break;
  }
}

// Adds the sums over lanes of a, b, c, d to out[0..3].
HWY_INLINE void add_lane_sums(VF a, VF b, VF c, VF d, float* HWY_RESTRICT out) {
#if HWY_TARGET == HWY_SCALAR
  const VF sums[4] = {a, b, c, d};
  for (std::size_t i = 0; i < 4; ++i) out[i] += hn::GetLane(sums[i]);
#else
  const F f;
  const hn::Repartition<double, F> pairs;  // moves two floats at once
  const VF ab = hn::Add(hn::InterleaveLower(f, a, b), hn::InterleaveUpper(f, a, b));
  const VF cd = hn::Add(hn::InterleaveLower(f, c, d), hn::InterleaveUpper(f, c, d));
  const auto ab2 = hn::BitCast(pairs, ab), cd2 = hn::BitCast(pairs, cd);
  // each block of four lanes: partial sums of a, b, c, d
  const VF sums = hn::Add(hn::BitCast(f, hn::InterleaveLower(pairs, ab2, cd2)),
                          hn::BitCast(f, hn::InterleaveUpper(pairs, ab2, cd2)));
  const hn::FixedTag<float, 4> block;
  auto total = hn::LoadU(block, out);
#if HWY_TARGET <= HWY_AVX3
  const hn::Half<F> half;
  const auto eight = hn::Add(hn::LowerHalf(half, sums), hn::UpperHalf(half, sums));
  const hn::Half<decltype(half)> quarter;
  total = hn::Add(total, hn::Add(hn::LowerHalf(quarter, eight), hn::UpperHalf(quarter, eight)));
#elif HWY_TARGET <= HWY_AVX2
  const hn::Half<F> half;
  total = hn::Add(total, hn::Add(hn::LowerHalf(half, sums), hn::UpperHalf(half, sums)));
#else
  total = hn::Add(total, sums);
#endif
  hn::StoreU(total, block, out);
#endif
}

// R x 4 block of gradient[o][i] += sum_e delta[o][e] in[i][e].
template <std::size_t R>
HWY_INLINE void gradient_block(const float* HWY_RESTRICT delta, const float* HWY_RESTRICT in, std::size_t stride,
                               float* HWY_RESTRICT gradient) {
  const F f;
  VF sum[R][4];
  for (std::size_t r = 0; r < R; ++r)
    for (std::size_t i = 0; i < 4; ++i) sum[r][i] = hn::Zero(f);
  for (std::size_t e = 0; e < kFlowTile; e += kLanes) {
    VF x[4];
    for (std::size_t i = 0; i < 4; ++i) x[i] = hn::Load(f, in + i * kFlowTile + e);
    for (std::size_t r = 0; r < R; ++r) {
      const VF y = hn::Load(f, delta + r * kFlowTile + e);
      for (std::size_t i = 0; i < 4; ++i) sum[r][i] = hn::MulAdd(x[i], y, sum[r][i]);
    }
  }
  for (std::size_t r = 0; r < R; ++r) add_lane_sums(sum[r][0], sum[r][1], sum[r][2], sum[r][3], gradient + r * stride);
}

inline constexpr std::size_t kGradientRows = HWY_TARGET <= HWY_AVX3 ? 6 : 2;

HWY_INLINE void weight_gradient(const float* delta, std::size_t rows, const float* in, std::size_t stride,
                                float* gradient) {
  for (std::size_t i = 0; i < stride; i += 4) {
    const float* x = in + i * kFlowTile;
    float* to = gradient + i;
    std::size_t r = 0;
    for (; r + kGradientRows <= rows; r += kGradientRows)
      gradient_block<kGradientRows>(delta + r * kFlowTile, x, stride, to + r * stride);
    switch (rows - r) {
      case 5: gradient_block<5>(delta + r * kFlowTile, x, stride, to + r * stride); break;
      case 4: gradient_block<4>(delta + r * kFlowTile, x, stride, to + r * stride); break;
      case 3: gradient_block<3>(delta + r * kFlowTile, x, stride, to + r * stride); break;
      case 2: gradient_block<2>(delta + r * kFlowTile, x, stride, to + r * stride); break;
      case 1: gradient_block<1>(delta + r * kFlowTile, x, stride, to + r * stride); break;
      default: break;
    }
  }
}

HWY_INLINE void bias_gradient(const float* delta, std::size_t rows, float* gradient) {
  const F f;
  for (std::size_t r = 0; r < rows; r += 4) {
    VF sum[4] = {hn::Zero(f), hn::Zero(f), hn::Zero(f), hn::Zero(f)};
    const std::size_t n = rows - r < 4 ? rows - r : 4;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t e = 0; e < kFlowTile; e += kLanes)
        sum[i] = hn::Add(sum[i], hn::Load(f, delta + (r + i) * kFlowTile + e));
    float part[4] = {0, 0, 0, 0};
    add_lane_sums(sum[0], sum[1], sum[2], sum[3], part);
    for (std::size_t i = 0; i < n; ++i) gradient[r + i] += part[i];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
