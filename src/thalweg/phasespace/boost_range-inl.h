// The boost of the partons that cuts on rapidities leave to final momenta: included once for each SIMD target.
//
// x_a = tau^u, x_b = tau^(1 - u): their rapidity is Y = (u - 1/2) ln tau. It moves all final particles along and
// changes nothing else, so it is chosen last, from what the cuts leave it: with y* of a set of particles in the rest
// frame of the partons, min - y* <= Y <= max - y*, and for pseudorapidities asinh(p_T sinh(eta) / m_T) in the place of
// min and max. The range is a function of the momenta alone, the same for all channels.
#if defined(THALWEG_PHASESPACE_BOOST_RANGE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_PHASESPACE_BOOST_RANGE_INL_H_
#undef THALWEG_PHASESPACE_BOOST_RANGE_INL_H_
#else
#define THALWEG_PHASESPACE_BOOST_RANGE_INL_H_
#endif

#include "thalweg/phasespace/beam_map-inl.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

// u = low + range y; no range: 0 or negative.
struct BoostRange {
  VD low, range;
};

// Of sinh(eta) = `sinh_eta`, the rapidity: asinh(p_T sinh(eta) / m_T).
HWY_INLINE VD rapidity_at(double sinh_eta, VD pt_over_mt) {
  const D d;
  const VD x = hn::Mul(pt_over_mt, constant(std::abs(sinh_eta)));
  const VD y = hn::Log(d, hn::Add(x, hn::Sqrt(hn::MulAdd(x, x, constant(1)))));
  return sinh_eta < 0 ? hn::Neg(y) : y;
}

// `boost`: rapidity of the partons in the frame of `final`, 0 in their rest frame.
HWY_INLINE BoostRange boost_range(const std::vector<RapidityCut>& cuts, VD log_tau, const Vector4* final,
                                  const double* masses, VD boost) {
  const D d;
  const VD half = constant(0.5), zero = constant(0), one = constant(1);
  VD low = zero, high = one;
  for (const RapidityCut& cut : cuts) {
    VD plus = zero, minus = zero, x = zero, y = zero;
    for (std::size_t i = 0; cut.set >> i; ++i) {
      if (!(cut.set >> i & 1)) continue;
      const LightCone cone = light_cone(final[i], masses[i]);
      plus = hn::Add(plus, cone.plus), minus = hn::Add(minus, cone.minus);
      x = hn::Add(x, final[i].x), y = hn::Add(y, final[i].y);
    }
    const VD at_rest = hn::NegMulAdd(half, hn::Log(d, hn::Div(minus, plus)), hn::Neg(boost));
    VD least = constant(cut.min), most = constant(cut.max);
    if (cut.pseudo) {
      const VD pt_over_mt = hn::Sqrt(hn::Div(hn::MulAdd(x, x, square(y)), hn::Mul(plus, minus)));
      least = rapidity_at(std::sinh(cut.min), pt_over_mt), most = rapidity_at(std::sinh(cut.max), pt_over_mt);
    }
    // ln tau < 0: the largest Y is the smallest u
    low = hn::Max(low, hn::Add(half, hn::Div(hn::Sub(most, at_rest), log_tau)));
    high = hn::Min(high, hn::Add(half, hn::Div(hn::Sub(least, at_rest), log_tau)));
  }
  return {low, hn::Sub(high, low)};
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
