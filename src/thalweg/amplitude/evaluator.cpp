// Kernel: a tile of kTile events goes through the whole program, currents stay in L1/L2.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thalweg/amplitude/evaluator.cpp"
#include "thalweg/amplitude/evaluator.h"

// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using V = hn::Vec<D>;

constexpr std::size_t kTile = 16;

struct C {
  V re, im;
};
HWY_INLINE C operator+(C a, C b) { return {hn::Add(a.re, b.re), hn::Add(a.im, b.im)}; }
HWY_INLINE C operator-(C a, C b) { return {hn::Sub(a.re, b.re), hn::Sub(a.im, b.im)}; }
HWY_INLINE C operator*(C a, C b) {
  return {hn::NegMulAdd(a.im, b.im, hn::Mul(a.re, b.re)), hn::MulAdd(a.im, b.re, hn::Mul(a.re, b.im))};
}
HWY_INLINE C operator*(V a, C b) { return {hn::Mul(a, b.re), hn::Mul(a, b.im)}; }
HWY_INLINE C times_i(C a) { return {hn::Neg(a.im), a.re}; }
HWY_INLINE V set(double x) { return hn::Set(D(), x); }

// Current k holds component c as kTile reals and kTile imaginary parts.
struct Storage {
  double* currents;
  double* momenta;      // of external legs, then of momentum sums: [index][4][kTile]
  double* angles;       // of external legs: HalfAngle and sqrt(E + |p|), [leg][6][kTile]
  double* propagators;  // [index][2][kTile]
  HWY_INLINE double* slot(int current, std::size_t component, std::size_t lane) const {
    return currents + (static_cast<std::size_t>(current) * 8 + component * 2) * kTile + lane;
  }
  HWY_INLINE C load(int current, std::size_t component, std::size_t lane) const {
    const double* p = slot(current, component, lane);
    return {hn::Load(D(), p), hn::Load(D(), p + kTile)};
  }
  HWY_INLINE void store(int current, std::size_t component, std::size_t lane, C value) const {
    double* p = slot(current, component, lane);
    hn::Store(value.re, D(), p);
    hn::Store(value.im, D(), p + kTile);
  }
  HWY_INLINE V momentum(std::size_t index, std::size_t mu, std::size_t lane) const {
    return hn::Load(D(), momenta + (index * 4 + mu) * kTile + lane);
  }
};

// Half-angle spinor of a momentum: chi_+ = (c, s e^{i phi}), chi_- = (-s e^{-i phi}, c), with |p|.
struct HalfAngle {
  V c, s, cos_phi, sin_phi, p;
};
HWY_INLINE HalfAngle half_angle(V x, V y, V z) {
  const D d;
  const V zero = hn::Zero(d), one = set(1);
  const V pt2 = hn::MulAdd(x, x, hn::Mul(y, y));
  const V p = hn::Sqrt(hn::MulAdd(z, z, pt2)), pt = hn::Sqrt(pt2);
  const auto at_rest = hn::Eq(p, zero), along = hn::Eq(pt, zero);
  const V safe_p = hn::IfThenElse(at_rest, one, p), safe_pt = hn::IfThenElse(along, one, pt);
  // The larger of cos and sin of theta/2 first; the other from p_T, which does not cancel.
  const V large = hn::IfThenElse(at_rest, one, hn::Sqrt(hn::Div(hn::Add(p, hn::Abs(z)), hn::Add(safe_p, safe_p))));
  const V small = hn::Div(pt, hn::Mul(hn::Add(safe_p, safe_p), large));
  const auto forward = hn::Ge(z, zero);
  return {hn::IfThenElse(forward, large, small), hn::IfThenElse(forward, small, large),
          hn::IfThenElse(along, one, hn::Div(x, safe_pt)), hn::IfThenElse(along, zero, hn::Div(y, safe_pt)), p};
}

// All that the spinors and polarisations of a leg need, once for all helicities.
HWY_INLINE void store_angles(const Storage& st, std::size_t leg, std::size_t lane) {
  const HalfAngle h = half_angle(st.momentum(leg, 1, lane), st.momentum(leg, 2, lane), st.momentum(leg, 3, lane));
  const V omega = hn::Sqrt(hn::Add(st.momentum(leg, 0, lane), h.p));
  double* out = st.angles + leg * 6 * kTile + lane;
  for (const V& v : {h.c, h.s, h.cos_phi, h.sin_phi, h.p, omega}) {
    hn::Store(v, D(), out);
    out += kTile;
  }
}
HWY_INLINE V angle(const Storage& st, std::size_t leg, std::size_t k, std::size_t lane) {
  return hn::Load(D(), st.angles + (leg * 6 + k) * kTile + lane);
}
HWY_INLINE HalfAngle load_angles(const Storage& st, std::size_t leg, std::size_t lane) {
  return {angle(st, leg, 0, lane), angle(st, leg, 1, lane), angle(st, leg, 2, lane), angle(st, leg, 3, lane),
          angle(st, leg, 4, lane)};
}

