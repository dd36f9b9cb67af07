// Bound: transcendental functions, two to four for each of the 3 n - 2 coordinates.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thalweg/phasespace/lab_channel.cpp"
#include "thalweg/phasespace/lab_channel.h"

// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include "thalweg/phasespace/tree_momenta-inl.h"
#include "thalweg/phasespace/lab_production-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {

VD finite_volume(VD tree, VD lab) {
  const VD volume = hn::Mul(tree, lab);
  return hn::IfThenElseZero(hn::And(hn::Gt(volume, constant(0)), hn::IsFinite(volume)), volume);
}

// In the rest frame of the partons.
Vector4 blob_momentum(const LabState& lab, std::size_t i) {
  const LabBlob& b = lab.blob[i];
  const VD u = hn::Mul(hn::Exp(D(), b.delta), lab.boost), half = hn::Mul(constant(0.5), b.mt);
  const VD plus = hn::Mul(half, u), minus = hn::Div(half, u);
  return {hn::Add(plus, minus), b.x, b.y, hn::Sub(plus, minus)};
}

void LabForward(const TreeLayout& layout, const Batch& y, const PhaseSpacePoints& points) {
  const ChannelTree& tree = layout.tree;
  const D d;
  TreeState state;
  LabState lab;
  for (std::size_t e = 0; e < y.size; e += hn::Lanes(d)) {
    const std::size_t left = y.size - e;
    FromCoordinates masses{y, e, left, 0};
    TreeWalk(layout, masses, state).run_blobs(layout.beams.energy);
    for (std::size_t i = 0; i < tree.blobs.size(); ++i) lab.blob[i].m = state.m[tree.blobs[i]];
    LabFromCoordinates numbers{y, e, left, masses.row};
    LabWalk(tree, layout.energy.s, numbers, lab).run(constant(1));
    const VD y1 = numbers.next();
    TreeMomenta momenta(layout, state, y, e, left);
    for (std::size_t i = 0; i < tree.blobs.size(); ++i) momenta.p[tree.blobs[i]] = blob_momentum(lab, i);
    momenta.make(hn::Sqrt(lab.s_hat), true);
    const Partons partons = boosted_partons(layout, momenta, lab.s_hat, y1, points, e, left);
    const VD angles = hn::Mul(momenta.volume, load(points.u_range.data() + e, left));
    const VD tree_volume = hn::Mul(state.volume, angles);
    store(finite_volume(tree_volume, lab.volume), points.jacobian.data() + e, left);
    store_incoming(layout.beams, partons, points, e, left);
    FinalMomenta(layout, partons.x_a, partons.x_b).store_all(momenta, points, e, left);
  }
}

// What is known of a blob, in the frame of the collider.
LabBlob known_blob(const TreeLayout& layout, const PhaseSpacePoints& points, std::uint32_t set, VD m, std::size_t e,
                   std::size_t left, VD& plus) {
  const VD zero = constant(0);
  LabBlob blob{m, zero, zero, zero, zero, zero};
  plus = zero;
  for (std::size_t i = 0; i < layout.masses.size(); ++i) {
    if (!(set >> i & 1)) continue;
    const Vector4 p = load_vector(points.momenta, 2 + i, e, left);
    blob.x = hn::Add(blob.x, p.x), blob.y = hn::Add(blob.y, p.y);
    plus = hn::Add(plus, light_cone(p, layout.masses[i]).plus);
  }
  blob.pt2 = hn::MulAdd(blob.x, blob.x, square(blob.y));
  blob.mt = hn::Sqrt(hn::MulAdd(m, m, blob.pt2));
  return blob;
}

void LabInverse(const TreeLayout& layout, const PhaseSpacePoints& points, const Batch& table, const Batch* y,
                double* density) {
  const ChannelTree& tree = layout.tree;
  const D d;
  TreeState state;
  LabState lab;
  LabBlob known[kMaxFinal];
  VD plus[kMaxFinal];
  const std::size_t n = tree.blobs.size();
  for (std::size_t e = 0; e < points.momenta.size(); e += hn::Lanes(d)) {
    const std::size_t left = points.momenta.size() - e;
    const VD x_a = load(points.x_a.data() + e, left), x_b = load(points.x_b.data() + e, left);
    FromTable masses{layout, table, y, e, left, 0};
    TreeWalk(layout, masses, state).run_blobs(layout.beams.energy);
    for (std::size_t i = 0; i < n; ++i) {
      lab.blob[i].m = state.m[tree.blobs[i]];
      known[i] = known_blob(layout, points, tree.clusters[tree.blobs[i]].set, lab.blob[i].m, e, left, plus[i]);
    }
    for (std::size_t i = 0; i + 1 < n; ++i)
      known[i].delta = hn::Log(d, hn::Div(hn::Mul(plus[i], known[n - 1].mt), hn::Mul(plus[n - 1], known[i].mt)));
    LabFromMomenta numbers{known, y, e, left, masses.row};
    LabWalk(tree, layout.energy.s, numbers, lab).run(constant(1));
    const auto physical = hn::And(hn::Le(x_a, constant(1)), hn::Le(x_b, constant(1)));
    const VD tree_volume = hn::Mul(state.volume, volume_of_angles(layout, points, table, e, left));
    const VD volume = hn::IfThenElseZero(physical, finite_volume(tree_volume, lab.volume));
    store(hn::IfThenElseZero(hn::Gt(volume, constant(0)), hn::Div(constant(1), volume)), density + e, left);
    if (!y) continue;
    numbers.put(boost_coordinate(layout, load(points.s_hat.data() + e, left), x_a, x_b, points, e, left));
    TreeMomenta momenta(layout, state, *y, e, left);
    FinalMomenta(layout, x_a, x_b).load_all(points, e, left, momenta);
    momenta.find_angles(hn::Sqrt(load(points.s_hat.data() + e, left)), true);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {
HWY_EXPORT(LabForward);
HWY_EXPORT(LabInverse);

LabChannel::LabChannel(std::string name, const ChannelTree& tree, const Beams& beams, const CutBounds& bounds,
                       InvariantTable& table)
    : Channel(std::move(name)), layout_(tree, beams, bounds, table), table_(table) {
  layout_.angles += 3 * (tree.blobs.size() - 1) + 1;
}

void LabChannel::forward(const Batch& y, const PhaseSpacePoints& points) const {
  HWY_DYNAMIC_DISPATCH(LabForward)(layout_, y, points);
}

void LabChannel::density(const PhaseSpacePoints& points, const Batch& invariants, std::span<double> out) const {
  HWY_DYNAMIC_DISPATCH(LabInverse)(layout_, points, invariants, nullptr, out.data());
}

void LabChannel::inverse(const Momenta& momenta, const Batch& y, std::span<double> density) const {
  Arena arena;
  const PhaseSpacePoints points = table_.points_of(momenta, arena);
  const Batch table = Batch::take(arena, table_.rows(), momenta.size());
  table_.evaluate(points, table, arena);
  HWY_DYNAMIC_DISPATCH(LabInverse)(layout_, points, table, &y, density.data());
}

}  // namespace thalweg
#endif
