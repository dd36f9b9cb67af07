// Momenta of a ChannelTree, or its angles: included once for each SIMD target.
#if defined(THALWEG_PHASESPACE_TREE_MOMENTA_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_PHASESPACE_TREE_MOMENTA_INL_H_
#undef THALWEG_PHASESPACE_TREE_MOMENTA_INL_H_
#else
#define THALWEG_PHASESPACE_TREE_MOMENTA_INL_H_
#endif

#include "thalweg/phasespace/boost_range-inl.h"
#include "thalweg/phasespace/transverse_decay-inl.h"
#include "thalweg/phasespace/tree_invariants-inl.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

// Momenta of clusters in the rest frame of the partons, from invariants and the angles in y, or the angles from them.
class TreeMomenta {
 public:
  TreeMomenta(const TreeLayout& layout, const TreeState& state, const Batch& y, std::size_t event, std::size_t left)
      : tree_(layout.tree), beams_(layout.beams), s_(state), y_(y), event_(event), left_(left), row_(layout.angles) {}

  // `blobs`: those of the tree are there already.
  void make(VD energy, bool blobs = false) {
    walk(energy, true, blobs);
    for (std::size_t c = 0; c < tree_.clusters.size(); ++c) {
      const ChannelTree::Cluster& cluster = tree_.clusters[c];
      if (cluster.leg >= 0)  // to all digits of its own energy
        p[c].e = hn::Sqrt(hn::Add(momentum2(p[c]), constant(cluster.least * cluster.least)));
    }
  }
  // With p of all clusters known.
  void find_angles(VD energy, bool blobs = false) { walk(energy, false, blobs); }

  Vector4 p[kMaxClusters];
  VD volume = constant(1);  // of transverse decays

 private:
  void walk(VD energy, bool make, bool blobs) {
    const VD zero = constant(0);
    const Vector4 whole{energy, zero, zero, zero};
    if (tree_.blobs.size() == 1)
      p[tree_.blobs[0]] = whole;
    else if (!blobs)
      scatterings(whole, make);
    for (std::size_t c = 0; c < tree_.clusters.size(); ++c)
      if (tree_.clusters[c].leg < 0) make ? decay(c) : decay_angles(c);
  }

  VD next() { return load(y_.row(row_++) + event_, left_); }
  void put(VD value) { store(value, y_.row(row_++) + event_, left_); }

  void scatterings(const Vector4& whole, bool make) {
    const VD zero = constant(0), q = s_.step[0].pa;
    const VD ma2 = constant(beams_.mass_a * beams_.mass_a), mb2 = constant(beams_.mass_b * beams_.mass_b);
    Vector4 line[2] = {{hn::Sqrt(hn::MulAdd(q, q, ma2)), zero, zero, q},
                       {hn::Sqrt(hn::MulAdd(q, q, mb2)), zero, zero, hn::Neg(q)}};
    Vector4 total = whole;
    for (std::size_t j = 0; j < tree_.steps.size(); ++j) {
      const ChannelTree::Step& step = tree_.steps[j];
      Vector4& from = line[step.from_a ? 0 : 1];
      const RestFrame frame(total, s_.step[j].p);
      VD e, u, v, w;
      frame.at_rest(from, e, u, v, w);
      const Axes axes(u, v, w);
      Vector4 rest;
      if (make) {
        scatter(s_.step[j], s_.minus_t[j], frame, axes, p[step.blob], rest);
      } else {
        VD a, b, c;
        frame.at_rest(p[step.blob], e, u, v, w);
        axes.to_axes(u, v, w, a, b, c);
        put(turns(b, a));
        rest = total - p[step.blob];
      }
      from = from - p[step.blob];
      total = rest;
    }
    if (make) p[tree_.steps.back().last] = total;
  }

