// Invariants of a ChannelTree in their order, and the volume they span: one walk for both directions. Included once for
// each SIMD target.
#if defined(THALWEG_PHASESPACE_TREE_INVARIANTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef THALWEG_PHASESPACE_TREE_INVARIANTS_INL_H_
#undef THALWEG_PHASESPACE_TREE_INVARIANTS_INL_H_
#else
#define THALWEG_PHASESPACE_TREE_INVARIANTS_INL_H_
#endif

#include "thalweg/phasespace/beam_map-inl.h"
#include "thalweg/phasespace/tree_layout.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

inline constexpr std::size_t kMaxClusters = 2 * kMaxFinal;

// One 2 -> 2 scattering in the rest frame of its energy P.
struct Scattering {
  VD p;               // root of P^2
  VD pa, p1, e1, er;  // momenta of A and of the blob, energies of blob and rest
  VD low;             // smallest -t, at cos = 1
};

struct TreeState {
  VD m[kMaxClusters], m2[kMaxClusters];
  VD rest[kMaxFinal], rest2[kMaxFinal], minus_t[kMaxFinal];
  Scattering step[kMaxFinal];
  VD cos_min, cos_max;  // of the first step or of the decay of the whole
  VD volume;
};

// -t at cos(theta) = 1: 2 (E_A E_1 - p_A p_1) - A^2 - m_1^2; its first term without cancellation where E_A > 0.
HWY_INLINE VD smallest_minus_t(VD ea, VD pa, VD e1, VD p1, VD a2, VD m12) {
  const VD ee = hn::Mul(ea, e1), pp = hn::Mul(pa, p1);
  const VD ratio = hn::Div(sum2(a2, square(e1), m12, square(pa)), hn::Max(hn::Add(ee, pp), constant(1e-300)));
  const VD product = hn::IfThenElse(hn::Gt(ea, constant(0)), ratio, hn::Sub(ee, pp));
  return hn::Sub(hn::MulSub(constant(2), product, a2), m12);
}

// `numbers` gives each invariant within its limits: from coordinates, or known.
template <class Numbers>
class TreeWalk {
 public:
  TreeWalk(const TreeLayout& layout, Numbers& numbers, TreeState& state)
      : tree_(layout.tree), beams_(layout.beams), numbers_(numbers), s_(state) {}

  // `s_hat`, and the volume of what comes before.
  void run(VD s_hat, VD volume) {
    s_.volume = volume;
    const VD energy = hn::Sqrt(s_hat);
    particles();
    if (tree_.blobs.size() == 1) {
      s_.m[tree_.blobs[0]] = energy;
      s_.m2[tree_.blobs[0]] = s_hat;
    } else {
      blobs(energy);
      rests(energy);
    }
    decays();
    scatterings(s_hat, energy);
  }

  // Blobs and their decays alone, at an energy still unknown.
  void run_blobs(double most_energy) {
    s_.volume = constant(1);
    particles();
    blobs(constant(most_energy));
    decays();
  }

 private:
  using Cluster = ChannelTree::Cluster;

  void set_mass(std::size_t c, VD m) {
    s_.m[c] = m;
    s_.m2[c] = square(m);
  }
  void particles() {
    for (std::size_t c = 0; c < tree_.clusters.size(); ++c)
      if (tree_.clusters[c].leg >= 0) set_mass(c, constant(tree_.clusters[c].least));
  }
  void decays() {
    for (std::size_t c = 0; c < tree_.clusters.size(); ++c)
      if (tree_.clusters[c].leg < 0) decay(c);
  }
  void take(const Mapped& mapped) { s_.volume = hn::Mul(s_.volume, mapped.volume); }

  void choose_mass(std::size_t c, VD most) {
    const Cluster& cluster = tree_.clusters[c];
    const VD hi = hn::Max(hn::Min(most, constant(cluster.most)), constant(0));
    const Mapped m2 = numbers_.cluster(c, cluster.map, constant(cluster.least * cluster.least), square(hi));
    s_.m2[c] = m2.value;
    s_.m[c] = hn::Sqrt(m2.value);
    take({m2.value, hn::Mul(m2.volume, constant(1 / kTwoPi))});
  }

  // Resonances first, then along the chain.
  void blobs(VD energy) {
    VD others = constant(0);
    for (const std::size_t b : tree_.blobs) others = hn::Add(others, constant(tree_.clusters[b].least));
    for (const bool resonances : {true, false})
      for (const std::size_t b : tree_.blobs) {
        const Cluster& blob = tree_.clusters[b];
        if (blob.leg >= 0 || (blob.map.kind == InvariantMap::Kind::massive) != resonances) continue;
        others = hn::Sub(others, constant(blob.least));
        choose_mass(b, hn::Sub(energy, others));
        others = hn::Add(others, s_.m[b]);
      }
  }

  void rests(VD energy) {
    VD blobs = constant(0), left = energy;
    for (const std::size_t b : tree_.blobs) blobs = hn::Add(blobs, s_.m[b]);
    for (std::size_t j = 0; j < tree_.steps.size(); ++j) {
      const ChannelTree::Step& step = tree_.steps[j];
      blobs = hn::Sub(blobs, s_.m[step.blob]);
      if (j + 1 == tree_.steps.size()) {
        s_.rest[j] = s_.m[step.last];
        s_.rest2[j] = s_.m2[step.last];
        return;
      }
      const VD lo = hn::Max(constant(step.rest_least), blobs),
               hi = hn::Max(hn::Min(hn::Sub(left, s_.m[step.blob]), constant(step.rest_most)), constant(0));
      const Mapped m2 = numbers_.rest(j, InvariantMap::power(kRestExponent), square(lo), square(hi));
      s_.rest2[j] = m2.value;
      s_.rest[j] = left = hn::Sqrt(m2.value);
      take({m2.value, hn::Mul(m2.volume, constant(1 / kTwoPi))});
    }
  }