HWY_INLINE void external_spinor(const Op& op, const Storage& st, std::size_t lane) {
  const auto leg = static_cast<std::size_t>(op.leg);
  const HalfAngle angles = load_angles(st, leg, lane);
  const bool row = op.kind == OpKind::external_row;
  const bool is_u = row != op.incoming;
  const V omega_plus = angle(st, leg, 5, lane);
  const V omega_minus = op.mass > 0 ? hn::Div(set(op.mass), omega_plus) : hn::Zero(D());
  // u: chi_h, v: chi_{-h}
  const int chi = is_u ? op.helicity : -op.helicity;
  const C zero_phase = {angles.c, hn::Zero(D())};
  const C plus_phase = {hn::Mul(angles.s, angles.cos_phi), hn::Mul(angles.s, angles.sin_phi)};
  const C minus_phase = {hn::Neg(plus_phase.re), plus_phase.im};
  C first = chi > 0 ? zero_phase : minus_phase;
  C second = chi > 0 ? plus_phase : zero_phase;
  // u = (omega_{-h} chi, omega_h chi);  v = (-h omega_h chi, h omega_{-h} chi)
  const double h = op.helicity;
  const V with_h = op.helicity > 0 ? omega_plus : omega_minus;
  const V against_h = op.helicity > 0 ? omega_minus : omega_plus;
  V up = is_u ? against_h : hn::Mul(set(-h), with_h);
  V low = is_u ? with_h : hn::Mul(set(h), against_h);
  if (row) {  // psi-bar = psi^dagger gamma^0: conjugate, halves swapped
    first.im = hn::Neg(first.im);
    second.im = hn::Neg(second.im);
    const V t = up;
    up = low;
    low = t;
  }
  st.store(op.out, 0, lane, up * first);
  st.store(op.out, 1, lane, up * second);
  st.store(op.out, 2, lane, low * first);
  st.store(op.out, 3, lane, low * second);
}

// eps_+- = (0, -+cos(th)cos(ph) + i sin(ph), -+cos(th)sin(ph) - i cos(ph), +-sin(th)) / sqrt2,
// eps_0 = (|p|, E p-hat) / m; complex conjugate for outgoing vectors.
HWY_INLINE void external_vector(const Op& op, const Storage& st, std::size_t lane) {
  const auto leg = static_cast<std::size_t>(op.leg);
  const V e = st.momentum(leg, 0, lane);
  const HalfAngle a = load_angles(st, leg, lane);
  const V zero = hn::Zero(D());
  const V cos_theta = hn::Mul(hn::Sub(a.c, a.s), hn::Add(a.c, a.s));
  const V sin_theta = hn::Mul(set(2), hn::Mul(a.c, a.s));
  C out[4] = {{zero, zero}, {zero, zero}, {zero, zero}, {zero, zero}};
  if (op.helicity == 0) {
    const V em = hn::Div(e, set(op.mass));
    out[0].re = hn::Div(a.p, set(op.mass));
    out[1].re = hn::Mul(em, hn::Mul(sin_theta, a.cos_phi));
    out[2].re = hn::Mul(em, hn::Mul(sin_theta, a.sin_phi));
    out[3].re = hn::Mul(em, cos_theta);
  } else {
    const double r = 0.70710678118654752440;
    const V h = set(-op.helicity * r);
    const V conj = set(op.incoming ? r : -r);
    out[1] = {hn::Mul(h, hn::Mul(cos_theta, a.cos_phi)), hn::Mul(conj, a.sin_phi)};
    out[2] = {hn::Mul(h, hn::Mul(cos_theta, a.sin_phi)), hn::Neg(hn::Mul(conj, a.cos_phi))};
    out[3].re = hn::Neg(hn::Mul(h, sin_theta));
  }
  for (std::size_t mu = 0; mu < 4; ++mu) st.store(op.out, mu, lane, out[mu]);
}