  void scatter(const Scattering& x, VD minus_t, const RestFrame& frame, const Axes& axes, Vector4& blob,
               Vector4& rest) {
    const D d;
    const VD two = constant(2), phi = hn::Mul(constant(kTwoPi), next());
    const VD range = hn::Max(hn::Mul(two, hn::Mul(x.pa, x.p1)), constant(1e-300));
    const VD gap = hn::Min(hn::Max(hn::Div(hn::Sub(minus_t, x.low), range), constant(0)), two);  // 1 - cos
    const VD across = hn::Mul(x.p1, hn::Sqrt(hn::Mul(gap, hn::Sub(two, gap))));
    VD u, v, w;
    axes.from_axes(hn::Mul(across, hn::Cos(d, phi)), hn::Mul(across, hn::Sin(d, phi)),
                   hn::Mul(x.p1, hn::Sub(constant(1), gap)), u, v, w);
    blob = frame.boosted(x.e1, u, v, w);
    rest = frame.boosted(x.er, hn::Neg(u), hn::Neg(v), hn::Neg(w));
  }

  void decay(std::size_t c) {
    const D d;
    const auto [a, b] = tree_.clusters[c].children;
    if (const auto& cuts = tree_.clusters[c].transverse) {
      const VD y_cos = next();
      volume = hn::Mul(volume, TransverseFrame(*cuts, p[c], s_.m[c]).forward(y_cos, next(), p[a], p[b]));
      return;
    }
    const RestFrame frame(p[c], s_.m[c]);
    const VD k = hn::Div(root_kallen(s_.m[c], s_.m[a], s_.m[b]), hn::Mul(constant(2), s_.m[c]));
    const VD y = next(), one = constant(1), phi = hn::Mul(constant(kTwoPi), next());
    VD plus = hn::Mul(constant(2), y), minus = hn::Mul(constant(2), hn::Sub(one, y));  // 1 +- cos
    if (is_whole(c)) {
      const VD range = hn::Sub(s_.cos_max, s_.cos_min);
      plus = hn::MulAdd(range, y, hn::Add(one, s_.cos_min));
      minus = hn::MulAdd(range, hn::Sub(one, y), hn::Sub(one, s_.cos_max));
    }
    const VD across = hn::Mul(k, hn::Sqrt(hn::Mul(plus, minus)));
    const VD u = hn::Mul(across, hn::Cos(d, phi)), v = hn::Mul(across, hn::Sin(d, phi));
    p[a] = child(frame, s_.m2[a], k, plus, u, v);
    p[b] = child(frame, s_.m2[b], k, minus, hn::Neg(u), hn::Neg(v));
  }

  // With E* - k = m^2 / (E* + k): sums of terms that are small where the result is.
  static Vector4 child(const RestFrame& frame, VD m2, VD k, VD one_plus_cos, VD u, VD v) {
    const VD e = hn::Sqrt(hn::MulAdd(k, k, m2)), gap = hn::Div(m2, hn::Max(hn::Add(e, k), constant(1e-300)));
    const VD along = hn::Mul(frame.gamma, hn::MulAdd(k, one_plus_cos, hn::NegMulAdd(frame.one_minus_beta, e, gap)));
    Vector4 p;
    p.e = hn::Mul(frame.gamma,
                  hn::MulAdd(hn::Mul(k, frame.beta), one_plus_cos, hn::MulAdd(k, frame.one_minus_beta, gap)));
    frame.axes.from_axes(u, v, along, p.x, p.y, p.z);
    return p;
  }

  // Whose decay is in the rest frame of the partons; a particle's decay has no beams.
  bool is_whole(std::size_t c) const { return tree_.blobs.size() == 1 && c == tree_.blobs[0]; }

  void decay_angles(std::size_t c) {
    if (const auto& cuts = tree_.clusters[c].transverse) {
      VD y_cos, y_phi;
      TransverseFrame(*cuts, p[c], s_.m[c]).inverse(p[tree_.clusters[c].children[0]], y_cos, y_phi);
      put(y_cos);
      put(y_phi);
      return;
    }
    const RestFrame frame(p[c], s_.m[c]);
    VD e, u, v, w;
    frame.at_rest(p[tree_.clusters[c].children[0]], e, u, v, w);
    VD half = half_cosine(u, v, w);
    if (is_whole(c))
      half = hn::Div(hn::NegMulAdd(constant(0.5), hn::Add(constant(1), s_.cos_min), half),
                     hn::Mul(constant(0.5), hn::Sub(s_.cos_max, s_.cos_min)));
    put(half);
    put(turns(v, u));
  }

