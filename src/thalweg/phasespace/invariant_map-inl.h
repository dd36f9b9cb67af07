// InvariantMap for vectors of events: included once for each SIMD target.
#if defined(THALWEG_PHASESPACE_INVARIANT_MAP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_PHASESPACE_INVARIANT_MAP_INL_H_
#undef THALWEG_PHASESPACE_INVARIANT_MAP_INL_H_
#else
#define THALWEG_PHASESPACE_INVARIANT_MAP_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>

#include <numbers>

#include "thalweg/base/double_lanes-inl.h"
#include "thalweg/phasespace/invariant_map.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

// The exponents that the channels use go without a logarithm.
HWY_INLINE VD straighten(const InvariantMap& map, VD s) {
  const D d;
  const VD x = hn::Add(s, constant(map.shift));
  if (map.nu == 0) return x;
  if (map.nu == 0.5) return hn::Sqrt(x);
  if (map.nu == 1.5) return hn::Div(constant(1), hn::Sqrt(x));
  if (map.nu == 2) return hn::Div(constant(1), x);
  const VD log_x = hn::Log(d, x);
  return map.nu == 1 ? log_x : hn::Exp(d, hn::Mul(constant(1 - map.nu), log_x));
}

HWY_INLINE VD bend(const InvariantMap& map, VD t) {
  const D d;
  const VD shift = constant(map.shift);
  if (map.nu == 0) return hn::Sub(t, shift);
  if (map.nu == 0.5) return hn::Sub(hn::Mul(t, t), shift);
  if (map.nu == 1.5) return hn::Sub(hn::Div(constant(1), hn::Mul(t, t)), shift);
  if (map.nu == 2) return hn::Sub(hn::Div(constant(1), t), shift);
  const VD log_x = map.nu == 1 ? t : hn::Mul(constant(1 / (1 - map.nu)), hn::Log(d, t));
  return hn::Sub(hn::Exp(d, log_x), shift);
}

// ds / d straighten(s)
HWY_INLINE VD stretch(const InvariantMap& map, VD s) {
  const D d;
  const VD x = hn::Add(s, constant(map.shift));
  if (map.nu == 0) return constant(1);
  if (map.nu == 0.5) return hn::Mul(constant(2), hn::Sqrt(x));
  if (map.nu == 1) return x;
  if (map.nu == 1.5) return hn::Mul(constant(-2), hn::Mul(x, hn::Sqrt(x)));
  if (map.nu == 2) return hn::Neg(hn::Mul(x, x));
  return hn::Mul(constant(1 / (1 - map.nu)), hn::Exp(d, hn::Mul(constant(map.nu), hn::Log(d, x))));
}

// The massive map, as in invariant_map.cpp.
HWY_INLINE VD pole_angle(const InvariantMap& map, VD lo, VD s) {
  const VD mg = constant(map.m_gamma), m2 = constant(map.m2), zero = constant(0);
  const VD y = hn::Mul(mg, hn::Max(hn::Sub(s, lo), zero)),
           x = hn::MulAdd(mg, mg, hn::Mul(hn::Sub(s, m2), hn::Sub(lo, m2)));
  // atan2(y, x) for y >= 0
  const auto right = hn::Gt(x, y);
  const VD ratio =
      hn::Div(hn::IfThenElse(right, y, hn::Neg(x)), hn::Max(hn::IfThenElse(right, x, y), constant(1e-300)));
  return hn::Add(hn::Atan(D(), ratio), hn::IfThenElse(right, zero, constant(std::numbers::pi / 2)));
}
HWY_INLINE VD at_pole_angle(const InvariantMap& map, VD lo, VD t) {
  const D d;
  const VD mg = constant(map.m_gamma), a = hn::Sub(lo, constant(map.m2)), sine = hn::Sin(d, t);
  return hn::MulAdd(hn::MulAdd(a, a, hn::Mul(mg, mg)),
                    hn::Div(sine, hn::NegMulAdd(a, sine, hn::Mul(mg, hn::Cos(d, t)))), lo);
}
// ds / d angle
HWY_INLINE VD pole_stretch(const InvariantMap& map, VD s) {
  const VD off = hn::Sub(s, constant(map.m2)), mg = constant(map.m_gamma);
  return hn::Div(hn::MulAdd(off, off, hn::Mul(mg, mg)), mg);
}

