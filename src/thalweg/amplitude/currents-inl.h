// The kernel: sums of terms in registers, propagators, contractions with the root. Formulas: current_graph.h.
// Bound: floating-point multiply-adds; a term reads two currents of 8 numbers and does 32 to 100 multiply-adds.
#if defined(THALWEG_AMPLITUDE_CURRENTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_AMPLITUDE_CURRENTS_INL_H
#undef THALWEG_AMPLITUDE_CURRENTS_INL_H
#else
#define THALWEG_AMPLITUDE_CURRENTS_INL_H
#endif

#include "thalweg/amplitude/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

template <class T>
HWY_INLINE C<T> times(C<T> value, Coefficient c, const AmplitudeProgram& program) {
  if (c.sign == Sign::plus) return value;
  if (c.sign == Sign::minus) return {hn::Neg(value.re), hn::Neg(value.im)};
  const Complex number = program.coefficients[c.index];
  return c.sign == Sign::real ? scale<T>(set<T>(number.real()), value) : set<T>(number) * value;
}
template <class T>
HWY_INLINE Four<T> times(Four<T> v, Coefficient c, const AmplitudeProgram& program) {
  for (auto& component : v.c) component = times(component, c, program);
  return v;
}

// V-slash, with the vector's components as 2x2 matrices: lower half to upper half
// ((V+, V1-iV2), (V1+iV2, V-)), upper to lower ((V-, -(V1-iV2)), (-(V1+iV2), V+)).
template <bool kMinus, class T>
HWY_INLINE void row_lower(Four<T>& x, C<T> l0, C<T> l1, const Four<T>& v) {
  x.c[0] = mac<kMinus>(mac<kMinus>(x.c[0], l0, v.c[0]), l1, v.c[2]);
  x.c[1] = mac<kMinus>(mac<kMinus>(x.c[1], l0, v.c[3]), l1, v.c[1]);
}
template <bool kMinus, class T>
HWY_INLINE void row_upper(Four<T>& x, C<T> u0, C<T> u1, const Four<T>& v) {
  x.c[2] = mac<!kMinus>(mac<kMinus>(x.c[2], u0, v.c[1]), u1, v.c[2]);
  x.c[3] = mac<kMinus>(mac<!kMinus>(x.c[3], u0, v.c[3]), u1, v.c[0]);
}
template <bool kMinus, class T>
HWY_INLINE void column_upper(Four<T>& x, C<T> u0, C<T> u1, const Four<T>& v) {
  x.c[2] = mac<kMinus>(mac<kMinus>(x.c[2], v.c[0], u0), v.c[3], u1);
  x.c[3] = mac<kMinus>(mac<kMinus>(x.c[3], v.c[2], u0), v.c[1], u1);
}
template <bool kMinus, class T>
HWY_INLINE void column_lower(Four<T>& x, C<T> l0, C<T> l1, const Four<T>& v) {
  x.c[0] = mac<!kMinus>(mac<kMinus>(x.c[0], v.c[1], l0), v.c[3], l1);
  x.c[1] = mac<kMinus>(mac<!kMinus>(x.c[1], v.c[2], l0), v.c[0], l1);
}

template <bool kMinus, class T>
HWY_INLINE void fermion_vector(Four<T>& x, const Term& t, const Four<T>& v, const Tile<T>& tile) {
  const bool row = t.kind == TermKind::row_vector;
  if (t.half & kUpper) {
    const C<T> u0 = tile.load(t.a, 0), u1 = tile.load(t.a, 1);
    if (row)
      row_upper<kMinus>(x, u0, u1, v);
    else
      column_upper<kMinus>(x, u0, u1, v);
  }
  if (t.half & kLower) {
    const C<T> l0 = tile.load(t.a, 2), l1 = tile.load(t.a, 3);
    if (row)
      row_lower<kMinus>(x, l0, l1, v);
    else
      column_lower<kMinus>(x, l0, l1, v);
  }
}

