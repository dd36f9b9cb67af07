// Bound: transcendental functions, two to four for each of the 3 n - 2 coordinates.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thalweg/phasespace/tree_channel.cpp"
#include "thalweg/phasespace/tree_channel.h"

// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include "thalweg/phasespace/tree_invariants-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

using Layout = TreeChannel::Layout;

// Momenta of clusters in the rest frame of the partons, from invariants and the angles in y, or the angles from them.
class TreeMomenta {
 public:
  TreeMomenta(const Layout& layout, const TreeState& state, const Batch& y, std::size_t event, std::size_t left)
      : tree_(layout.tree), beams_(layout.beams), s_(state), y_(y), event_(event), left_(left), row_(layout.angles) {}

  void make(VD energy) {
    walk(energy, true);
    for (std::size_t c = 0; c < tree_.clusters.size(); ++c) {
      const ChannelTree::Cluster& cluster = tree_.clusters[c];
      if (cluster.leg >= 0)  // to all digits of its own energy
        p[c].e = hn::Sqrt(hn::Add(momentum2(p[c]), constant(cluster.least * cluster.least)));
    }
  }
  // With p of all clusters known.
  void find_angles(VD energy) { walk(energy, false); }

  Vector4 p[kMaxClusters];

 private:
  void walk(VD energy, bool make) {
    const VD zero = constant(0);
    const Vector4 whole{energy, zero, zero, zero};
    if (tree_.steps.empty())
      p[tree_.blobs[0]] = whole;
    else
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

  void scatter(const Scattering& x, VD minus_t, const RestFrame& frame, const Axes& axes, Vector4& blob, Vector4& rest) {
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
    const RestFrame frame(p[c], s_.m[c]);
    const VD k = hn::Div(root_kallen(s_.m[c], s_.m[a], s_.m[b]), hn::Mul(constant(2), s_.m[c]));
    const VD y = next(), one = constant(1), phi = hn::Mul(constant(kTwoPi), next());
    const VD plus = hn::Mul(constant(2), y), minus = hn::Mul(constant(2), hn::Sub(one, y));  // 1 +- cos
    const VD across = hn::Mul(k, hn::Sqrt(hn::Mul(plus, minus)));
    const VD u = hn::Mul(across, hn::Cos(d, phi)), v = hn::Mul(across, hn::Sin(d, phi));
    p[a] = child(frame, s_.m2[a], k, plus, u, v);
    p[b] = child(frame, s_.m2[b], k, minus, hn::Neg(u), hn::Neg(v));
  }

  // With E* - k = m^2 / (E* + k): sums of terms that are small where the result is.
  static Vector4 child(const RestFrame& frame, VD m2, VD k, VD one_plus_cos, VD u, VD v) {
    const VD e = hn::Sqrt(hn::MulAdd(k, k, m2)), gap = hn::Div(m2, hn::Max(hn::Add(e, k), constant(1e-300)));
    const VD along = hn::Mul(
        frame.gamma, hn::MulAdd(k, one_plus_cos, hn::NegMulAdd(frame.one_minus_beta, e, gap)));
    Vector4 p;
    p.e = hn::Mul(frame.gamma,
                  hn::MulAdd(hn::Mul(k, frame.beta), one_plus_cos, hn::MulAdd(k, frame.one_minus_beta, gap)));
    frame.axes.from_axes(u, v, along, p.x, p.y, p.z);
    return p;
  }

  void decay_angles(std::size_t c) {
    const RestFrame frame(p[c], s_.m[c]);
    VD e, u, v, w;
    frame.at_rest(p[tree_.clusters[c].children[0]], e, u, v, w);
    put(half_cosine(u, v, w));
    put(turns(v, u));
  }

  const ChannelTree& tree_;
  const Beams& beams_;
  const TreeState& s_;
  const Batch& y_;
  std::size_t event_, left_, row_;
};

void Forward(const Layout& layout, const Batch& y, const PhaseSpacePoints& points) {
  const std::size_t lanes = hn::Lanes(D());
  const bool hadrons = layout.beams.kind == Beams::Kind::hadrons;
  TreeState state;
  for (std::size_t e = 0; e < y.size; e += lanes) {
    const std::size_t left = y.size - e;
    const VD one = constant(1);
    const Partons partons = hadrons ? partons_forward(layout.energy, load(y.row(0) + e, left), load(y.row(1) + e, left))
                                    : Partons{constant(layout.energy.s), one, one, one};
    FromCoordinates numbers{y, e, left, hadrons ? 2u : 0u};
    TreeWalk(layout, numbers, state).run(partons.s_hat, partons.volume);
    TreeMomenta momenta(layout, state, y, e, left);
    momenta.make(hn::Sqrt(partons.s_hat));
    // A volume that is none stays 0 whatever was computed with it.
    const auto alive = hn::And(hn::Gt(state.volume, constant(0)), hn::IsFinite(state.volume));
    store(hn::IfThenElseZero(alive, state.volume), points.jacobian.data() + e, left);
    store_incoming(layout.beams, partons, points, e, left);
    const VD ratio = hn::Sqrt(hn::Div(partons.x_a, partons.x_b));
    for (std::size_t c = 0; c < layout.tree.clusters.size(); ++c) {
      const int leg = layout.tree.clusters[c].leg;
      if (leg < 0) continue;
      const auto l = static_cast<std::size_t>(leg);
      store_vector(hadrons ? boosted_along_z(momenta.p[c], layout.masses[l], ratio) : momenta.p[c], points.momenta,
                   layout.beams.incoming() + l, e, left);
    }
  }
}

void Density(const Layout& layout, const PhaseSpacePoints& points, const Batch& table, double* out) {
  const std::size_t lanes = hn::Lanes(D());
  const bool hadrons = layout.beams.kind == Beams::Kind::hadrons;
  TreeState state;
  for (std::size_t e = 0; e < points.momenta.size(); e += lanes) {
    const std::size_t left = points.momenta.size() - e;
    const VD s_hat = load(points.s_hat.data() + e, left);
    const VD volume = hadrons ? partons_inverse(layout.energy, s_hat, load(points.x_a.data() + e, left),
                                                load(points.x_b.data() + e, left), nullptr, nullptr)
                              : constant(1);
    FromTable numbers{layout, table, nullptr, e, left, 0};
    TreeWalk(layout, numbers, state).run(s_hat, volume);
    store(hn::IfThenElseZero(hn::Gt(state.volume, constant(0)), hn::Div(constant(1), state.volume)), out + e, left);
  }
}

void Inverse(const Layout& layout, const PhaseSpacePoints& points, const Batch& table, const Batch& y, double* density) {
  const std::size_t lanes = hn::Lanes(D()), n = layout.masses.size();
  const bool hadrons = layout.beams.kind == Beams::Kind::hadrons;
  TreeState state;
  for (std::size_t e = 0; e < points.momenta.size(); e += lanes) {
    const std::size_t left = points.momenta.size() - e;
    const VD s_hat = load(points.s_hat.data() + e, left), x_a = load(points.x_a.data() + e, left),
             x_b = load(points.x_b.data() + e, left);
    VD volume = constant(1);
    if (hadrons) {
      VD y0, y1;
      volume = partons_inverse(layout.energy, s_hat, x_a, x_b, &y0, &y1);
      store(y0, y.row(0) + e, left);
      store(y1, y.row(1) + e, left);
    }
    FromTable numbers{layout, table, &y, e, left, hadrons ? 2u : 0u};
    TreeWalk(layout, numbers, state).run(s_hat, volume);
    store(hn::IfThenElseZero(hn::Gt(state.volume, constant(0)), hn::Div(constant(1), state.volume)), density + e, left);

    Vector4 final[kMaxFinal];
    const VD ratio = hn::Sqrt(hn::Div(x_b, x_a));
    for (std::size_t i = 0; i < n; ++i) {
      final[i] = load_vector(points.momenta, layout.beams.incoming() + i, e, left);
      if (hadrons) final[i] = boosted_along_z(final[i], layout.masses[i], ratio);
    }
    TreeMomenta momenta(layout, state, y, e, left);
    for (std::size_t c = 0; c < layout.tree.clusters.size(); ++c) {
      const VD zero = constant(0);
      momenta.p[c] = {zero, zero, zero, zero};
      for (std::size_t i = 0; i < n; ++i)
        if (layout.tree.clusters[c].set >> i & 1) momenta.p[c] = momenta.p[c] + final[i];
    }
    momenta.find_angles(hn::Sqrt(s_hat));
  }
}

void PartonsOf(const Layout& layout, const PhaseSpacePoints& points) {
  const std::size_t lanes = hn::Lanes(D()), n = layout.masses.size();
  for (std::size_t e = 0; e < points.momenta.size(); e += lanes) {
    const std::size_t left = points.momenta.size() - e;
    Vector4 final[kMaxFinal];
    for (std::size_t i = 0; i < n; ++i) final[i] = load_vector(points.momenta, layout.beams.incoming() + i, e, left);
    const Partons partons = partons_of(layout.beams, final, layout.masses.data(), n);
    store(partons.s_hat, points.s_hat.data() + e, left);
    store(partons.x_a, points.x_a.data() + e, left);
    store(partons.x_b, points.x_b.data() + e, left);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {
HWY_EXPORT(Forward);
HWY_EXPORT(Density);
HWY_EXPORT(Inverse);
HWY_EXPORT(PartonsOf);

TreeChannel::TreeChannel(std::string name, const ChannelTree& tree, const Beams& beams, const CutBounds& bounds,
                         InvariantTable& table)
    : Channel(std::move(name)), layout_{tree, beams, energy_range(beams, bounds), {}, {}, {}, {}, 0}, table_(table) {
  layout_.energy.map = tree.s_hat;
  for (std::size_t i = 0; i < bounds.size(); ++i) layout_.masses.push_back(bounds.mass(i));
  const std::uint32_t all = (1u << bounds.size()) - 1;
  layout_.angles = beams.kind == Beams::Kind::hadrons ? 2 : 0;
  for (std::size_t c = 0; c < tree.clusters.size(); ++c) {
    const auto& cluster = tree.clusters[c];
    const bool chosen = cluster.leg < 0 && cluster.set != all;
    layout_.cluster_row.push_back(chosen ? table.time_like(cluster.set) : 0);
    layout_.angles += chosen;
  }
  std::uint32_t rest = all, left_of = 0;
  for (std::size_t j = 0; j < tree.steps.size(); ++j) {
    const std::uint32_t blob = tree.clusters[tree.steps[j].blob].set;
    rest &= ~blob;
    if (tree.steps[j].from_a) left_of |= blob;
    const bool last = j + 1 == tree.steps.size();
    layout_.rest_row.push_back(last ? 0 : table.time_like(rest));
    layout_.t_row.push_back(table.minus_t(tree.steps[j].from_a ? left_of : left_of | rest));
    layout_.angles += last ? 1 : 2;
  }
}

std::size_t TreeChannel::dim() const {
  return 3 * layout_.masses.size() - (layout_.beams.kind == Beams::Kind::hadrons ? 2 : 4);
}

void TreeChannel::forward(const Batch& y, const PhaseSpacePoints& points) const {
  HWY_DYNAMIC_DISPATCH(Forward)(layout_, y, points);
}

void TreeChannel::density(const PhaseSpacePoints& points, const Batch& invariants, std::span<double> out) const {
  HWY_DYNAMIC_DISPATCH(Density)(layout_, points, invariants, out.data());
}

void TreeChannel::inverse(const Momenta& momenta, const Batch& y, std::span<double> density) const {
  Arena arena;
  const std::size_t n = momenta.size();
  const PhaseSpacePoints points{momenta, arena.take<double>(n), arena.take<double>(n), arena.take<double>(n), {}};
  HWY_DYNAMIC_DISPATCH(PartonsOf)(layout_, points);
  const Batch table = Batch::take(arena, table_.rows(), n);
  table_.evaluate(points, table, arena);
  HWY_DYNAMIC_DISPATCH(Inverse)(layout_, points, table, y, density.data());
}

}  // namespace thalweg
#endif
