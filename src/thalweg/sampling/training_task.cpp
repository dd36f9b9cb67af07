#include "thalweg/sampling/training_task.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "thalweg/base/random.h"
#include "thalweg/base/time_budget.h"
#include "thalweg/sampling/reverse_kl.h"

namespace thalweg {
namespace {

// Training points are drawn more often near the faces of the latent cube, where weights are rarely seen and largest:
// with probability `share`, one coordinate is within t^4/2 of a face. Returns the density of the point, with which all
// sums are weighted, so that no expectation changes.
double draw_latent(RandomStream& random, double share, const Batch& z, std::size_t e) {
  for (std::size_t d = 0; d < z.dim; ++d) z.row(d)[e] = random.next();
  const double choice = random.next();
  if (share == 0) return 1;
  if (choice < share) {
    const auto d = std::min(static_cast<std::size_t>(choice / share * static_cast<double>(z.dim)), z.dim - 1);
    double& t = z.row(d)[e];
    auto fourth = [](double x) { return x * x * x * x / 2; };
    t = t < 0.5 ? fourth(2 * t) : 1 - fourth(2 * (1 - t));
    t = std::clamp(t, 1e-15, 1 - 1e-15);
  }
  double faces = 0;
  for (std::size_t d = 0; d < z.dim; ++d) {
    const double t = z.row(d)[e], root = std::sqrt(2 * std::min(t, 1 - t));
    faces += 0.25 / (root * std::sqrt(root));  // (2 t)^(1/4 - 1) / 4
  }
  return 1 - share + share * faces / static_cast<double>(z.dim);
}

// Of w^2 / <w^2>: what lies beyond counts as much, so that one point does not decide a batch.
constexpr double kFarthest = 10;

constexpr double kNothing = 1e-15;  // of a derivative by log g or log alpha; those of a batch add up to about one

// A tile of points with all that the gradients need.
struct Tile {
  Batch x, alpha, features;
  std::span<double> weight, log_density;
  std::span<double> share;  // density of the flow over that with which the point was drawn
  Tile(const Integrand& integrand, const ChannelPart& part, bool with_features, Arena& arena)
      : x(Batch::take(arena, integrand.dim(), kFlowTile)),
        alpha(Batch::take(arena, part.size, kFlowTile)),
        features(with_features ? Batch::take(arena, integrand.features(), kFlowTile) : Batch{}),
        weight(arena.take<double>(kFlowTile)),
        log_density(arena.take<double>(kFlowTile)),
        share(arena.take<double>(kFlowTile)) {}
  void resize(std::size_t n) { x.size = alpha.size = features.size = n; }
};

void draw(const Integrand& integrand, const TrainingTask& task, double face_share, const TrainableMap& flow,
          std::size_t n, RandomStream& random, Tile& tile, MapTape& tape, Arena& arena, StageLaps& lap) {
  for (std::size_t e = 0; e < kFlowTile; ++e) tile.share[e] = 1 / draw_latent(random, face_share, tile.x, e);
  flow.sample_tile(task.condition, tile.x.data, tile.log_density.data(), tape);
  tile.resize(n);
  lap(Stage::training);
  const auto pick = arena.take<double>(n);
  for (double& p : pick) p = random.next();
  integrand.evaluate(task.channel, tile.x,
                     {.weight = tile.weight.first(n), .alpha = tile.alpha, .features = tile.features, .pick = pick},
                     arena);
  lap.skip();
}

// -log|det| has no way back through a vanishing determinant: for points whose sign is not that of most points of the
// tile it is taken with the other sign.
void unfold(const double* signs, std::span<double> by_log_density) {
  if (!signs) return;
  const double most = std::accumulate(signs, signs + kFlowTile, 0.0);
  for (std::size_t e = 0; e < kFlowTile; ++e)
    if (signs[e] * most < 0) by_log_density[e] = -by_log_density[e];
}

void store(const Tile& tile, std::size_t n, std::vector<double>& rows) {
  for (std::size_t e = 0; e < n; ++e) {
    if (!std::isfinite(tile.weight[e])) continue;
    for (std::size_t d = 0; d < tile.x.dim; ++d) rows.push_back(tile.x.row(d)[e]);
    rows.push_back(tile.log_density[e] - std::log(tile.share[e]));
    rows.push_back(tile.weight[e]);
    for (std::size_t c = 0; c < tile.alpha.dim; ++c) rows.push_back(tile.alpha.row(c)[e]);
    for (std::size_t i = 0; i < tile.features.dim; ++i) rows.push_back(tile.features.row(i)[e]);
  }
}

void draw_again(const PointBuffer& buffer, const TrainingTask& task, const TrainableMap& flow, std::size_t n,
                RandomStream& random, Tile& tile, MapTape& tape, std::span<double> drawn_with) {
  for (std::size_t e = 0; e < kFlowTile; ++e) {
    const double* row = e < n ? buffer.draw(task.channel, random.next()) : nullptr;
    tile.weight[e] = 0;
    for (std::size_t d = 0; d < tile.x.dim; ++d) tile.x.row(d)[e] = row ? *row++ : 0.5;
    if (!row) continue;
    drawn_with[e] = *row++;
    tile.weight[e] = *row++;
    for (std::size_t c = 0; c < tile.alpha.dim; ++c) tile.alpha.row(c)[e] = *row++;
    for (std::size_t i = 0; i < tile.features.dim; ++i) tile.features.row(i)[e] = *row++;
  }
  flow.density_tile(task.condition, tile.x.data, tile.log_density.data(), tape);
  for (std::size_t e = 0; e < kFlowTile; ++e) tile.share[e] = e < n ? std::exp(tile.log_density[e] - drawn_with[e]) : 1;
  tile.resize(n);
}

}  // namespace

void TaskResult::merge(const TaskResult& other) {
  share += other.share, sum += other.sum, square += other.square, size += other.size;
  tail += other.tail, non_finite += other.non_finite;
  log_sum += other.log_sum, log_share += other.log_share;
  for (std::size_t i = 0; i < 2; ++i) tempered[i].merge(other.tempered[i]);
}

std::unique_ptr<TapePool::Tapes> TapePool::borrow(const TrainerState& state) {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) {
    auto tapes = std::make_unique<Tapes>(Tapes{state.flows[0].flow->tape(true), {}});
    if (state.weights) tapes->weights.emplace(state.weights->network.layout());
    return tapes;
  }
  auto tapes = std::move(free_.back());
  free_.pop_back();
  return tapes;
}