// `volume` is 1/g; 0 where hi > lo is not so, or where s lies outside.
struct Mapped {
  VD value, volume;
};

// Of Kind::volume: z = v^k (k + 1 - k v), v = u^2, by bisection in u; and du/dz.
HWY_INLINE VD volume_share(int k, VD u) {
  const VD v = hn::Mul(u, u);
  VD power = v;
  for (int i = 1; i < k; ++i) power = hn::Mul(power, v);
  return hn::Mul(power, hn::NegMulAdd(constant(k), v, constant(k + 1)));
}
HWY_INLINE VD volume_root(int k, VD z) {
  VD below = constant(0), above = constant(1);
  for (int i = 0; i < 54; ++i) {
    const VD middle = hn::Mul(constant(0.5), hn::Add(below, above));
    const auto low = hn::Lt(volume_share(k, middle), z);
    below = hn::IfThenElse(low, middle, below);
    above = hn::IfThenElse(low, above, middle);
  }
  return above;
}
HWY_INLINE VD volume_stretch(int k, VD u) {
  VD power = u;
  for (int i = 1; i < k; ++i) power = hn::Mul(power, hn::Mul(u, u));
  return hn::Div(constant(1.0 / (2 * k * (k + 1))), hn::Mul(power, hn::NegMulAdd(u, u, constant(1))));
}

HWY_INLINE Mapped map_forward(const InvariantMap& map, VD z, VD lo, VD hi) {
  if (map.kind == InvariantMap::Kind::volume) {
    const VD least = hn::Sqrt(lo), range = hn::Sub(hn::Sqrt(hi), least), u = volume_root(map.k, z);
    const VD m = hn::MulAdd(u, range, least),
             volume = hn::Mul(hn::Mul(constant(2), m), hn::Mul(range, volume_stretch(map.k, u)));
    return {hn::Min(hn::Max(hn::Mul(m, m), lo), hi), hn::IfThenElseZero(hn::Gt(hi, lo), volume)};
  }
  if (map.kind == InvariantMap::Kind::massive) {
    const VD range = pole_angle(map, lo, hi);
    const VD s = hn::Min(hn::Max(at_pole_angle(map, lo, hn::Mul(z, range)), lo), hi);
    return {s, hn::IfThenElseZero(hn::Gt(hi, lo), hn::Mul(range, pole_stretch(map, s)))};
  }
  const VD a = straighten(map, lo), width = hn::Sub(straighten(map, hi), a);
  const VD s = hn::Min(hn::Max(bend(map, hn::MulAdd(width, z, a)), lo), hi);
  return {s, hn::IfThenElseZero(hn::Gt(hi, lo), hn::Mul(width, stretch(map, s)))};
}

HWY_INLINE Mapped map_inverse(const InvariantMap& map, VD s, VD lo, VD hi) {
  const auto inside = hn::And(hn::Gt(hi, lo), hn::And(hn::Ge(s, lo), hn::Le(s, hi)));
  if (map.kind == InvariantMap::Kind::volume) {
    const VD least = hn::Sqrt(lo), range = hn::Sub(hn::Sqrt(hi), least), m = hn::Sqrt(s),
             u = hn::Div(hn::Sub(m, least), range);
    const VD volume = hn::Mul(hn::Mul(constant(2), m), hn::Mul(range, volume_stretch(map.k, u)));
    return {volume_share(map.k, u), hn::IfThenElseZero(inside, volume)};
  }
  if (map.kind == InvariantMap::Kind::massive) {
    const VD range = pole_angle(map, lo, hi);
    return {hn::Div(pole_angle(map, lo, s), range), hn::IfThenElseZero(inside, hn::Mul(range, pole_stretch(map, s)))};
  }
  const VD a = straighten(map, lo), width = hn::Sub(straighten(map, hi), a);
  return {hn::Div(hn::Sub(straighten(map, s), a), width), hn::IfThenElseZero(inside, hn::Mul(width, stretch(map, s)))};
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
