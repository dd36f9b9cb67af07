// Decay of a moving pair into two massless particles whose transverse momenta and rapidities are cut: included once for
// each SIMD target.
//
// In the rest frame of the pair, reached by a boost along the beam and one across it, z stays along the beam and x is
// along the transverse momentum of the pair. With cos the cosine to the beam, u = sin cos(phi), gamma = m_T / M and
// beta = p_T / m_T of the pair,
//   p_T,1^2 = (M/2)^2 (gamma^2 (1 + beta u)^2 - cos^2),  p_T,2^2 the same with -u,
// so that p_T,i >= c_i, k_i = 2 c_i / M, leave
//   (sqrt(k_1^2 + cos^2) / gamma - 1) / beta <= u <= (1 - sqrt(k_2^2 + cos^2) / gamma) / beta,
// an interval of |phi|, which is there for
//   sqrt(k_1^2 + cos^2) + sqrt(k_2^2 + cos^2) <= 2 gamma  and  sin >= k_i / gamma - beta.
// Rapidities: tanh(y_1) + |tanh(y_2)| >= 2 cos / gamma, and atanh is convex: y_1 - y_2 <= d leaves cos <= gamma
// tanh(d / 2).
#if defined(THALWEG_PHASESPACE_TRANSVERSE_DECAY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_PHASESPACE_TRANSVERSE_DECAY_INL_H_
#undef THALWEG_PHASESPACE_TRANSVERSE_DECAY_INL_H_
#else
#define THALWEG_PHASESPACE_TRANSVERSE_DECAY_INL_H_
#endif

#include "thalweg/phasespace/channel_tree.h"
#include "thalweg/phasespace/four_vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

class TransverseFrame {
 public:
  // `p`: of the pair, `m` its mass.
  TransverseFrame(const TransverseDecay& cuts, const Vector4& p, VD m)
      : cuts_(cuts), p_(p), half_m_(hn::Mul(constant(0.5), m)), axes_(p.x, p.y, constant(0)) {
    const VD pt2 = hn::MulAdd(p.x, p.x, square(p.y));
    mt_ = hn::Sqrt(hn::MulAdd(m, m, pt2));
    gamma_ = hn::Div(mt_, m);
    beta_ = hn::Div(hn::Sqrt(pt2), mt_);
    const VD one = constant(1);
    k2_[0] = square(hn::Div(constant(cuts.least_pt[0]), half_m_));
    k2_[1] = square(hn::Div(constant(cuts.least_pt[1]), half_m_));
    // sqrt(k_1^2 + cos^2) where the sum of the two roots is 2 gamma
    const VD a = hn::MulAdd(constant(0.25), hn::Div(hn::Sub(k2_[0], k2_[1]), gamma_), gamma_);
    VD most2 = hn::Min(one, hn::MulSub(a, a, k2_[0]));
    for (const VD k2 : k2_) {
      const VD least_sine = hn::Max(hn::Sub(hn::Div(hn::Sqrt(k2), gamma_), beta_), constant(0));
      most2 = hn::Min(most2, hn::NegMulAdd(least_sine, least_sine, one));
    }
    const VD most = root(most2);
    cos_max = hn::Min(most, hn::Mul(gamma_, constant(cuts.tanh_max)));
    cos_min = hn::Max(hn::Neg(most), hn::Mul(gamma_, constant(cuts.tanh_min)));
    alive_ = hn::And(hn::Gt(most2, constant(0)), hn::Gt(cos_max, cos_min));
  }

  VD cos_min, cos_max;

  // Limits of |phi|, and the share of the sphere that cuts leave, as volume of two coordinates; 0: nothing.
  VD phi_range(VD cosine, VD& low, VD& high) const {
    const D d;
    const VD one = constant(1), c2 = square(cosine);
    const VD sine = hn::Max(root(hn::Sub(one, c2)), constant(1e-300)), tilt = hn::Max(beta_, constant(1e-300));
    const VD least = hn::Div(hn::Sub(hn::Div(hn::Sqrt(hn::Add(k2_[0], c2)), gamma_), one), hn::Mul(tilt, sine));
    const VD most = hn::Div(hn::Sub(one, hn::Div(hn::Sqrt(hn::Add(k2_[1], c2)), gamma_)), hn::Mul(tilt, sine));
    const VD inside = constant(std::numbers::pi);
    low = hn::IfThenElseZero(hn::Lt(most, one), hn::Acos(d, hn::Min(hn::Max(most, hn::Neg(one)), one)));
    high = hn::IfThenElse(hn::Gt(least, hn::Neg(one)), hn::Acos(d, hn::Min(hn::Max(least, hn::Neg(one)), one)), inside);
    const VD share = hn::Mul(hn::Mul(constant(1 / kTwoPi), hn::Sub(cos_max, cos_min)), hn::Sub(high, low));
    return hn::IfThenElseZero(hn::And(alive_, hn::Gt(high, low)), share);
  }