void TapePool::give_back(std::unique_ptr<Tapes> tapes) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(tapes));
}

namespace {

// Derivatives of the loss by log g and log alpha at the points of a tile.
struct Factors {
  std::span<double> by_density, by_alpha;
  void clear() {
    for (const auto factors : {by_density, by_alpha}) std::fill(factors.begin(), factors.end(), 0.0);
  }
  // Points that add nothing to a gradient in float would make its arithmetic denormal, and slow.
  void drop_nothings() {
    for (const auto factors : {by_density, by_alpha})
      for (double& f : factors)
        if (std::abs(f) < kNothing) f = 0;
  }
};

// A point of weight w, drawn with `share`.
void add_point(double w, double jacobian, double share, std::size_t e, std::size_t m, const TrainerState& state,
               const LossScales& scales, TaskResult& result, Factors& factors) {
  result.share += share;
  result.sum += share * w;
  result.square += share * w * w;
  result.size += share * std::abs(w);
  if (w != 0) {
    result.log_sum += share * std::log(std::abs(w));
    result.log_share += share;
  }
  double& by_density = factors.by_density[e];
  if (scales.path) {
    by_density = share * scales.linear[m] * (1 - scales.pull * w);
    return;
  }
  if (const double beta = state.power[m]; beta < 1) {
    const double soft = std::abs(tempered_weight(w, jacobian, beta));
    result.tempered[0].add(soft, share);
    result.tempered[1].add(std::abs(tempered_weight(w, jacobian, next_power(beta))), share);
    by_density = -share * scales.linear[m] * (soft - state.tempered_size[m]);
    return;
  }
  const double mean = state.mean[m];
  const double square = std::min(w * w, kFarthest * state.square[m]);
  const double t = state.square[m] > 0 ? square / state.square[m] : 0, tail = square * t * t * t;
  result.tail += share * tail;
  by_density = -share * (scales.linear[m] * (std::abs(w) - state.size[m]) +
                         scales.quadratic[m] * (square - state.square[m] + scales.tail * (tail - state.tail[m])));
  const double tail_alpha = mean != 0 ? 8.0 / 7 * scales.tail * (tail - state.tail[m] * w / mean) : 0;
  factors.by_alpha[e] = share * scales.weights[m] * (2 * (square - w * mean) + tail_alpha);
}

// The gradient of factor (log g - power log f) along the path of the points. Uses up the factors and, for the
// integrand at points beside them, the tape of the channel weights.
void follow_path(const Integrand& integrand, const TrainerConfig& config, const TrainerState& state,
                 const TrainingTask& task, double power, const Tile& tile, std::span<double> by_density, Arena& arena,
                 TapePool::Tapes& tapes, float* gradient) {
  const std::size_t n = tile.x.size;
  const auto by_sample = arena.take<double>(tile.x.dim * kFlowTile);
  log_gradient(integrand, state, task.channel, tile.x, tile.weight.first(n), by_sample.data(), arena,
               tapes.weights ? &*tapes.weights : nullptr);
  for (std::size_t d = 0; d < tile.x.dim; ++d)
    for (std::size_t e = 0; e < kFlowTile; ++e) {
      double& slope = by_sample[d * kFlowTile + e];
      slope = e < n ? -power * by_density[e] * slope : 0;
    }
  const TrainableMap& map = *state.flows[state.flow_of(task.map)].flow;
  if (config.unfold) unfold(map.signs(*tapes.flow), by_density);
  map.path_backward_tile(by_density.data(), by_sample.data(), *tapes.flow, gradient);
}

}  // namespace