HWY_INLINE void load_momentum(int index, const Storage& st, std::size_t legs, std::size_t lane, V k[4]) {
  for (std::size_t mu = 0; mu < 4; ++mu) k[mu] = st.momentum(legs + static_cast<std::size_t>(index), mu, lane);
}

HWY_INLINE void store_propagator(const Propagator& p, const Storage& st, std::size_t legs, std::size_t number,
                                 std::size_t lane) {
  V k[4];
  load_momentum(p.momentum, st, legs, lane, k);
  const V k2 = hn::NegMulAdd(k[3], k[3], hn::NegMulAdd(k[2], k[2], hn::NegMulAdd(k[1], k[1], hn::Mul(k[0], k[0]))));
  const V re = hn::Sub(k2, set(p.mass * p.mass)), im = set(p.mass * p.width);
  const V norm = hn::Div(set(1), hn::MulAdd(re, re, hn::Mul(im, im)));
  hn::Store(hn::Mul(re, norm), D(), st.propagators + number * 2 * kTile + lane);
  hn::Store(hn::Neg(hn::Mul(im, norm)), D(), st.propagators + (number * 2 + 1) * kTile + lane);
}
HWY_INLINE C load_propagator(const Op& op, const Storage& st, std::size_t lane) {
  const double* p = st.propagators + static_cast<std::size_t>(op.propagator) * 2 * kTile + lane;
  return {hn::Load(D(), p), hn::Load(D(), p + kTile)};
}

// psi-bar gamma^mu (left P_L + right P_R) psi, only the halves that are there.
HWY_INLINE void bilinear(const Op& op, const Storage& st, std::size_t lane, C j[4]) {
  const C zero = {hn::Zero(D()), hn::Zero(D())};
  for (int mu = 0; mu < 4; ++mu) j[mu] = zero;
  if (op.left != 0 && op.row_lower && op.column_upper) {
    const C a0 = st.load(op.a, 2, lane), a1 = st.load(op.a, 3, lane);
    const C b0 = st.load(op.c, 0, lane), b1 = st.load(op.c, 1, lane);
    const V g = set(op.left);
    const C p00 = a0 * b0, p11 = a1 * b1, p01 = a0 * b1, p10 = a1 * b0;
    j[0] = g * (p00 + p11);
    j[1] = set(-op.left) * (p01 + p10);
    j[2] = g * times_i(p01 - p10);
    j[3] = g * (p11 - p00);
  }
  if (op.right != 0 && op.row_upper && op.column_lower) {
    const C a0 = st.load(op.a, 0, lane), a1 = st.load(op.a, 1, lane);
    const C b0 = st.load(op.c, 2, lane), b1 = st.load(op.c, 3, lane);
    const V g = set(op.right);
    const C p00 = a0 * b0, p11 = a1 * b1, p01 = a0 * b1, p10 = a1 * b0;
    j[0] = j[0] + g * (p00 + p11);
    j[1] = j[1] + g * (p01 + p10);
    j[2] = j[2] + g * times_i(p10 - p01);
    j[3] = j[3] + g * (p00 - p11);
  }
}

HWY_INLINE void vector_current(const Op& op, const Storage& st, std::size_t legs, std::size_t lane) {
  C j[4];
  bilinear(op, st, lane, j);
  const C propagator = load_propagator(op, st, lane);
  if (op.mass > 0 && !op.conserved) {  // unitary gauge: J - k (k.J) / M^2
    V k[4];
    load_momentum(op.momentum, st, legs, lane, k);
    const C kj = set(1 / (op.mass * op.mass)) * (((k[0] * j[0] - k[1] * j[1]) - k[2] * j[2]) - k[3] * j[3]);
    for (int mu = 0; mu < 4; ++mu) j[mu] = j[mu] - k[mu] * kj;
  }
  for (std::size_t mu = 0; mu < 4; ++mu) st.store(op.out, mu, lane, propagator * j[mu]);
}

// The 2x2 matrices of v-slash: bar = v0 + v.sigma takes upper to lower, plain = v0 - v.sigma lower to upper.
struct Slash {
  C m00, m01, m10, m11;
};
HWY_INLINE Slash slash_bar(const C v[4]) {
  return {v[0] + v[3], v[1] - times_i(v[2]), v[1] + times_i(v[2]), v[0] - v[3]};
}
HWY_INLINE Slash slash_plain(const C v[4]) {
  return {v[0] - v[3], times_i(v[2]) - v[1], C{hn::Neg(v[1].re), hn::Neg(v[1].im)} - times_i(v[2]), v[0] + v[3]};
}

