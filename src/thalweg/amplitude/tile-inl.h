// The memory of one tile of events: as many as a register of T has lanes.
#if defined(THALWEG_AMPLITUDE_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_AMPLITUDE_TILE_INL_H
#undef THALWEG_AMPLITUDE_TILE_INL_H
#else
#define THALWEG_AMPLITUDE_TILE_INL_H
#endif

#include "thalweg/amplitude/complex-inl.h"
#include "thalweg/amplitude/program.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

// Kinematics and wave functions are computed in double whatever T is: `momenta` and `angles` hold doubles.
template <class T>
struct Tile {
  const AmplitudeProgram& program;
  std::size_t lanes;
  double* momenta;     // E, px, py, pz of momentum sums, [index][4][lanes]
  double* angles;      // of legs, [leg][6][lanes]
  T* halves;           // half momenta, [index][4][lanes]: plus, minus, across (re, im)
  T* propagators;      // 1/D, [index][2][lanes]
  T* slots;            // [slot][4][2][lanes]
  double* amplitudes;  // [index][2][lanes]

  HWY_INLINE T* slot(std::int32_t s) const { return slots + static_cast<std::size_t>(s) * 8 * lanes; }
  HWY_INLINE C<T> load(std::int32_t s, std::size_t component) const {
    const T* p = slot(s) + component * 2 * lanes;
    return {hn::Load(Lanes<T>(), p), hn::Load(Lanes<T>(), p + lanes)};
  }
  HWY_INLINE void store(std::int32_t s, std::size_t component, C<T> value) const {
    T* p = slot(s) + component * 2 * lanes;
    hn::Store(value.re, Lanes<T>(), p);
    hn::Store(value.im, Lanes<T>(), p + lanes);
  }
  HWY_INLINE Four<T> load(std::int32_t s) const { return {load(s, 0), load(s, 1), load(s, 2), load(s, 3)}; }
  HWY_INLINE HalfMomentum<T> half_momentum(std::size_t index) const {
    const T* p = halves + index * 4 * lanes;
    const Lanes<T> d;
    return {hn::Load(d, p), hn::Load(d, p + lanes), {hn::Load(d, p + 2 * lanes), hn::Load(d, p + 3 * lanes)}};
  }
  HWY_INLINE C<T> propagator(std::int32_t index) const {
    const T* p = propagators + static_cast<std::size_t>(index) * 2 * lanes;
    return {hn::Load(Lanes<T>(), p), hn::Load(Lanes<T>(), p + lanes)};
  }
};

// Doubles rounded to T where it is narrower.
HWY_INLINE void store_as(double* target, Vec<double> value) { hn::Store(value, Lanes<double>(), target); }
HWY_INLINE void store_as(float* target, Vec<double> value) {
  const hn::Rebind<float, Lanes<double>> d;
  hn::StoreU(hn::DemoteTo(d, value), d, target);
}
// Registers of T as doubles, `target` as long as one register of T.
HWY_INLINE void store_double(double* target, Vec<double> value) { hn::Store(value, Lanes<double>(), target); }
HWY_INLINE void store_double(double* target, Vec<float> value) {
  const Lanes<double> d;
  alignas(64) float lanes[hn::MaxLanes(Lanes<float>())];
  hn::Store(value, Lanes<float>(), lanes);
  const hn::Rebind<float, Lanes<double>> half;
  for (std::size_t i = 0; i < hn::Lanes(Lanes<float>()); i += hn::Lanes(d))
    hn::Store(hn::PromoteTo(d, hn::LoadU(half, lanes + i)), d, target + i);
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