  void decay(std::size_t c) {
    const auto [a, b] = tree_.clusters[c].children;
    const Cluster &first = tree_.clusters[a], &second = tree_.clusters[b];
    if (first.leg < 0) choose_mass(a, hn::Sub(s_.m[c], constant(second.least)));
    if (second.leg < 0) choose_mass(b, hn::Sub(s_.m[c], s_.m[a]));
    const VD lambda = root_kallen(s_.m[c], s_.m[a], s_.m[b]);
    take({lambda, hn::Div(lambda, hn::Mul(constant(4 * kTwoPi), s_.m2[c]))});
    if (c != tree_.blobs[0] || tree_.blobs.size() > 1) return;
    polar(hn::Div(hn::Mul(constant(0.5), lambda), s_.m[c]));
    const VD range = hn::Mul(constant(0.5), hn::Sub(s_.cos_max, s_.cos_min));
    take({range, hn::Max(range, constant(0))});
  }

  // `p`: the momentum of the two bodies.
  void polar(VD p) {
    const VD ratio = hn::Div(constant(tree_.polar.least_pt), hn::Max(p, constant(1e-300)));
    const VD most = root(hn::NegMulAdd(ratio, ratio, constant(1)));
    s_.cos_max = hn::Min(constant(tree_.polar.max), most);
    s_.cos_min = hn::Max(constant(tree_.polar.min), hn::Neg(most));
  }

  void scatterings(VD s_hat, VD energy) {
    VD line[2] = {constant(beams_.mass_a * beams_.mass_a), constant(beams_.mass_b * beams_.mass_b)};
    VD p2 = s_hat, p = energy;
    for (std::size_t j = 0; j < tree_.steps.size(); ++j) {
      const ChannelTree::Step& step = tree_.steps[j];
      const VD a2 = line[step.from_a ? 0 : 1], b2 = line[step.from_a ? 1 : 0];
      const VD m = s_.m[step.blob], m2 = s_.m2[step.blob], half = hn::Div(constant(0.5), p);
      const VD lambda = root(kallen(p2, a2, b2));
      Scattering& x = s_.step[j];
      x.p = p;
      x.pa = hn::Mul(half, lambda);
      x.p1 = hn::Mul(half, root_kallen(p, m, s_.rest[j]));
      x.e1 = hn::Mul(half, hn::Sub(hn::Add(p2, m2), s_.rest2[j]));
      x.er = hn::Mul(half, hn::Sub(hn::Add(p2, s_.rest2[j]), m2));
      const VD ea = hn::Mul(half, hn::Sub(hn::Add(p2, a2), b2));
      x.low = smallest_minus_t(ea, x.pa, x.e1, x.p1, a2, m2);
      VD low = x.low, high = hn::MulAdd(constant(4), hn::Mul(x.pa, x.p1), x.low);
      if (j == 0) {
        polar(x.p1);
        const VD pp = hn::Mul(constant(2), hn::Mul(x.pa, x.p1)), one = constant(1);
        low = hn::MulAdd(pp, hn::Sub(one, s_.cos_max), x.low);
        high = hn::MulAdd(pp, hn::Sub(one, s_.cos_min), x.low);
      }
      const Mapped t = numbers_.minus_t(j, step.map, hn::Max(low, constant(step.least_t)), high);
      s_.minus_t[j] = t.value;
      take({t.value, hn::Div(t.volume, hn::Mul(constant(4 * kTwoPi), lambda))});
      line[step.from_a ? 0 : 1] = hn::Neg(t.value);
      p2 = s_.rest2[j], p = s_.rest[j];
    }
  }

  const ChannelTree& tree_;
  const Beams& beams_;
  Numbers& numbers_;
  TreeState& s_;
};

// Invariants from the next coordinates.
struct FromCoordinates {
  const Batch& y;
  std::size_t event, left, row;
  Mapped next(const InvariantMap& map, VD lo, VD hi) {
    return map_forward(map, load(y.row(row++) + event, left), lo, hi);
  }
  Mapped cluster(std::size_t, const InvariantMap& map, VD lo, VD hi) { return next(map, lo, hi); }
  Mapped rest(std::size_t, const InvariantMap& map, VD lo, VD hi) { return next(map, lo, hi); }
  Mapped minus_t(std::size_t, const InvariantMap& map, VD lo, VD hi) { return next(map, lo, hi); }
};

// Known invariants; coordinates are written where they are wanted.
struct FromTable {
  const TreeLayout& layout;
  const Batch& table;
  const Batch* y;
  std::size_t event, left, row;
  Mapped next(std::size_t from, const InvariantMap& map, VD lo, VD hi) {
    const VD s = load(table.row(from) + event, left);
    const Mapped mapped = map_inverse(map, s, lo, hi);
    if (y) store(mapped.value, y->row(row++) + event, left);
    return {s, mapped.volume};
  }
  Mapped cluster(std::size_t c, const InvariantMap& map, VD lo, VD hi) {
    return next(layout.cluster_row[c], map, lo, hi);
  }
  Mapped rest(std::size_t j, const InvariantMap& map, VD lo, VD hi) { return next(layout.rest_row[j], map, lo, hi); }
  Mapped minus_t(std::size_t j, const InvariantMap& map, VD lo, VD hi) { return next(layout.t_row[j], map, lo, hi); }
};

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#endif