template <class T>
HWY_INLINE void fermion_term(Four<T>& x, const Term& t, const Tile<T>& tile) {
  if (t.kind == TermKind::row_vector || t.kind == TermKind::column_vector) {
    const Four<T> v = tile.load(t.b);
    if (t.coefficient.sign == Sign::plus)
      fermion_vector<false>(x, t, v, tile);
    else if (t.coefficient.sign == Sign::minus)
      fermion_vector<true>(x, t, v, tile);
    else
      fermion_vector<false>(x, t, times(v, t.coefficient, tile.program), tile);
    return;
  }
  const C<T> phi = times(tile.load(t.b, 0), t.coefficient, tile.program);
  for (std::size_t i = 0; i < 4; ++i)
    if (t.half & (i < 2 ? kUpper : kLower)) x.c[i] = mac<false>(x.c[i], phi, tile.load(t.a, i));
}

template <class T>
HWY_INLINE void pair_vector(Four<T>& x, const Term& t, const Tile<T>& tile) {
  const Vec<T> two = set<T>(2);
  if (t.half & kLower) {
    C<T> a0 = scale<T>(two, tile.load(t.a, 2)), a1 = scale<T>(two, tile.load(t.a, 3));
    a0 = times(a0, t.coefficient, tile.program), a1 = times(a1, t.coefficient, tile.program);
    const C<T> b0 = tile.load(t.b, 0), b1 = tile.load(t.b, 1);
    x.c[0] = mac<false>(x.c[0], a1, b1);
    x.c[1] = mac<false>(x.c[1], a0, b0);
    x.c[2] = mac<true>(x.c[2], a0, b1);
    x.c[3] = mac<true>(x.c[3], a1, b0);
  }
  if (t.half & kUpper) {
    C<T> a0 = scale<T>(two, tile.load(t.a, 0)), a1 = scale<T>(two, tile.load(t.a, 1));
    a0 = times(a0, t.coefficient, tile.program), a1 = times(a1, t.coefficient, tile.program);
    const C<T> b0 = tile.load(t.b, 2), b1 = tile.load(t.b, 3);
    x.c[0] = mac<false>(x.c[0], a0, b0);
    x.c[1] = mac<false>(x.c[1], a1, b1);
    x.c[2] = mac<false>(x.c[2], a0, b1);
    x.c[3] = mac<false>(x.c[3], a1, b0);
  }
}

template <bool kMinus, class T>
HWY_INLINE void three_vectors(Four<T>& x, const Term& t, const Four<T>& a, const Four<T>& b, const Tile<T>& tile) {
  const HalfMomentum<T> ka = tile.half_momentum(t.momentum_a), kb = tile.half_momentum(t.momentum_b);
  const C<T> ab = twice_dot(a, b);
  const C<T> ka_b = dot(ka + ka + kb, b), kb_a = dot(kb + kb + ka, a);
  for (int i = 0; i < 4; ++i) x.c[i] = mac<!kMinus>(mac<kMinus>(x.c[i], kb_a, b.c[i]), ka_b, a.c[i]);
  add_momentum<kMinus>(x, ka - kb, ab);
}

template <bool kMinus, class T>
HWY_INLINE void four_vectors(Four<T>& x, const Four<T>& a, const Four<T>& b, const Four<T>& c) {
  const Vec<T> half = set<T>(0.5);
  const C<T> ac = twice_dot(a, c), ab = scale<T>(half, twice_dot(a, b)), cb = scale<T>(half, twice_dot(c, b));
  for (int i = 0; i < 4; ++i)
    x.c[i] = mac<!kMinus>(mac<!kMinus>(mac<kMinus>(x.c[i], ac, b.c[i]), ab, c.c[i]), cb, a.c[i]);
}

