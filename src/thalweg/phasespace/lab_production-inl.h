// Blobs in the variables of the collider frame: transverse momenta, rapidities, azimuths. Included once for each SIMD
// target. The contract is in lab_channel.h.
#if defined(THALWEG_PHASESPACE_LAB_PRODUCTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_PHASESPACE_LAB_PRODUCTION_INL_H_
#undef THALWEG_PHASESPACE_LAB_PRODUCTION_INL_H_
#else
#define THALWEG_PHASESPACE_LAB_PRODUCTION_INL_H_
#endif

#include "thalweg/phasespace/tree_invariants-inl.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

// Blob i of the order of the tree; the last one balances the others.
struct LabBlob {
  VD m, x, y, pt2, mt;  // transverse momentum, its square, sqrt(m^2 + p_T^2)
  VD delta;             // rapidity from that of the last one
};

struct LabState {
  LabBlob blob[kMaxFinal];
  VD s_hat, boost;  // e^rapidity of the last blob in the rest frame of the partons
  VD volume;
};

// One walk for both directions, as TreeWalk; `numbers` gives transverse momenta and rapidity differences.
template <class Numbers>
class LabWalk {
 public:
  LabWalk(const ChannelTree& tree, double s, Numbers& numbers, LabState& state)
      : tree_(tree), s_(s), numbers_(numbers), l_(state) {}

  // With the masses of blobs set.
  void run(VD volume) {
    const std::size_t n = tree_.blobs.size();
    l_.volume = volume;
    transverse(n);
    rapidities(n);
  }

 private:
  // d^3p / ((2 pi)^3 2 E) = dp_T^2 dphi dy / (4 (2 pi)^3)
  void transverse(std::size_t n) {
    const VD zero = constant(0), energy = constant(std::sqrt(s_));
    VD x = zero, y = zero, masses = zero;
    for (std::size_t i = 0; i < n; ++i) masses = hn::Add(masses, l_.blob[i].m);
    for (std::size_t i = 0; i + 1 < n; ++i) {
      LabBlob& b = l_.blob[i];
      const ChannelTree::Cluster& cluster = tree_.clusters[tree_.blobs[i]];
      const VD most = hn::Mul(constant(0.5), hn::Div(root_kallen(energy, b.m, hn::Sub(masses, b.m)), energy));
      // The last two heavy ones share what balances the others.
      const bool shares = i + 2 == n && n > 2 && cluster.least > 0;
      const VD half = constant(shares ? 0.5 : 0.0);
      const double scale = std::max(cluster.least * cluster.least, tree_.lab_scale2);
      const InvariantMap map = InvariantMap::power(1.5, cluster.least_pt > 0 && cluster.least == 0 ? 0 : scale);
      const Mapped k2 = numbers_.transverse(i, map, constant(shares ? 0 : cluster.least_pt * cluster.least_pt),
                                            square(most), x, y, half, b);
      b.pt2 = hn::MulAdd(b.x, b.x, square(b.y));
      b.mt = hn::Sqrt(hn::MulAdd(b.m, b.m, b.pt2));
      x = hn::Add(x, b.x), y = hn::Add(y, b.y);
      l_.volume = hn::Mul(l_.volume, hn::Mul(k2.volume, constant(0.25 / (kTwoPi * kTwoPi))));
    }
    LabBlob& last = l_.blob[n - 1];
    last.x = hn::Neg(x), last.y = hn::Neg(y);
    last.pt2 = hn::MulAdd(x, x, square(y));
    last.mt = hn::Sqrt(hn::MulAdd(last.m, last.m, last.pt2));
  }

