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

// sum_ab f f |M_d|^2 of the diagrams of each channel.
void CrossSection::diagram_weights(const Survivors& s, std::size_t first, const Batch& prior, Arena& arena) const {
  const std::size_t n = prior.size;
  const Momenta momenta{columns(s.points.momenta.rows, first, n)};
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const Group& group = groups_[g];
    const Batch diagrams = Batch::take(arena, group.single->parts.size(), n);
    thalweg::evaluate(*group.single, {momenta, leg_order_, s.alpha_s.subspan(first, n), Precision::full}, diagrams,
                      arena);
    for (std::size_t d = 0; d < diagrams.dim; ++d) {
      if (group.channel_of[d] == ChannelSet::kNone) continue;
      double* row = prior.row(group.channel_of[d]);
      for (std::size_t e = 0; e < n; ++e) row[e] += s.luminosity.row(g)[first + e] * diagrams.row(d)[e];
    }
  }
}

// Of points first ... of the survivors, not normalised.
void CrossSection::prior_weights(const Survivors& s, std::size_t first, const Batch& prior, Arena& arena) const {
  const std::size_t n = prior.size;
  for (std::size_t c = 0; c < channels(); ++c)
    std::fill_n(prior.row(c), n, weights_ == ChannelWeights::flat ? 1.0 : 0.0);
  if (weights_ == ChannelWeights::diagrams) return diagram_weights(s, first, prior, arena);
  if (weights_ == ChannelWeights::flat) return;
  const PhaseSpacePoints points{{columns(s.points.momenta.rows, first, n)},
                                s.points.x_a.subspan(first, n),
                                s.points.x_b.subspan(first, n),
                                s.points.s_hat.subspan(first, n),
                                {}};
  const Batch table = Batch::take(arena, channels_->invariants().rows(), n);
  channels_->invariants().evaluate(points, table, arena);
  for (std::size_t c = 0; c < channels(); ++c) {
    const std::span<double> row(prior.row(c), n);
    if (weights_ == ChannelWeights::propagators)
      channels_->propagators(c, points, table, row);
    else
      (*channels_)[c].density(points, table, row);
  }
}

void CrossSection::channel_weights(std::size_t channel, const Survivors& s, const Evaluation& out, Arena& arena) const {
  std::vector<double> alpha(channels(), 1.0);
  if (channels() == 1) {
    for (std::size_t i = 0; i < s.count; ++i) set_alpha(out, channel, s.index[i], alpha);
    return;
  }
  const Arena::Mark mark = arena.mark();
  for (std::size_t first = 0; first < s.count; first += kBlock) {
    arena.rewind(mark);
    const Batch prior = Batch::take(arena, channels(), std::min(kBlock, s.count - first));
    prior_weights(s, first, prior, arena);
    for (std::size_t e = 0; e < prior.size; ++e) {
      double sum = 0;
      for (std::size_t c = 0; c < channels(); ++c) sum += alpha[c] = prior.row(c)[e];
      // A density of exactly zero or below (parton densities may be negative) leaves no preference.
      for (double& a : alpha) a = sum > 0 || sum < 0 ? a / sum : 1.0 / static_cast<double>(channels());
      set_alpha(out, channel, s.index[first + e], alpha);
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