TaskResult run_task(const Integrand& integrand, const TrainerConfig& config, const TrainerState& state,
                    const TrainingTask& task, const LossScales& scales, const PointBuffer& buffer, Arena& arena,
                    TapePool& pool, TaskGradients* gradients) {
  const TrainableMap& flow = *state.flows[state.flow_of(task.map)].flow;
  StageLaps lap;
  auto tapes = pool.borrow(state);
  TaskResult result;
  if (gradients) gradients->flow.assign(flow.sizes().gradient(), 0.0F);
  if (gradients && state.weights) gradients->weights.assign(state.weights->network.layout().sizes.gradient(), 0.0F);
  RandomStream random({config.seed, Phase::training, static_cast<std::uint32_t>(task.batch), task.number});
  const ChannelPart part = integrand.part_of(task.channel);
  Tile tile(integrand, part, state.weights.has_value(), arena);
  if (task.stored) result.stored.reserve(task.count * (tile.x.dim + 2 + tile.alpha.dim + tile.features.dim));
  Factors factors{arena.take<double>(kFlowTile), arena.take<double>(kFlowTile)};
  for (std::uint64_t first = 0; first < task.count; first += kFlowTile) {
    const std::size_t n = std::min<std::size_t>(kFlowTile, task.count - first);
    if (task.buffered) {
      draw_again(buffer, task, flow, n, random, tile, *tapes->flow, factors.by_density);
    } else {
      draw(integrand, task, scales.path ? 0 : config.face_share, flow, n, random, tile, *tapes->flow, arena, lap);
      if (task.stored) store(tile, n, result.stored);
    }
    use_channels(std::span(state.active).subspan(part.first, part.size), tile.weight, tile.alpha);
    if (state.weights)
      state.weights->network.apply_tile(part.index, tile.features, tile.weight, 0, tile.alpha, *tapes->weights);
    factors.clear();
    for (std::size_t e = 0; e < n; ++e) {
      const double jacobian = std::exp(-tile.log_density[e]);
      const double w = tile.weight[e] == 0 ? 0
                                           : task.multiplicity * tile.weight[e] *
                                                 tile.alpha.row(part.place(task.channel))[e] * jacobian;
      if (std::isfinite(w))
        add_point(w, jacobian, tile.share[e], e, task.map, state, scales, result, factors);
      else
        ++result.non_finite;
    }
    if (!gradients) continue;
    factors.drop_nothings();
    if (scales.path) {
      follow_path(integrand, config, state, task, scales.power, tile, factors.by_density, arena, *tapes,
                  gradients->flow.data());
      continue;
    }
    flow.backward_tile(factors.by_density.data(), *tapes->flow, gradients->flow.data());
    if (state.weights)
      state.weights->network.backward_tile(part.place(task.channel), factors.by_alpha.first(n), 0, tile.alpha,
                                           *tapes->weights, gradients->weights.data());
  }
  pool.give_back(std::move(tapes));
  lap(Stage::training);
  return result;
}

}  // namespace thalweg