// row, vector -> row' = -(row V (left P_L + right P_R)) (p-slash + m) / D with p the momentum of the
// line out of the diagram; column, vector -> column' = -(p-slash + m) V (...) column / D with -p.
template <bool kRow>
HWY_INLINE void fermion_current(const Op& op, const Storage& st, std::size_t legs, std::size_t lane) {
  const int in = kRow ? op.a : op.c;
  C v[4];
  for (std::size_t mu = 0; mu < 4; ++mu) v[mu] = st.load(op.b, mu, lane);
  V k[4];
  load_momentum(op.momentum, st, legs, lane, k);
  const V zero = hn::Zero(D());
  C p[4];
  for (int mu = 0; mu < 4; ++mu) p[mu] = {kRow ? k[mu] : hn::Neg(k[mu]), zero};
  const Slash vb = slash_bar(v), vp = slash_plain(v), pb = slash_bar(p), pp = slash_plain(p);
  const C u0 = st.load(in, 0, lane), u1 = st.load(in, 1, lane), l0 = st.load(in, 2, lane), l1 = st.load(in, 3, lane);
  const V gl = set(op.left), gr = set(op.right);
  C x_u0, x_u1, x_l0, x_l1, y_u0, y_u1, y_l0, y_l1;
  if (kRow) {
    x_u0 = gl * (l0 * vb.m00 + l1 * vb.m10), x_u1 = gl * (l0 * vb.m01 + l1 * vb.m11);
    x_l0 = gr * (u0 * vp.m00 + u1 * vp.m10), x_l1 = gr * (u0 * vp.m01 + u1 * vp.m11);
    y_u0 = x_l0 * pb.m00 + x_l1 * pb.m10, y_u1 = x_l0 * pb.m01 + x_l1 * pb.m11;
    y_l0 = x_u0 * pp.m00 + x_u1 * pp.m10, y_l1 = x_u0 * pp.m01 + x_u1 * pp.m11;
  } else {
    x_l0 = gl * (vb.m00 * u0 + vb.m01 * u1), x_l1 = gl * (vb.m10 * u0 + vb.m11 * u1);
    x_u0 = gr * (vp.m00 * l0 + vp.m01 * l1), x_u1 = gr * (vp.m10 * l0 + vp.m11 * l1);
    y_l0 = pb.m00 * x_u0 + pb.m01 * x_u1, y_l1 = pb.m10 * x_u0 + pb.m11 * x_u1;
    y_u0 = pp.m00 * x_l0 + pp.m01 * x_l1, y_u1 = pp.m10 * x_l0 + pp.m11 * x_l1;
  }
  const V m = set(op.mass);
  const C minus_d = set(-1) * load_propagator(op, st, lane);
  st.store(op.out, 0, lane, minus_d * (y_u0 + m * x_u0));
  st.store(op.out, 1, lane, minus_d * (y_u1 + m * x_u1));
  st.store(op.out, 2, lane, minus_d * (y_l0 + m * x_l0));
  st.store(op.out, 3, lane, minus_d * (y_l1 + m * x_l1));
}

HWY_INLINE C contract(const Op& op, const Storage& st, std::size_t lane) {
  C j[4];
  bilinear(op, st, lane, j);
  C sum = j[0] * st.load(op.b, 0, lane);
  for (std::size_t mu = 1; mu < 4; ++mu) sum = sum - j[mu] * st.load(op.b, mu, lane);
  return sum;
}

struct Tile {
  alignas(64) double total[2][kTile];  // amplitude of the current helicity
  alignas(64) double me2[kTile];
};