  // With A = sum m_T e^y, B = sum m_T e^-y of the blobs so far and m_T R of those to come, A B <= (sqrt(s) - R)^2.
  // Cuts leave the last blob a rapidity from `least` to `most`, less with each blob that is chosen.
  void rapidities(std::size_t n) {
    const D d;
    LabBlob& last = l_.blob[n - 1];
    last.delta = constant(0);
    VD a = last.mt, b = last.mt, left = constant(0);
    for (std::size_t i = 0; i + 1 < n; ++i) left = hn::Add(left, l_.blob[i].mt);
    auto alive = hn::Gt(l_.volume, constant(0));
    const auto [last_min, last_max] = tree_.clusters[tree_.blobs[n - 1]].rapidity;
    VD least = constant(last_min), most = constant(last_max);
    for (std::size_t i = 0; i + 1 < n; ++i) {
      LabBlob& blob = l_.blob[i];
      left = hn::Sub(left, blob.mt);
      const VD room = hn::Max(hn::Sub(constant(std::sqrt(s_)), left), constant(0)), ab = hn::Mul(a, b);
      const VD mt2 = square(blob.mt), c = hn::Sub(hn::Sub(square(room), ab), mt2);
      const VD discriminant = hn::NegMulAdd(hn::Mul(constant(4), mt2), ab, hn::Mul(c, c));
      alive = hn::And(alive, hn::And(hn::Gt(c, constant(0)), hn::Gt(discriminant, constant(0))));
      // m_T B u^2 - c u + m_T A <= 0, u = e^delta
      const VD q = hn::Mul(constant(0.5), hn::Add(hn::Max(c, constant(1e-300)), root(discriminant)));
      const VD hi = hn::Log(d, hn::Div(q, hn::Mul(blob.mt, b))), lo = hn::Log(d, hn::Div(hn::Mul(blob.mt, a), q));
      const auto [blob_min, blob_max] = tree_.clusters[tree_.blobs[i]].rapidity;
      const Mapped delta = numbers_.rapidity(i, hn::Max(lo, hn::Sub(constant(blob_min), most)),
                                             hn::Min(hi, hn::Sub(constant(blob_max), least)));
      blob.delta = delta.value;
      least = hn::Max(least, hn::Sub(constant(blob_min), delta.value));
      most = hn::Min(most, hn::Sub(constant(blob_max), delta.value));
      const VD u = hn::Exp(d, delta.value);
      a = hn::MulAdd(blob.mt, u, a), b = hn::Add(hn::Div(blob.mt, u), b);
      l_.volume = hn::Mul(l_.volume, delta.volume);
    }
    l_.s_hat = hn::Mul(a, b);
    l_.boost = hn::Sqrt(hn::Div(b, a));
    // dy / (2 (2 pi)^3) of the last, (2 pi)^4 delta^4 and 2 / s of dE dp_z = s / 2 dx_a dx_b
    const VD spread = hn::Neg(hn::Log(d, hn::Div(l_.s_hat, constant(s_))));
    l_.volume = hn::Mul(l_.volume, hn::Mul(spread, constant(kTwoPi / s_)));
    l_.volume = hn::IfThenElseZero(hn::And(alive, hn::Gt(spread, constant(0))), l_.volume);
  }

  const ChannelTree& tree_;
  const double s_;
  Numbers& numbers_;
  LabState& l_;
};

// Flat on [lo, hi].
HWY_INLINE Mapped flat_forward(VD y, VD lo, VD hi) {
  const VD range = hn::Max(hn::Sub(hi, lo), constant(0));
  return {hn::MulAdd(range, y, lo), range};
}
HWY_INLINE Mapped flat_inverse(VD x, VD lo, VD hi) {
  const VD range = hn::Sub(hi, lo);
  return {hn::Div(hn::Sub(x, lo), range), hn::IfThenElseZero(hn::And(hn::Ge(x, lo), hn::Le(x, hi)), range)};
}

// phi of the first blob from the x axis, of the others from the direction of the sum of those before.
struct LabFromCoordinates {
  const Batch& y;
  std::size_t event, left, row;
  VD next() { return load(y.row(row++) + event, left); }
  // k^2 and phi of k = p_T + half of the sum.
  Mapped transverse(std::size_t, const InvariantMap& map, VD lo, VD hi, VD sum_x, VD sum_y, VD half, LabBlob& b) {
    const D d;
    const Axes axes(sum_x, sum_y, constant(0));
    const Mapped k2 = map_forward(map, next(), lo, hi);
    const VD phi = hn::Mul(constant(kTwoPi), next()), k = hn::Sqrt(k2.value), c = hn::Cos(d, phi), s = hn::Sin(d, phi);
    b.x = hn::NegMulAdd(half, sum_x, hn::Mul(k, difference2(axes.cos_phi, c, axes.sin_phi, s)));
    b.y = hn::NegMulAdd(half, sum_y, hn::Mul(k, sum2(axes.sin_phi, c, axes.cos_phi, s)));
    return k2;
  }
  Mapped rapidity(std::size_t, VD lo, VD hi) { return flat_forward(next(), lo, hi); }
};

// Known transverse momenta and rapidities, in `known`; coordinates are written where they are wanted.
struct LabFromMomenta {
  const LabBlob* known;
  const Batch* y;
  std::size_t event, left, row;
  void put(VD value) {
    if (y) store(value, y->row(row++) + event, left);
  }
  Mapped transverse(std::size_t i, const InvariantMap& map, VD lo, VD hi, VD sum_x, VD sum_y, VD half, LabBlob& b) {
    b.x = known[i].x, b.y = known[i].y;
    const VD x = hn::MulAdd(half, sum_x, b.x), y_ = hn::MulAdd(half, sum_y, b.y);
    const Mapped k2 = map_inverse(map, hn::MulAdd(x, x, square(y_)), lo, hi);
    put(k2.value);
    if (y) {
      const Axes axes(sum_x, sum_y, constant(0));
      put(turns(difference2(axes.cos_phi, y_, axes.sin_phi, x), sum2(axes.cos_phi, x, axes.sin_phi, y_)));
    }
    return k2;
  }
  Mapped rapidity(std::size_t i, VD lo, VD hi) {
    const Mapped mapped = flat_inverse(known[i].delta, lo, hi);
    put(mapped.value);
    return {known[i].delta, mapped.volume};
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