template <class T>
HWY_INLINE void vector_term(Four<T>& x, const Term& t, const Tile<T>& tile) {
  if (t.kind == TermKind::pair_vector) {
    pair_vector(x, t, tile);
    return;
  }
  if (t.kind == TermKind::vvv) {
    const Four<T> a = tile.load(t.a), b = tile.load(t.b);
    if (t.coefficient.sign == Sign::plus)
      three_vectors<false>(x, t, a, b, tile);
    else if (t.coefficient.sign == Sign::minus)
      three_vectors<true>(x, t, a, b, tile);
    else
      three_vectors<false>(x, t, times(a, t.coefficient, tile.program), b, tile);
    return;
  }
  if (t.kind == TermKind::vvvv) {
    const Four<T> a = tile.load(t.a), b = tile.load(t.b), c = tile.load(t.c);
    if (t.coefficient.sign == Sign::plus)
      four_vectors<false>(x, a, b, c);
    else if (t.coefficient.sign == Sign::minus)
      four_vectors<true>(x, a, b, c);
    else  // linear in each of the three: b carries the coefficient
      four_vectors<false>(x, a, times(b, t.coefficient, tile.program), c);
    return;
  }
  C<T> phi = times(tile.load(t.b, 0), t.coefficient, tile.program);  // vs, vss
  if (t.c >= 0) phi = phi * tile.load(t.c, 0);
  for (std::size_t i = 0; i < 4; ++i) x.c[i] = mac<false>(x.c[i], phi, tile.load(t.a, i));
}

template <class T>
HWY_INLINE C<T> pair_scalar(const Term& t, const Tile<T>& tile) {
  C<T> sum = zero<T>();
  for (std::size_t i = 0; i < 4; ++i)
    if (t.half & (i < 2 ? kUpper : kLower)) sum = mac<false>(sum, tile.load(t.a, i), tile.load(t.b, i));
  return sum;
}

template <class T>
HWY_INLINE void scalar_term(C<T>& x, const Term& t, const Tile<T>& tile) {
  C<T> value;
  switch (t.kind) {
    case TermKind::pair_scalar: value = pair_scalar(t, tile); break;
    case TermKind::vv:
    case TermKind::vvs: value = scale<T>(set<T>(0.5), twice_dot(tile.load(t.a), tile.load(t.b))); break;
    default: value = tile.load(t.a, 0) * tile.load(t.b, 0); break;
  }
  if (t.c >= 0) value = value * tile.load(t.c, 0);
  x = x + times(value, t.coefficient, tile.program);
}

// y + (m/2) x, times the propagator.
struct FermionPropagator {
  bool massive, real;
  Complex half_mass;
};
template <class T>
HWY_INLINE C<T> finish_fermion(const FermionPropagator& p, C<T> factor, C<T> y, C<T> x, bool add_mass) {
  if (p.massive && add_mass)
    y = p.half_mass.imag() == 0 ? mac<false, T>(y, set<T>(p.half_mass.real()), x)
                                : mac<false>(y, set<T>(p.half_mass), x);
  return p.real ? scale<T>(factor.re, y) : factor * y;
}

// out = -(x (k-slash + m)) / D of a row, -((-k-slash + m) x) / D of a column, k leaving the diagram. Halves of momenta
// and of the mass; the factor 2 is in the propagator.
template <class T>
HWY_INLINE void propagate_fermion(const Op& op, const Four<T>& x, const Tile<T>& tile) {
  const auto index = static_cast<std::size_t>(op.propagator);
  const HalfMomentum<T> k = tile.half_momentum(tile.program.propagator_momentum[index]);
  const Propagator& propagator = tile.program.propagators[index];
  const bool row = op.shape == Shape::row, massive = propagator.mass != 0.0;
  const FermionPropagator p = {massive, propagator.mass2.imag() == 0, (row ? 0.5 : -0.5) * propagator.mass};
  const C<T> d = tile.propagator(op.propagator);
  // a row takes -2/D, a column +2/D: there k-slash has the other sign, and so has m
  const C<T> factor = scale<T>(set<T>(row ? -2 : 2), d);
  const C<T> across = row ? k.across : conj(k.across), other = conj(across);
  const bool up = op.halves & kUpper, low = op.halves & kLower;
  if (low || massive) {  // fills the upper half
    C<T> y0 = zero<T>(), y1 = zero<T>();
    if (low && row) {
      y0 = mac<false>(scale<T>(k.plus, x.c[2]), across, x.c[3]);
      y1 = mac<false>(scale<T>(k.minus, x.c[3]), other, x.c[2]);
    } else if (low) {
      y0 = mac<true>(scale<T>(k.minus, x.c[2]), across, x.c[3]);
      y1 = mac<true>(scale<T>(k.plus, x.c[3]), other, x.c[2]);
    }
    tile.store(op.out, 0, finish_fermion(p, factor, y0, x.c[0], up));
    tile.store(op.out, 1, finish_fermion(p, factor, y1, x.c[1], up));
  }
  if (up || massive) {
    C<T> y0 = zero<T>(), y1 = zero<T>();
    if (up && row) {
      y0 = mac<true>(scale<T>(k.minus, x.c[0]), across, x.c[1]);
      y1 = mac<true>(scale<T>(k.plus, x.c[1]), other, x.c[0]);
    } else if (up) {
      y0 = mac<false>(scale<T>(k.plus, x.c[0]), across, x.c[1]);
      y1 = mac<false>(scale<T>(k.minus, x.c[1]), other, x.c[0]);
    }
    tile.store(op.out, 2, finish_fermion(p, factor, y0, x.c[2], low));
    tile.store(op.out, 3, finish_fermion(p, factor, y1, x.c[3], low));
  }
}

