#include "thalweg/sampling/channel_weights.h"

#include <algorithm>
#include <cmath>

#include "thalweg/base/random.h"
#include "thalweg/base/time_budget.h"

namespace thalweg {

ChannelWeightNetwork::ChannelWeightNetwork(const MlpConfig& config, std::uint64_t seed)
    : shift(config.inputs, 0.0),
      scale(config.inputs, 1.0),
      layout_(config),
      parameters_(initial_parameters(layout_, seed)) {}

void ChannelWeightNetwork::standardise(const Batch& features, std::span<const double> weight) {
  for (std::size_t i = 0; i < features.dim; ++i) {
    double n = 0, sum = 0, square = 0;
    for (std::size_t e = 0; e < features.size; ++e) {
      const double x = features.row(i)[e];
      if (weight[e] == 0 || !std::isfinite(x)) continue;
      n += 1, sum += x, square += x * x;
    }
    if (n < 2) continue;
    shift[i] = sum / n;
    const double variance = square / n - shift[i] * shift[i];
    scale[i] = variance > 1e-12 * square / n ? 1 / std::sqrt(variance) : 0;
  }
}

void ChannelWeightNetwork::apply_tile(std::size_t part, const Batch& features, std::span<const double> weight,
                                      std::size_t first, const Batch& alpha, MlpTape& tape) const {
  constexpr double kFar = 30;  // of the standardised features; what lies beyond looks alike
  const std::size_t n = std::min(kFlowTile, features.size - first);
  for (std::size_t i = 0; i < features.dim; ++i) {
    const double* from = features.row(i) + first;
    float* to = tape.inputs() + i * kFlowTile;
    for (std::size_t e = 0; e < kFlowTile; ++e) {
      const double x = e < n && weight[first + e] != 0 ? (from[e] - shift[i]) * scale[i] : 0;
      to[e] = static_cast<float>(x > -kFar ? std::min(x, kFar) : -kFar);
    }
  }
  mlp_tile(layout_, parameters_.data(), part, tape);
  for (std::size_t e = 0; e < n; ++e) {
    if (weight[first + e] == 0) continue;
    const float* delta = tape.outputs() + e;
    float largest = -INFINITY;
    for (std::size_t c = 0; c < alpha.dim; ++c)
      if (alpha.row(c)[first + e] != 0) largest = std::max(largest, delta[c * kFlowTile]);
    double sum = 0;
    for (std::size_t c = 0; c < alpha.dim; ++c)
      if (double& a = alpha.row(c)[first + e]; a != 0)
        sum += a *= std::exp(static_cast<double>(delta[c * kFlowTile] - largest));
    for (std::size_t c = 0; c < alpha.dim; ++c) alpha.row(c)[first + e] = sum != 0 ? alpha.row(c)[first + e] / sum : 0;
  }
}

void ChannelWeightNetwork::backward_tile(std::size_t place, std::span<const double> factor, std::size_t first,
                                         const Batch& alpha, MlpTape& tape, float* gradient) const {
  std::fill(tape.delta.begin(), tape.delta.end(), 0.0F);  // other parts may have more channels
  for (std::size_t c = 0; c < alpha.dim; ++c) {
    float* delta = tape.delta.data() + c * kFlowTile;
    const double* a = alpha.row(c) + first;
    for (std::size_t e = 0; e < kFlowTile; ++e)
      delta[e] = e < factor.size() && factor[e] != 0 ? static_cast<float>(factor[e] * ((c == place) - a[e])) : 0;
  }
  mlp_tile_backward(layout_, parameters_.data(), tape, gradient);
}

void use_channels(std::span<const std::uint8_t> active, std::span<const double> weight, const Batch& alpha) {
  if (std::find(active.begin(), active.end(), 0) == active.end()) return;
  for (std::size_t e = 0; e < alpha.size; ++e) {
    if (weight[e] == 0) continue;
    double sum = 0;
    for (std::size_t c = 0; c < alpha.dim; ++c) sum += active[c] ? alpha.row(c)[e] : 0;
    for (std::size_t c = 0; c < alpha.dim; ++c) alpha.row(c)[e] = active[c] && sum != 0 ? alpha.row(c)[e] / sum : 0;
  }
}

bool reaches_alone(const Integrand& integrand, std::size_t channel, std::span<const std::uint8_t> active,
                   const Mapping& map, std::uint64_t seed) {
  constexpr std::size_t kPoints = 1024, kMostBatches = 8, kSeen = 16;
  Arena arena;
  const ChannelPart part = integrand.part_of(channel);
  const Batch points = Batch::take(arena, integrand.dim(), kPoints), alpha = Batch::take(arena, part.size, kPoints);
  const auto weight = arena.take<double>(kPoints), log_jacobian = arena.take<double>(kPoints);
  RandomStream random({seed, Phase::initialisation, 2, channel});
  std::size_t seen = 0;
  for (std::size_t batch = 0; batch < kMostBatches && seen < kSeen; ++batch) {
    for (std::size_t d = 0; d < points.dim; ++d) random.fill({points.row(d), kPoints});
    map.forward(points, points, log_jacobian);
    integrand.evaluate(channel, points, {weight, alpha}, arena);
    for (std::size_t e = 0; e < kPoints; ++e) {
      if (weight[e] == 0) continue;
      ++seen;
      double others = 0;
      for (std::size_t c = 0; c < alpha.dim; ++c)
        if (c != part.place(channel) && active[part.first + c]) others += std::abs(alpha.row(c)[e]);
      if (others == 0) return true;
    }
  }
  return false;
}

WeightedIntegrand::WeightedIntegrand(const Integrand& prior, std::vector<std::uint8_t> active,
                                     std::optional<ChannelWeightNetwork> network)
    : prior_(prior), active_(std::move(active)), network_(std::move(network)) {
  if (std::find(active_.begin(), active_.end(), 0) == active_.end()) active_.clear();
}

namespace {

Batch columns(const Batch& all, std::size_t first, std::size_t n) {
  return all.dim ? Batch{all.data + first, all.stride, all.dim, n} : Batch{};
}

}  // namespace

std::span<const std::uint8_t> WeightedIntegrand::active_of(const ChannelPart& part) const {
  return active_.empty() ? std::span<const std::uint8_t>() : std::span(active_).subspan(part.first, part.size);
}

// With a network in blocks: there may be a thousand channels.
void WeightedIntegrand::evaluate(std::size_t channel, const Batch& points, const Evaluation& out, Arena& arena) const {
  const ChannelPart own = part_of(channel);
  if (!network_) {
    Evaluation used = out;
    used.active = active_of(own);
    return prior_.evaluate(channel, points, used, arena);
  }
  constexpr std::size_t kBlock = 4 * kFlowTile;
  const Arena::Mark mark = arena.mark();
  MlpTape tape(network_->layout());
  for (std::size_t first = 0; first < points.size; first += kBlock) {
    arena.rewind(mark);
    const std::size_t n = std::min(kBlock, points.size - first);
    Evaluation block{out.weight.subspan(first, n),
                     columns(out.alpha, first, n),
                     columns(out.features, first, n),
                     columns(out.records, first, n),
                     out.pick.empty() ? out.pick : out.pick.subspan(first, n),
                     active_of(own),
                     out.marks.empty() ? out.marks : out.marks.subspan(first, n)};
    if (!block.alpha.dim) block.alpha = Batch::take(arena, own.size, n);
    if (!block.features.dim) block.features = Batch::take(arena, features(), n);
    prior_.evaluate(channel, columns(points, first, n), block, arena);
    StageLaps lap;
    for (std::size_t tile = 0; tile < n; tile += kFlowTile)
      network_->apply_tile(own.index, block.features, block.weight, tile, block.alpha, tape);
    lap(Stage::channel_weights);
    if (out.alpha.dim) continue;
    for (std::size_t e = 0; e < n; ++e)
      if (block.weight[e] != 0) block.weight[e] *= block.alpha.row(own.place(channel))[e];
  }
}

}  // namespace thalweg
