// Wave functions of external particles and the kinematics that currents need, in double.
//
// Spinors with half angles: chi_+ = (c, s e^{i phi}), chi_- = (-s e^{-i phi}, c).
#if defined(THALWEG_AMPLITUDE_EXTERNALS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_AMPLITUDE_EXTERNALS_INL_H
#undef THALWEG_AMPLITUDE_EXTERNALS_INL_H
#else
#define THALWEG_AMPLITUDE_EXTERNALS_INL_H
#endif

#include "thalweg/amplitude/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

using VD = Vec<double>;
using CD = C<double>;

// A leg at one register of doubles, `lane` lanes into the tile.
struct Leg {
  VD e, c, s, cos_phi, sin_phi, p, omega;  // energy, half angle, azimuth, |p|, sqrt(E + |p|)
};

template <class T>
HWY_INLINE VD momentum(const Tile<T>& tile, std::size_t index, std::size_t mu, std::size_t lane) {
  return hn::Load(Lanes<double>(), tile.momenta + (index * 4 + mu) * tile.lanes + lane);
}

template <class T>
HWY_INLINE void store_angles(const Tile<T>& tile, std::size_t leg, std::size_t lane) {
  const Lanes<double> d;
  const VD x = momentum(tile, leg, 1, lane), y = momentum(tile, leg, 2, lane), z = momentum(tile, leg, 3, lane);
  const VD nil = hn::Zero(d), one = set<double>(1);
  const VD pt2 = hn::MulAdd(x, x, hn::Mul(y, y));
  const VD p = hn::Sqrt(hn::MulAdd(z, z, pt2)), pt = hn::Sqrt(pt2);
  const auto at_rest = hn::Eq(p, nil), along = hn::Eq(pt, nil);
  const VD safe_p = hn::IfThenElse(at_rest, one, p), inverse_pt = hn::Div(one, hn::IfThenElse(along, one, pt));
  // The larger of cos and sin of theta/2 first; the other from p_T, which does not cancel.
  const VD twice = hn::Add(safe_p, safe_p);
  const VD large = hn::IfThenElse(at_rest, one, hn::Sqrt(hn::Div(hn::Add(p, hn::Abs(z)), twice)));
  const VD small = hn::Div(pt, hn::Mul(twice, large));
  const auto forward = hn::Ge(z, nil);
  const VD values[] = {hn::IfThenElse(forward, large, small),
                       hn::IfThenElse(forward, small, large),
                       hn::IfThenElse(along, one, hn::Mul(x, inverse_pt)),
                       hn::IfThenElse(along, nil, hn::Mul(y, inverse_pt)),
                       p,
                       hn::Sqrt(hn::Add(momentum(tile, leg, 0, lane), p))};
  for (std::size_t k = 0; k < 6; ++k) hn::Store(values[k], d, tile.angles + (leg * 6 + k) * tile.lanes + lane);
}

template <class T>
HWY_INLINE Leg load_leg(const Tile<T>& tile, std::size_t leg, std::size_t lane) {
  auto angle = [&](std::size_t k) {
    return hn::Load(Lanes<double>(), tile.angles + (leg * 6 + k) * tile.lanes + lane);
  };
  return {momentum(tile, leg, 0, lane), angle(0), angle(1), angle(2), angle(3), angle(4), angle(5)};
}

template <class T>
HWY_INLINE void store_wave(const Tile<T>& tile, std::int32_t slot, std::size_t component, std::size_t lane, CD value) {
  T* p = tile.slot(slot) + component * 2 * tile.lanes + lane;
  store_as(p, value.re);
  store_as(p + tile.lanes, value.im);
}

template <class T>
HWY_INLINE void external_spinor(const Op& op, bool incoming, double mass, const Tile<T>& tile, std::size_t lane) {
  const Leg leg = load_leg(tile, static_cast<std::size_t>(op.leg), lane);
  const bool row = op.shape == Shape::row, is_u = row != incoming;
  const VD omega_minus = mass > 0 ? hn::Div(set<double>(mass), leg.omega) : hn::Zero(Lanes<double>());
  const int chi = is_u ? op.helicity : -op.helicity;  // u: chi_h, v: chi_{-h}
  const CD straight = {leg.c, hn::Zero(Lanes<double>())};
  const CD plus = {hn::Mul(leg.s, leg.cos_phi), hn::Mul(leg.s, leg.sin_phi)};
  CD first = chi > 0 ? straight : CD{hn::Neg(plus.re), plus.im};
  CD second = chi > 0 ? plus : straight;
  // u = (omega_{-h} chi, omega_h chi);  v = (-h omega_h chi, h omega_{-h} chi)
  const double h = op.helicity;
  const VD with_h = op.helicity > 0 ? leg.omega : omega_minus;
  const VD against_h = op.helicity > 0 ? omega_minus : leg.omega;
  VD up = is_u ? against_h : hn::Mul(set<double>(-h), with_h);
  VD low = is_u ? with_h : hn::Mul(set<double>(h), against_h);
  if (row) {  // psi-bar = psi^dagger gamma^0: conjugate, halves swapped
    first = conj(first);
    second = conj(second);
    const VD swap = up;
    up = low;
    low = swap;
  }
  store_wave(tile, op.out, 0, lane, scale<double>(up, first));
  store_wave(tile, op.out, 1, lane, scale<double>(up, second));
  store_wave(tile, op.out, 2, lane, scale<double>(low, first));
  store_wave(tile, op.out, 3, lane, scale<double>(low, second));
}