  // Coordinates -> momenta of the two; returns the volume. phi = phi(y) for y < 1/2, -phi(1 - y) above.
  VD forward(VD y_cos, VD y_phi, Vector4& first, Vector4& second) const {
    const D d;
    const VD cosine = hn::MulAdd(hn::Sub(cos_max, cos_min), y_cos, cos_min), two = constant(2);
    VD low, high;
    const VD volume = phi_range(cosine, low, high);
    const auto below = hn::Lt(y_phi, constant(0.5));
    const VD along = hn::IfThenElse(below, hn::Mul(two, y_phi), hn::NegMulAdd(two, y_phi, two));
    const VD phi = hn::MulAdd(hn::Sub(high, low), along, low), sine = root(hn::NegMulAdd(cosine, cosine, constant(1)));
    const VD u = hn::Mul(sine, hn::Cos(d, phi)), across = hn::Mul(sine, hn::Sin(d, phi));
    const VD v = hn::IfThenElse(below, across, hn::Neg(across));
    first = moving(u, v, cosine);
    second = moving(hn::Neg(u), hn::Neg(v), hn::Neg(cosine));
    return volume;
  }

  // Momentum of the first -> coordinates; returns the volume, 0 outside of the cuts.
  VD inverse(const Vector4& first, VD& y_cos, VD& y_phi) const {
    const VD one = constant(1), half = constant(0.5), inverse_half = hn::Div(one, half_m_);
    const VD along_z = hn::Div(difference2(first.z, p_.e, first.e, p_.z), mt_);
    const VD cosine = hn::Max(hn::Min(hn::Mul(along_z, inverse_half), one), hn::Neg(one));
    const VD x = sum2(axes_.cos_phi, first.x, axes_.sin_phi, first.y);
    const VD v = hn::Mul(difference2(axes_.cos_phi, first.y, axes_.sin_phi, first.x), inverse_half);
    const VD u = hn::Sub(hn::Div(hn::Mul(x, inverse_half), gamma_), beta_);
    VD low, high;
    const VD volume = phi_range(cosine, low, high), phi = hn::Mul(constant(kTwoPi), turns(hn::Abs(v), u));
    y_cos = hn::Div(hn::Sub(cosine, cos_min), hn::Sub(cos_max, cos_min));
    const VD along = hn::Mul(half, hn::Div(hn::Sub(phi, low), hn::Sub(high, low)));
    y_phi = hn::IfThenElse(hn::Lt(v, constant(0)), hn::Sub(one, along), along);
    const auto inside = hn::And(hn::And(hn::Ge(cosine, cos_min), hn::Le(cosine, cos_max)),
                                hn::And(hn::Ge(phi, low), hn::Le(phi, high)));
    return hn::IfThenElseZero(inside, volume);
  }

 private:
  Vector4 moving(VD u, VD v, VD w) const {
    const VD e = hn::Mul(half_m_, hn::Mul(gamma_, hn::MulAdd(beta_, u, constant(1))));
    const VD x = hn::Mul(half_m_, hn::Mul(gamma_, hn::Add(u, beta_))), y = hn::Mul(half_m_, v), z = hn::Mul(half_m_, w);
    return {hn::Div(sum2(e, p_.e, z, p_.z), mt_), difference2(axes_.cos_phi, x, axes_.sin_phi, y),
            sum2(axes_.sin_phi, x, axes_.cos_phi, y), hn::Div(sum2(z, p_.e, e, p_.z), mt_)};
  }

  const TransverseDecay& cuts_;
  const Vector4 p_;
  const VD half_m_;
  const Axes axes_;
  VD mt_, gamma_, beta_, k2_[2];
  hn::Mask<D> alive_;
};

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