template <class T>
HWY_INLINE void propagate_vector(const Op& op, Four<T> x, const Tile<T>& tile) {
  const auto index = static_cast<std::size_t>(op.propagator);
  const Propagator& propagator = tile.program.propagators[index];
  if (propagator.mass != 0.0 && !op.transverse) {  // J - k (k.J) / M^2
    const HalfMomentum<T> k = tile.half_momentum(tile.program.propagator_momentum[index]);
    const Complex inverse = 2.0 / (propagator.mass * propagator.mass);
    const C<T> kj = inverse.imag() == 0 ? scale<T>(set<T>(inverse.real()), dot(k, x)) : set<T>(inverse) * dot(k, x);
    add_momentum<true>(x, k, kj);
  }
  const C<T> d = tile.propagator(op.propagator);
  const bool real = propagator.mass2.imag() == 0;
  for (std::size_t i = 0; i < 4; ++i) tile.store(op.out, i, real ? scale<T>(d.re, x.c[i]) : d * x.c[i]);
}

template <class T>
HWY_INLINE void store_amplitude(const Output& o, C<T> value, const Tile<T>& tile) {
  value = times(value, o.coefficient, tile.program);
  double* out = tile.amplitudes + static_cast<std::size_t>(o.amplitude) * 2 * tile.lanes;
  store_double(out, value.re);
  store_double(out + tile.lanes, value.im);
}

template <class T>
HWY_INLINE void close(const Op& op, const Four<T>& x, const Tile<T>& tile) {
  for (std::size_t i = 0; i < op.outputs; ++i) {
    const Output& o = tile.program.outputs[op.first_output + i];
    C<T> sum = zero<T>();
    if (op.shape == Shape::vector) {
      sum = scale<T>(set<T>(0.5), twice_dot(x, tile.load(o.root)));
    } else if (op.shape == Shape::scalar) {
      sum = x.c[0] * tile.load(o.root, 0);
    } else {
      for (std::size_t k = 0; k < 4; ++k)
        if (o.half & (k < 2 ? kUpper : kLower)) sum = mac<false>(sum, x.c[k], tile.load(o.root, k));
    }
    store_amplitude(o, sum, tile);
  }
}

template <class T>
void run_op(const Op& op, const Tile<T>& tile) {
  const Term* terms = tile.program.terms.data() + op.first;
  Four<T> x = {zero<T>(), zero<T>(), zero<T>(), zero<T>()};
  switch (op.shape) {
    case Shape::row:
    case Shape::column:
      for (std::size_t i = 0; i < op.count; ++i) fermion_term(x, terms[i], tile);
      break;
    case Shape::vector:
      for (std::size_t i = 0; i < op.count; ++i) vector_term(x, terms[i], tile);
      break;
    case Shape::scalar:
      for (std::size_t i = 0; i < op.count; ++i) scalar_term(x.c[0], terms[i], tile);
      break;
  }
  if (op.kind == OpKind::close) {
    close(op, x, tile);
  } else if (op.shape == Shape::vector) {
    propagate_vector(op, x, tile);
  } else if (op.shape == Shape::scalar) {
    tile.store(op.out, 0, scale<T>(set<T>(-1), tile.propagator(op.propagator) * x.c[0]));
  } else {
    propagate_fermion(op, x, tile);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