// eps_+- = (0, -+cos(th)cos(ph) + i sin(ph), -+cos(th)sin(ph) - i cos(ph), +-sin(th)) / sqrt2,
// eps_0 = (|p|, E p-hat) / m; complex conjugate for outgoing vectors.
template <class T>
HWY_INLINE void external_vector(const Op& op, bool incoming, double mass, const Tile<T>& tile, std::size_t lane) {
  const Leg leg = load_leg(tile, static_cast<std::size_t>(op.leg), lane);
  const VD nil = hn::Zero(Lanes<double>());
  const VD cos_theta = hn::Mul(hn::Sub(leg.c, leg.s), hn::Add(leg.c, leg.s));
  const VD sin_theta = hn::Mul(set<double>(2), hn::Mul(leg.c, leg.s));
  CD v[4] = {{nil, nil}, {nil, nil}, {nil, nil}, {nil, nil}};
  if (op.leg == tile.program.ward_leg) {
    const VD inverse = hn::Div(set<double>(1), leg.e);
    for (std::size_t mu = 0; mu < 4; ++mu)
      v[mu].re = hn::Mul(inverse, momentum(tile, static_cast<std::size_t>(op.leg), mu, lane));
  } else if (op.helicity == 0) {
    const VD em = hn::Div(leg.e, set<double>(mass));
    v[0].re = hn::Div(leg.p, set<double>(mass));
    v[1].re = hn::Mul(em, hn::Mul(sin_theta, leg.cos_phi));
    v[2].re = hn::Mul(em, hn::Mul(sin_theta, leg.sin_phi));
    v[3].re = hn::Mul(em, cos_theta);
  } else {
    const double r = 0.70710678118654752440;
    const VD h = set<double>(-op.helicity * r), sense = set<double>(incoming ? r : -r);
    v[1] = {hn::Mul(h, hn::Mul(cos_theta, leg.cos_phi)), hn::Mul(sense, leg.sin_phi)};
    v[2] = {hn::Mul(h, hn::Mul(cos_theta, leg.sin_phi)), hn::Neg(hn::Mul(sense, leg.cos_phi))};
    v[3].re = hn::Neg(hn::Mul(h, sin_theta));
  }
  store_wave(tile, op.out, 0, lane, v[0] + v[3]);
  store_wave(tile, op.out, 1, lane, v[0] - v[3]);
  const CD turned = {hn::Neg(v[2].im), v[2].re};  // i V2
  store_wave(tile, op.out, 2, lane, v[1] + turned);
  store_wave(tile, op.out, 3, lane, v[1] - turned);
}

template <class T>
void external(const Op& op, const Tile<T>& tile) {
  const bool incoming = static_cast<std::size_t>(op.leg) < tile.program.incoming;
  const double mass = tile.program.leg_masses[static_cast<std::size_t>(op.leg)];
  const Lanes<double> d;
  for (std::size_t lane = 0; lane < tile.lanes; lane += hn::Lanes(d)) {
    switch (op.shape) {
      case Shape::row:
      case Shape::column: external_spinor(op, incoming, mass, tile, lane); break;
      case Shape::vector: external_vector(op, incoming, mass, tile, lane); break;
      case Shape::scalar: store_wave(tile, op.out, 0, lane, {set<double>(1), hn::Zero(d)}); break;
    }
  }
}

// Momentum sums from the legs, their halves in light-cone components, and propagators.
template <class T>
void kinematics(const Tile<T>& tile) {
  const AmplitudeProgram& program = tile.program;
  const Lanes<double> d;
  for (std::size_t lane = 0; lane < tile.lanes; lane += hn::Lanes(d)) {
    for (std::size_t l = 0; l < program.legs; ++l) store_angles(tile, l, lane);
    const VD half = set<double>(0.5);
    for (std::size_t m = 0; m < program.momentum_masks.size(); ++m) {
      VD k[4];
      for (std::size_t mu = 0; mu < 4; ++mu) {
        k[mu] = hn::Zero(d);
        for (std::size_t l = 0; l < program.legs; ++l) {
          if (!(program.momentum_masks[m] >> l & 1)) continue;
          const VD p = momentum(tile, l, mu, lane);
          k[mu] = l < program.incoming ? hn::Sub(k[mu], p) : hn::Add(k[mu], p);
        }
        if (m >= program.legs) hn::Store(k[mu], d, tile.momenta + (m * 4 + mu) * tile.lanes + lane);
      }
      T* out = tile.halves + m * 4 * tile.lanes + lane;
      store_as(out, hn::Mul(half, hn::Add(k[0], k[3])));
      store_as(out + tile.lanes, hn::Mul(half, hn::Sub(k[0], k[3])));
      store_as(out + 2 * tile.lanes, hn::Mul(half, k[1]));
      store_as(out + 3 * tile.lanes, hn::Mul(half, k[2]));
    }
    for (std::size_t i = 0; i < program.propagators.size(); ++i) {
      const std::size_t m = program.propagator_momentum[i];
      const Complex mass2 = program.propagators[i].mass2;
      const VD e = momentum(tile, m, 0, lane), x = momentum(tile, m, 1, lane), y = momentum(tile, m, 2, lane),
               z = momentum(tile, m, 3, lane);
      const VD k2 = hn::NegMulAdd(z, z, hn::NegMulAdd(y, y, hn::NegMulAdd(x, x, hn::Mul(e, e))));
      const VD re = hn::Sub(k2, set<double>(mass2.real())), im = set<double>(-mass2.imag());
      const VD norm = hn::Div(set<double>(1), hn::MulAdd(re, re, hn::Mul(im, im)));
      T* out = tile.propagators + i * 2 * tile.lanes + lane;
      store_as(out, hn::Mul(re, norm));
      store_as(out + tile.lanes, hn::Neg(hn::Mul(im, norm)));
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
