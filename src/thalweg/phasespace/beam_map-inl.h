// Energy and boost of the partons for vectors of events: included once for each SIMD target.
//   y_0 -> s_hat by a propagator map;  x_a = tau^u, x_b = tau^(1 - u), tau = s_hat / s
//   dx_a dx_b = -ln(tau) / s ds_hat du                                     (Heimel, thesis, eq. 5.42)
// u is chosen last (boost_range-inl.h).
#if defined(THALWEG_PHASESPACE_BEAM_MAP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_PHASESPACE_BEAM_MAP_INL_H_
#undef THALWEG_PHASESPACE_BEAM_MAP_INL_H_
#else
#define THALWEG_PHASESPACE_BEAM_MAP_INL_H_
#endif

#include "thalweg/phasespace/beams.h"
#include "thalweg/phasespace/energy_range.h"
#include "thalweg/phasespace/four_vector-inl.h"
#include "thalweg/phasespace/invariant_map-inl.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

inline constexpr std::size_t kMaxFinal = 10;

// `volume`: of ds_hat and of u from 0 to 1.
struct PartonEnergy {
  VD s_hat, volume;
};
struct Partons {
  VD s_hat, x_a, x_b;
};

HWY_INLINE VD beam_spread(const EnergyRange& range, VD s_hat) {
  const VD s = constant(range.s);
  return hn::Div(hn::Neg(hn::Log(D(), hn::Div(s_hat, s))), s);
}

HWY_INLINE PartonEnergy energy_forward(const EnergyRange& range, VD y0) {
  const Mapped energy = map_forward(range.map, y0, constant(range.s_min), constant(range.s_max));
  return {energy.value, hn::Mul(energy.volume, beam_spread(range, energy.value))};
}

// The volume; y_0 too where it is wanted.
HWY_INLINE VD energy_inverse(const EnergyRange& range, VD s_hat, VD x_a, VD x_b, VD* y0) {
  const Mapped energy = map_inverse(range.map, s_hat, constant(range.s_min), constant(range.s_max));
  if (y0) *y0 = energy.value;
  const auto physical = hn::And(hn::Le(x_a, constant(1)), hn::Le(x_b, constant(1)));
  return hn::IfThenElseZero(physical, hn::Mul(energy.volume, beam_spread(range, s_hat)));
}

HWY_INLINE VD log_tau(const EnergyRange& range, VD s_hat) { return hn::Log(D(), hn::Div(s_hat, constant(range.s))); }

HWY_INLINE Partons partons_at(VD s_hat, VD log_tau, VD u) {
  const D d;
  return {s_hat, hn::Exp(d, hn::Mul(u, log_tau)), hn::Exp(d, hn::Mul(hn::Sub(constant(1), u), log_tau))};
}

// Light-cone components e + z and e - z of a particle on its mass shell, without cancellation.
struct LightCone {
  VD plus, minus;
};
HWY_INLINE LightCone light_cone(const Vector4& p, double mass) {
  const VD mt2 = hn::MulAdd(p.x, p.x, hn::MulAdd(p.y, p.y, constant(mass * mass)));
  const VD large = hn::Max(hn::Add(p.e, hn::Abs(p.z)), constant(1e-300)), small = hn::Div(mt2, large);
  const auto forward = hn::Ge(p.z, constant(0));
  return {hn::IfThenElse(forward, large, small), hn::IfThenElse(forward, small, large)};
}
// Boosted along z with e^rapidity = `ratio`.
HWY_INLINE Vector4 boosted_along_z(const Vector4& p, double mass, VD ratio) {
  const LightCone cone = light_cone(p, mass);
  const VD plus = hn::Mul(cone.plus, ratio), minus = hn::Div(cone.minus, ratio), half = constant(0.5);
  return {hn::Mul(half, hn::Add(plus, minus)), p.x, p.y, hn::Mul(half, hn::Sub(plus, minus))};
}

HWY_INLINE Vector4 load_vector(const Momenta& momenta, std::size_t leg, std::size_t e, std::size_t n) {
  return {load(momenta.component(leg, 0) + e, n), load(momenta.component(leg, 1) + e, n),
          load(momenta.component(leg, 2) + e, n), load(momenta.component(leg, 3) + e, n)};
}
HWY_INLINE void store_vector(const Vector4& p, const Momenta& momenta, std::size_t leg, std::size_t e, std::size_t n) {
  store(p.e, momenta.component(leg, 0) + e, n);
  store(p.x, momenta.component(leg, 1) + e, n);
  store(p.y, momenta.component(leg, 2) + e, n);
  store(p.z, momenta.component(leg, 3) + e, n);
}

// The incoming momenta in the frame of the collider, with x and s_hat.
HWY_INLINE void store_incoming(const Beams& beams, const Partons& partons, const PhaseSpacePoints& points,
                               std::size_t e, std::size_t n) {
  const VD zero = constant(0);
  store(partons.s_hat, points.s_hat.data() + e, n);
  store(partons.x_a, points.x_a.data() + e, n);
  store(partons.x_b, points.x_b.data() + e, n);
  if (beams.kind == Beams::Kind::decay)
    return store_vector({constant(beams.energy), zero, zero, zero}, points.momenta, 0, e, n);
  const bool hadrons = beams.kind == Beams::Kind::hadrons;
  const double q = hadrons ? beams.energy / 2 : two_body_momentum(beams.energy, beams.mass_a, beams.mass_b);
  const VD qa = hn::Mul(constant(q), partons.x_a), qb = hn::Mul(constant(q), partons.x_b);
  const VD ma2 = constant(beams.mass_a * beams.mass_a), mb2 = constant(beams.mass_b * beams.mass_b);
  store_vector({hn::Sqrt(hn::MulAdd(qa, qa, ma2)), zero, zero, qa}, points.momenta, 0, e, n);
  store_vector({hn::Sqrt(hn::MulAdd(qb, qb, mb2)), zero, zero, hn::Neg(qb)}, points.momenta, 1, e, n);
}

// What the final momenta say of the partons.
HWY_INLINE Partons partons_of(const Beams& beams, const Vector4* final, const double* masses, std::size_t n) {
  VD plus = constant(0), minus = constant(0);
  for (std::size_t i = 0; i < n; ++i) {
    const LightCone cone = light_cone(final[i], masses[i]);
    plus = hn::Add(plus, cone.plus), minus = hn::Add(minus, cone.minus);
  }
  if (beams.kind != Beams::Kind::hadrons) return {constant(beams.energy * beams.energy), constant(1), constant(1)};
  const VD scale = constant(1 / beams.energy);
  return {hn::Mul(plus, minus), hn::Mul(plus, scale), hn::Mul(minus, scale)};
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