  const ChannelTree& tree_;
  const Beams& beams_;
  const TreeState& s_;
  const Batch& y_;
  std::size_t event_, left_, row_;
};

// The partons of coordinate `y` in the range of u that cuts leave to final momenta in their rest frame; the range goes
// into `points`.
HWY_INLINE Partons boosted_partons(const TreeLayout& layout, const TreeMomenta& momenta, VD s_hat, VD y,
                                   const PhaseSpacePoints& points, std::size_t e, std::size_t left) {
  Vector4 final[kMaxFinal];
  for (std::size_t c = 0; c < layout.tree.clusters.size(); ++c)
    if (const int leg = layout.tree.clusters[c].leg; leg >= 0) final[leg] = momenta.p[c];
  const VD log = log_tau(layout.energy, s_hat);
  const BoostRange u = boost_range(layout.rapidity_cuts, log, final, layout.masses.data(), constant(0));
  store(u.low, points.u_low.data() + e, left);
  store(u.range, points.u_range.data() + e, left);
  return partons_at(s_hat, log, hn::MulAdd(u.range, y, u.low));
}
// Back: y.
HWY_INLINE VD boost_coordinate(const TreeLayout& layout, VD s_hat, VD x_a, VD x_b, const PhaseSpacePoints& points,
                               std::size_t e, std::size_t left) {
  const D d;
  const VD half = constant(0.5);
  const VD u = hn::MulAdd(hn::Div(hn::Log(d, hn::Div(x_a, x_b)), log_tau(layout.energy, s_hat)), half, half);
  return hn::Div(hn::Sub(u, load(points.u_low.data() + e, left)), load(points.u_range.data() + e, left));
}

// The volume of what is chosen after the invariants: decays of pairs, and the boost.
HWY_INLINE VD volume_of_angles(const TreeLayout& layout, const PhaseSpacePoints& points, const Batch& table,
                               std::size_t e, std::size_t left) {
  VD volume = layout.beams.kind == Beams::Kind::hadrons ? load(points.u_range.data() + e, left) : constant(1);
  for (const std::size_t row : layout.decay_row) volume = hn::Mul(volume, load(table.row(row) + e, left));
  return volume;
}

// Final momenta of a batch in the rest frame of the partons, from those of the collider and back.
class FinalMomenta {
 public:
  FinalMomenta(const TreeLayout& layout, VD x_a, VD x_b)
      : layout_(layout),
        hadrons_(layout.beams.kind == Beams::Kind::hadrons),
        ratio_(hadrons_ ? hn::Sqrt(hn::Div(x_a, x_b)) : constant(1)) {}

  void store_all(const TreeMomenta& momenta, const PhaseSpacePoints& points, std::size_t e, std::size_t left) const {
    for (std::size_t c = 0; c < layout_.tree.clusters.size(); ++c) {
      const int leg = layout_.tree.clusters[c].leg;
      if (leg < 0) continue;
      const auto l = static_cast<std::size_t>(leg);
      const Vector4 p = hadrons_ ? boosted_along_z(momenta.p[c], layout_.masses[l], ratio_) : momenta.p[c];
      store_vector(p, points.momenta, layout_.beams.incoming() + l, e, left);
    }
  }
  // Sums for all clusters.
  void load_all(const PhaseSpacePoints& points, std::size_t e, std::size_t left, TreeMomenta& momenta) const {
    Vector4 final[kMaxFinal];
    const VD zero = constant(0), back = hn::Div(constant(1), ratio_);
    for (std::size_t i = 0; i < layout_.masses.size(); ++i) {
      final[i] = load_vector(points.momenta, layout_.beams.incoming() + i, e, left);
      if (hadrons_) final[i] = boosted_along_z(final[i], layout_.masses[i], back);
    }
    for (std::size_t c = 0; c < layout_.tree.clusters.size(); ++c) {
      momenta.p[c] = {zero, zero, zero, zero};
      for (std::size_t i = 0; i < layout_.masses.size(); ++i)
        if (layout_.tree.clusters[c].set >> i & 1) momenta.p[c] = momenta.p[c] + final[i];
    }
  }

 private:
  const TreeLayout& layout_;
  const bool hadrons_;
  const VD ratio_;
};

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
