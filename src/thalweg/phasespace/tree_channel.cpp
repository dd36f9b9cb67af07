// Bound: transcendental functions, two to four for each of the 3 n - 2 coordinates.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thalweg/phasespace/tree_channel.cpp"
#include "thalweg/phasespace/tree_channel.h"

// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include "thalweg/phasespace/tree_momenta-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

void TreeForward(const TreeLayout& layout, const Batch& y, const PhaseSpacePoints& points) {
  const std::size_t lanes = hn::Lanes(D());
  const bool hadrons = layout.beams.kind == Beams::Kind::hadrons;
  TreeState state;
  for (std::size_t e = 0; e < y.size; e += lanes) {
    const std::size_t left = y.size - e;
    const VD one = constant(1);
    const PartonEnergy energy = hadrons ? energy_forward(layout.energy, load(y.row(0) + e, left))
                                        : PartonEnergy{constant(layout.energy.s), one};
    FromCoordinates numbers{y, e, left, hadrons ? 2u : 0u};
    TreeWalk(layout, numbers, state).run(energy.s_hat, energy.volume);
    TreeMomenta momenta(layout, state, y, e, left);
    momenta.make(hn::Sqrt(energy.s_hat));
    Partons partons{energy.s_hat, one, one};
    if (hadrons) partons = boosted_partons(layout, momenta, energy.s_hat, load(y.row(1) + e, left), points, e, left);
    VD volume = hn::Mul(state.volume, momenta.volume);
    if (hadrons) volume = hn::Mul(volume, load(points.u_range.data() + e, left));
    // A volume that is none stays 0 whatever was computed with it.
    const auto alive = hn::And(hn::Gt(volume, constant(0)), hn::IsFinite(volume));
    store(hn::IfThenElseZero(alive, volume), points.jacobian.data() + e, left);
    store_incoming(layout.beams, partons, points, e, left);
    FinalMomenta(layout, partons.x_a, partons.x_b).store_all(momenta, points, e, left);
  }
}

void TreeDensity(const TreeLayout& layout, const PhaseSpacePoints& points, const Batch& table, double* out) {
  const std::size_t lanes = hn::Lanes(D());
  const bool hadrons = layout.beams.kind == Beams::Kind::hadrons;
  TreeState state;
  for (std::size_t e = 0; e < points.momenta.size(); e += lanes) {
    const std::size_t left = points.momenta.size() - e;
    const VD s_hat = load(points.s_hat.data() + e, left);
    const VD before = hadrons ? energy_inverse(layout.energy, s_hat, load(points.x_a.data() + e, left),
                                               load(points.x_b.data() + e, left), nullptr)
                              : constant(1);
    FromTable numbers{layout, table, nullptr, e, left, 0};
    TreeWalk(layout, numbers, state).run(s_hat, before);
    const VD volume = hn::Mul(state.volume, volume_of_angles(layout, points, table, e, left));
    store(hn::IfThenElseZero(hn::Gt(volume, constant(0)), hn::Div(constant(1), volume)), out + e, left);
  }
}

void TreeInverse(const TreeLayout& layout, const PhaseSpacePoints& points, const Batch& table, const Batch& y,
                 double* density) {
  const std::size_t lanes = hn::Lanes(D());
  const bool hadrons = layout.beams.kind == Beams::Kind::hadrons;
  TreeState state;
  for (std::size_t e = 0; e < points.momenta.size(); e += lanes) {
    const std::size_t left = points.momenta.size() - e;
    const VD s_hat = load(points.s_hat.data() + e, left), x_a = load(points.x_a.data() + e, left),
             x_b = load(points.x_b.data() + e, left);
    VD before = constant(1);
    if (hadrons) {
      VD y0;
      before = energy_inverse(layout.energy, s_hat, x_a, x_b, &y0);
      store(y0, y.row(0) + e, left);
      store(boost_coordinate(layout, s_hat, x_a, x_b, points, e, left), y.row(1) + e, left);
    }
    FromTable numbers{layout, table, &y, e, left, hadrons ? 2u : 0u};
    TreeWalk(layout, numbers, state).run(s_hat, before);
    const VD volume = hn::Mul(state.volume, volume_of_angles(layout, points, table, e, left));
    store(hn::IfThenElseZero(hn::Gt(volume, constant(0)), hn::Div(constant(1), volume)), density + e, left);

    TreeMomenta momenta(layout, state, y, e, left);
    FinalMomenta(layout, x_a, x_b).load_all(points, e, left, momenta);
    momenta.find_angles(hn::Sqrt(s_hat));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {
HWY_EXPORT(TreeForward);
HWY_EXPORT(TreeDensity);
HWY_EXPORT(TreeInverse);

TreeChannel::TreeChannel(std::string name, const ChannelTree& tree, const Beams& beams, const CutBounds& bounds,
                         InvariantTable& table)
    : Channel(std::move(name)), layout_(tree, beams, bounds, table), table_(table) {
  if (beams.kind == Beams::Kind::hadrons) layout_.angles += 2;
  const std::uint32_t all = (1u << bounds.size()) - 1;
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
  HWY_DYNAMIC_DISPATCH(TreeForward)(layout_, y, points);
}

void TreeChannel::density(const PhaseSpacePoints& points, const Batch& invariants, std::span<double> out) const {
  HWY_DYNAMIC_DISPATCH(TreeDensity)(layout_, points, invariants, out.data());
}

void TreeChannel::inverse(const Momenta& momenta, const Batch& y, std::span<double> density) const {
  Arena arena;
  const PhaseSpacePoints points = table_.points_of(momenta, arena);
  const Batch table = Batch::take(arena, table_.rows(), momenta.size());
  table_.evaluate(points, table, arena);
  HWY_DYNAMIC_DISPATCH(TreeInverse)(layout_, points, table, y, density.data());
}

}  // namespace thalweg
#endif
