// The evaluation of a batch.
#include "thalweg/run/cross_section.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "thalweg/base/time_budget.h"
#include "thalweg/base/units.h"

namespace thalweg {

double CrossSection::flux(double s_hat) const {
  const double energy = std::sqrt(s_hat);
  switch (beams_.kind) {
    case Beams::Kind::hadrons: return kPicobarnPerInverseGeV2 / (2 * s_hat);
    case Beams::Kind::partons:
      return kPicobarnPerInverseGeV2 / (4 * energy * two_body_momentum(energy, beams_.mass_a, beams_.mass_b));
    default: return 1 / (2 * energy);
  }
}

// Cuts, and the survivors in dense arrays.
void CrossSection::select(const PhaseSpacePoints& all, Survivors& s, Arena& arena) const {
  const std::size_t n = all.momenta.size();
  const auto pass = arena.take<std::uint8_t>(n);
  cuts_.apply(all.momenta, arena, pass);
  s.index = arena.take<std::size_t>(n);
  for (std::size_t e = 0; e < n; ++e)
    if (pass[e] && all.jacobian[e] > 0) s.index[s.count++] = e;
  if (s.count == n) {
    s.points = all;
    return;
  }
  s.points = PhaseSpacePoints::take(arena, all.momenta.legs(), s.count);
  auto pack = [&](const double* from, double* to) {
    for (std::size_t i = 0; i < s.count; ++i) to[i] = from[s.index[i]];
  };
  for (std::size_t r = 0; r < all.momenta.rows.dim; ++r) pack(all.momenta.rows.row(r), s.points.momenta.rows.row(r));
  pack(all.x_a.data(), s.points.x_a.data());
  pack(all.x_b.data(), s.points.x_b.data());
  pack(all.s_hat.data(), s.points.s_hat.data());
  pack(all.u_low.data(), s.points.u_low.data());
  pack(all.u_range.data(), s.points.u_range.data());
  pack(all.jacobian.data(), s.points.jacobian.data());
}

namespace {

// Helicities and colours are chosen with the low bits of the number whose high bits choose the sub-process.
EventChoice make_choice(std::span<const double> pick, Arena& arena) {
  const std::size_t n = pick.size();
  const auto helicity = arena.take<double>(n), flow = arena.take<double>(n);
  for (std::size_t e = 0; e < n; ++e) {
    double whole;
    helicity[e] = std::modf(pick[e] * 0x1p17, &whole);
    flow[e] = std::modf(pick[e] * 0x1p35, &whole);
  }
  return {helicity, flow, arena.take<std::int32_t>(n), arena.take<std::int32_t>(n)};
}

}  // namespace

// With the helicities and colours of events where records are wanted. A plug-in brings |M|^2 alone: colours are then
// those of our amplitude.
void CrossSection::squared_amplitude(const Group& group, const AmplitudeInput& in, Survivors& s, std::span<double> me2,
                                     Arena& arena) const {
  s.amplitudes += s.count;
  if (s.pick.empty()) {
    if (!plugin_) s.left += thalweg::evaluate(group.program, in, {me2}, arena);
  } else {
    const EventChoice choice = make_choice(s.pick, arena);
    s.configuration.push_back(choice.configuration);
    s.flow.push_back(choice.flow);
    thalweg::evaluate(group.program, in, {me2, {}, &choice}, arena);
  }
  if (plugin_) plugin_->evaluate(in.momenta, in.alpha_s, me2, arena);
}

void CrossSection::amplitudes(Survivors& s, Arena& arena) const {
  const std::size_t n = s.count;
  StageLaps lap;
  scales(s, arena);
  const Part& part = *s.part;
  Batch fa, fb;
  if (part.densities) {
    const auto q2 = arena.take<double>(n);
    for (std::size_t e = 0; e < n; ++e) q2[e] = s.mu_f[e] * s.mu_f[e];
    fa = Batch::take(arena, part.densities->flavours().size(), n);
    fb = Batch::take(arena, part.densities->flavours().size(), n);
    part.densities->evaluate(s.points.x_a.first(n), q2, fa, arena);
    part.densities->evaluate(s.points.x_b.first(n), q2, fb, arena);
  }
  lap(Stage::pdfs);
  const auto me2 = arena.take<double>(n);
  s.contributions = Batch::take(arena, part.sub_processes.size(), n);
  s.luminosity = Batch::take(arena, part.groups.size(), n);
  std::fill(s.weight.begin(), s.weight.end(), 0.0);
  const AmplitudeInput in{s.points.momenta, leg_order_, s.alpha_s, precision_};
  std::size_t p = 0;  // those of a group lie together
  for (std::size_t g = 0; g < part.groups.size(); ++g) {
    const Group& group = groups_[part.groups[g]];
    double* luminosity = s.luminosity.row(g);
    squared_amplitude(group, in, s, me2, arena);
    std::fill_n(luminosity, n, 0.0);
    for (const std::size_t last = p + group.sub_processes.size(); p < last; ++p) {
      const double images = mirrored_[part.sub_processes[p]] ? 2 : 1;
      double* row = s.contributions.row(p);
      const double* a = part.densities ? fa.row(part.flavour_row[p][0]) : nullptr;
      const double* b = part.densities ? fb.row(part.flavour_row[p][1]) : nullptr;
      for (std::size_t e = 0; e < n; ++e) {
        const double ff = a ? images * a[e] * b[e] / (s.points.x_a[e] * s.points.x_b[e]) : 1.0;
        luminosity[e] += ff;
        row[e] = ff * me2[e];
        s.weight[e] += row[e];
      }
    }
  }
  for (std::size_t e = 0; e < n; ++e) s.weight[e] *= flux(s.points.s_hat[e]) * s.points.jacobian[e];
  lap(Stage::matrix_elements);
}

CrossSection::Survivors CrossSection::compute(std::size_t channel, const Batch& points, std::span<const double> pick,
                                              Arena& arena) const {
  const auto all = PhaseSpacePoints::take(arena, definition_.labels.size(), points.size);
  StageLaps lap;
  (*channels_)[slots_[channel].channel].forward(points, all);
  lap(Stage::maps);
  Survivors s;
  s.part = &parts_[slots_[channel].part];
  select(all, s, arena);
  lap(Stage::cuts);
  s.weight = arena.take<double>(s.count);
  if (!pick.empty()) {
    s.pick = arena.take<double>(s.count);
    for (std::size_t i = 0; i < s.count; ++i) s.pick[i] = pick[s.index[i]];
  }
  amplitudes(s, arena);
  return s;
}

void CrossSection::evaluate(std::size_t channel, const Batch& points, const Evaluation& out, Arena& arena) const {
  const std::span<const double> pick =
      out.records.dim ? std::span<const double>(out.pick).first(points.size) : std::span<const double>();
  const Survivors s = compute(channel, points, pick, arena);
  std::fill(out.weight.begin(), out.weight.end(), 0.0);
  for (std::size_t i = 0; i < s.count; ++i) out.weight[s.index[i]] = s.weight[i];
  StageLaps lap;
  channel_weights(channel, s, out, arena);
  lap(Stage::channel_weights);
  for (std::size_t i = 0; i < s.count; ++i)
    if (!out.marks.empty())
      out.marks[s.index[i]] = s.marks[i];
    else if (s.marks[i] & undefined_)
      out.weight[s.index[i]] = 0;
  if (out.features.dim) write_features(s, out.features, arena);
  if (out.records.dim) return write_records(s, out);
  if (s.contributions.dim < 2 || out.pick.empty()) return;
  for (std::size_t i = 0; i < s.count; ++i) out.weight[s.index[i]] *= choose(s, i, out.pick[s.index[i]]).factor;
}

}  // namespace thalweg