void run_tile(const AmplitudeProgram& program, const Storage& st, Tile& tile, double* diagrams) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), legs = program.legs;
  for (std::size_t i = 0; i < kTile; ++i) tile.total[0][i] = tile.total[1][i] = tile.me2[i] = 0;
  for (std::size_t lane = 0; lane < kTile; lane += lanes) {
    for (std::size_t l = 0; l < legs; ++l) store_angles(st, l, lane);
    for (std::size_t k = 0; k < program.propagators.size(); ++k)
      store_propagator(program.propagators[k], st, legs, k, lane);
  }
  for (const Op& op : program.ops) {
    for (std::size_t lane = 0; lane < kTile; lane += lanes) {
      switch (op.kind) {
        case OpKind::external_row:
        case OpKind::external_column: external_spinor(op, st, lane); break;
        case OpKind::external_vector: external_vector(op, st, lane); break;
        case OpKind::vector_current: vector_current(op, st, legs, lane); break;
        case OpKind::row_current: fermion_current<true>(op, st, legs, lane); break;
        case OpKind::column_current: fermion_current<false>(op, st, legs, lane); break;
        case OpKind::amplitude: {
          const C a = contract(op, st, lane);
          hn::Store(hn::Add(hn::Load(d, tile.total[0] + lane), a.re), d, tile.total[0] + lane);
          hn::Store(hn::Add(hn::Load(d, tile.total[1] + lane), a.im), d, tile.total[1] + lane);
          if (diagrams) {
            double* sum = diagrams + static_cast<std::size_t>(op.diagram) * kTile + lane;
            hn::Store(hn::MulAdd(a.re, a.re, hn::MulAdd(a.im, a.im, hn::Load(d, sum))), d, sum);
          }
          break;
        }
        case OpKind::helicity_sum: {
          const V re = hn::Load(d, tile.total[0] + lane), im = hn::Load(d, tile.total[1] + lane);
          hn::Store(hn::MulAdd(re, re, hn::MulAdd(im, im, hn::Load(d, tile.me2 + lane))), d, tile.me2 + lane);
          hn::Store(hn::Zero(d), d, tile.total[0] + lane);
          hn::Store(hn::Zero(d), d, tile.total[1] + lane);
          break;
        }
      }
    }
  }
}

void load_tile(const AmplitudeProgram& program, const Momenta& momenta, std::span<const int> order, std::size_t first,
               std::size_t count, double* target) {
  const std::size_t legs = program.legs;
  for (std::size_t l = 0; l < legs; ++l)
    for (std::size_t mu = 0; mu < 4; ++mu) {
      const double* source = momenta.component(static_cast<std::size_t>(order[l]), mu) + first;
      double* row = target + (l * 4 + mu) * kTile;
      for (std::size_t i = 0; i < kTile; ++i) row[i] = source[i < count ? i : 0];
    }
  for (std::size_t m = 0; m < program.momentum_masks.size(); ++m)
    for (std::size_t mu = 0; mu < 4; ++mu) {
      double* row = target + ((legs + m) * 4 + mu) * kTile;
      for (std::size_t i = 0; i < kTile; ++i) row[i] = 0;
      for (std::size_t l = 0; l < legs; ++l)
        if (program.momentum_masks[m] >> l & 1) {
          const double sign = l < program.incoming ? -1.0 : 1.0;
          const double* leg = target + (l * 4 + mu) * kTile;
          for (std::size_t i = 0; i < kTile; ++i) row[i] += sign * leg[i];
        }
    }
}

void evaluate_target(const AmplitudeProgram& program, const Momenta& momenta, std::span<const int> order,
                     std::span<double> me2, const Batch& diagrams, Arena& arena) {
  Storage st;
  st.currents = arena.take<double>(static_cast<std::size_t>(program.currents) * 8 * kTile).data();
  st.momenta = arena.take<double>((program.legs + program.momentum_masks.size()) * 4 * kTile).data();
  st.angles = arena.take<double>(program.legs * 6 * kTile).data();
  st.propagators = arena.take<double>(program.propagators.size() * 2 * kTile).data();
  double* sums = diagrams.dim ? arena.take<double>(program.diagrams * kTile).data() : nullptr;
  Tile tile;
  for (std::size_t first = 0; first < me2.size(); first += kTile) {
    const std::size_t count = std::min(kTile, me2.size() - first);
    load_tile(program, momenta, order, first, count, st.momenta);
    if (sums) std::fill(sums, sums + program.diagrams * kTile, 0.0);
    run_tile(program, st, tile, sums);
    for (std::size_t i = 0; i < count; ++i) me2[first + i] = program.factor * tile.me2[i];
    if (sums)
      for (std::size_t k = 0; k < program.diagrams; ++k)
        for (std::size_t i = 0; i < count; ++i) diagrams.row(k)[first + i] = program.factor * sums[k * kTile + i];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {

HWY_EXPORT(evaluate_target);

void evaluate(const AmplitudeProgram& program, const Momenta& momenta, std::span<const int> order,
              std::span<double> me2, const Batch& diagrams, Arena& arena) {
  HWY_DYNAMIC_DISPATCH(evaluate_target)(program, momenta, order, me2, diagrams, arena);
}

}  // namespace thalweg
#endif
