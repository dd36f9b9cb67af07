// Channel weights and features of a batch.
#include <algorithm>
#include <cmath>

#include "thalweg/run/cross_section.h"

namespace thalweg {
namespace {

// Points whose weights of all channels are kept at once: a process may have a thousand channels.
constexpr std::size_t kBlock = 256;

Batch columns(const Batch& all, std::size_t first, std::size_t n) { return {all.data + first, all.stride, all.dim, n}; }

}  // namespace

// sum_ab f f |M_d|^2 of the diagrams of each of `slots`.
void CrossSection::diagram_weights(const Survivors& s, std::size_t first, std::span<const std::size_t> slots,
                                   const Batch& prior, Arena& arena) const {
  const std::size_t n = prior.size;
  const Momenta momenta{columns(s.points.momenta.rows, first, n)};
  std::vector<std::size_t> row_of(channels_->size(), ChannelSet::kNone);
  for (std::size_t r = 0; r < slots.size(); ++r) row_of[slots_[slots[r]].channel] = r;
  for (std::size_t g = 0; g < s.part->groups.size(); ++g) {
    const Group& group = groups_[s.part->groups[g]];
    const Batch diagrams = Batch::take(arena, group.single->parts.size(), n);
    thalweg::evaluate(*group.single, {momenta, leg_order_, s.alpha_s.subspan(first, n), Precision::full}, diagrams,
                      arena);
    for (std::size_t d = 0; d < diagrams.dim; ++d) {
      const std::size_t c = group.channel_of[d];
      if (c == ChannelSet::kNone || row_of[c] == ChannelSet::kNone) continue;
      double* row = prior.row(row_of[c]);
      for (std::size_t e = 0; e < n; ++e) row[e] += s.luminosity.row(g)[first + e] * diagrams.row(d)[e];
    }
  }
}

// Of points first ... of the survivors, not normalised: a row for each of `slots`.
void CrossSection::prior_weights(const Survivors& s, std::size_t first, std::span<const std::size_t> slots,
                                 const Batch& prior, Arena& arena) const {
  const std::size_t n = prior.size;
  for (std::size_t r = 0; r < slots.size(); ++r)
    std::fill_n(prior.row(r), n, weights_ == ChannelWeights::flat ? 1.0 : 0.0);
  if (weights_ == ChannelWeights::diagrams) return diagram_weights(s, first, slots, prior, arena);
  if (weights_ == ChannelWeights::flat) return;
  const PhaseSpacePoints points{{columns(s.points.momenta.rows, first, n)},
                                s.points.x_a.subspan(first, n),
                                s.points.x_b.subspan(first, n),
                                s.points.s_hat.subspan(first, n),
                                s.points.u_low.subspan(first, n),
                                s.points.u_range.subspan(first, n),
                                {}};
  const Batch table = Batch::take(arena, channels_->invariants().rows(), n);
  channels_->invariants().evaluate(points, table, arena);
  for (std::size_t r = 0; r < slots.size(); ++r) {
    const std::size_t c = slots_[slots[r]].channel;
    const std::span<double> row(prior.row(r), n);
    if (weights_ == ChannelWeights::propagators)
      channels_->propagators(c, points, table, row);
    else
      (*channels_)[c].density(points, table, row);
  }
}

void CrossSection::channel_weights(std::size_t channel, const Survivors& s, const Evaluation& out, Arena& arena) const {
  const ChannelPart own = part_of(channel);
  std::vector<std::size_t> slots;  // in use, of the part
  for (std::size_t k = 0; k < own.size; ++k)
    if (out.active.empty() || out.active[k]) slots.push_back(own.first + k);
  Evaluation plain = out;  // alpha of the others is 0 already
  plain.active = {};
  std::vector<double> alpha(own.size, 0.0);
  if (slots.size() == 1) {
    alpha[own.place(slots[0])] = 1;
    for (std::size_t i = 0; i < s.count; ++i) set_alpha(plain, own.place(channel), s.index[i], alpha);
    return;
  }
  const Arena::Mark mark = arena.mark();
  for (std::size_t first = 0; first < s.count; first += kBlock) {
    arena.rewind(mark);
    const Batch prior = Batch::take(arena, slots.size(), std::min(kBlock, s.count - first));
    prior_weights(s, first, slots, prior, arena);
    for (std::size_t e = 0; e < prior.size; ++e) {
      double sum = 0;
      for (std::size_t r = 0; r < slots.size(); ++r) sum += prior.row(r)[e];
      // A density of exactly zero or below (parton densities may be negative) leaves no preference.
      for (std::size_t r = 0; r < slots.size(); ++r)
        alpha[own.place(slots[r])] =
            sum > 0 || sum < 0 ? prior.row(r)[e] / sum : 1.0 / static_cast<double>(slots.size());
      set_alpha(plain, own.place(channel), s.index[first + e], alpha);
    }
  }
}

void CrossSection::write_features(const Survivors& s, const Batch& features, Arena& arena) const {
  constexpr double kFar = 30;  // a particle along the beam has no finite features
  const auto value = arena.take<double>(s.count);
  std::size_t row = 0;
  for (std::size_t l = 0; l < final_legs_; ++l) {
    const int leg = static_cast<int>(first_final_ + l);
    for (const Observable what : {Observable::pt, Observable::eta, Observable::phi}) {
      thalweg::evaluate(what, s.points.momenta, {&leg, 1}, value);
      for (std::size_t i = 0; i < s.count; ++i)
        features.row(row)[s.index[i]] = std::clamp(what == Observable::pt ? std::log(value[i]) : value[i], -kFar, kFar);
      ++row;
    }
  }
  for (std::size_t i = 0; i < s.count; ++i) features.row(row)[s.index[i]] = 0.5 * std::log(s.points.s_hat[i]);
}

}  // namespace thalweg
