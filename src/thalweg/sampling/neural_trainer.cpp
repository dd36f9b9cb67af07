#include "thalweg/sampling/neural_trainer.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <numeric>

#include "thalweg/base/errors.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/base/random.h"
#include "thalweg/base/worker_team.h"
#include "thalweg/sampling/tempering.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kTaskPoints = 128;
constexpr double kNothing = 1e-15;  // of the derivative by a point's log-density; those of a batch add up to about one
constexpr double kMemory = 0.98;  // of the running means of weights and norms, per batch
constexpr double kClip = 3;       // gradients longer than this many running means are shortened
constexpr double kGuard = 1e4;    // a gradient this much longer undoes the step
constexpr std::uint64_t kReports = 20;

// Training points are drawn more often near the faces of the latent cube, where weights are rarely seen and largest:
// with probability `share`, one coordinate is within t^4/2 of a face. Returns the density of the point, with which all
// sums are weighted, so that no expectation changes.
constexpr double kFacePower = 4;
double draw_latent(RandomStream& random, double share, const Batch& z, std::size_t e) {
  for (std::size_t d = 0; d < z.dim; ++d) z.row(d)[e] = random.next();
  const double choice = random.next();
  if (share == 0) return 1;
  if (choice < share) {
    const auto d = std::min(static_cast<std::size_t>(choice / share * static_cast<double>(z.dim)), z.dim - 1);
    double& t = z.row(d)[e];
    t = t < 0.5 ? std::pow(2 * t, kFacePower) / 2 : 1 - std::pow(2 * (1 - t), kFacePower) / 2;
    t = std::clamp(t, 1e-15, 1 - 1e-15);
  }
  double faces = 0;
  for (std::size_t d = 0; d < z.dim; ++d) {
    const double t = z.row(d)[e];
    faces += std::pow(2 * std::min(t, 1 - t), 1 / kFacePower - 1) / kFacePower;
  }
  return 1 - share + share * faces / static_cast<double>(z.dim);
}

double sigma(const TrainerState& s, std::size_t c) {
  return std::sqrt(std::max(s.square[c] - s.mean[c] * s.mean[c], 1e-6 * s.square[c]));
}

}  // namespace

struct NeuralTrainer::Task {
  std::size_t channel;
  std::uint64_t count, batch, number;
};

// Memory that stays warm from step to step.
struct NeuralTrainer::Scratch {
  explicit Scratch(int threads) : team(threads) {}
  std::unique_ptr<FlowTape> borrow(const FlowLayout& layout) {
    const std::lock_guard lock(mutex);
    if (tapes.empty()) return std::make_unique<FlowTape>(layout, true);
    auto tape = std::move(tapes.back());
    tapes.pop_back();
    return tape;
  }
  void give_back(std::unique_ptr<FlowTape> tape) {
    const std::lock_guard lock(mutex);
    tapes.push_back(std::move(tape));
  }
  WorkerTeam team;
  std::mutex mutex;
  std::vector<std::unique_ptr<FlowTape>> tapes;
};

struct NeuralTrainer::TaskResult {
  std::vector<float> gradient;
  double sum = 0, square = 0, size = 0;
  std::uint64_t non_finite = 0;
  std::array<EffectivePoints, 2> tempered;
};

// factor of log g_i of a point: -(linear |w| + quadratic w^2).
struct NeuralTrainer::Scales {
  std::vector<double> linear, quadratic, inverse_square;
  double tail = 0;
};

NeuralTrainer::NeuralTrainer(const Integrand& integrand, const TrainerConfig& config)
    : integrand_(integrand), config_(config) {
  config_.flow.dim = integrand.dim();
  config_.flow.conditions = 1;
}

TrainerState NeuralTrainer::initial_state(const std::vector<VegasGrid>& grids, const std::vector<double>& power) const {
  TrainerState state;
  const std::size_t n = integrand_.channels();
  for (std::size_t c = 0; c < n; ++c) {
    CouplingFlow flow(config_.flow, config_.seed * 1'000'003 + c);
    if (!grids.empty()) start_from_vegas(flow, grids[c]);
    AlignedVector<float> average(flow.parameters().begin(), flow.parameters().end());
    Adam adam(flow.parameters().size());
    state.channels.push_back({std::move(flow), std::move(adam), std::move(average)});
  }
  for (auto* means : {&state.mean, &state.square, &state.size, &state.norm, &state.tempered_size})
    means->assign(n, 0.0);
  state.power = power;
  state.power.resize(n, 1.0);
  return state;
}

NeuralTrainer::TaskResult NeuralTrainer::run_task(const TrainerState& state, const Task& task, const Scales& scales,
                                                  Arena& arena, Scratch& scratch) const {
  const CouplingFlow& flow = state.channels[task.channel].flow;
  const FlowLayout& layout = flow.layout();
  std::unique_ptr<FlowTape> tape = scratch.borrow(layout);
  TaskResult result;
  result.gradient.assign(layout.parameters, 0.0F);
  RandomStream random({config_.seed, Phase::training, static_cast<std::uint32_t>(task.batch), task.number});
  const Batch x = Batch::take(arena, layout.config.dim, kFlowTile);
  const Batch alpha = Batch::take(arena, integrand_.channels(), kFlowTile);
  const auto weight = arena.take<double>(kFlowTile), log_density = arena.take<double>(kFlowTile);
  const auto factor = arena.take<double>(kFlowTile), latent = arena.take<double>(kFlowTile);
  for (std::uint64_t first = 0; first < task.count; first += kFlowTile) {
    const std::size_t n = std::min<std::size_t>(kFlowTile, task.count - first);
    for (std::size_t e = 0; e < kFlowTile; ++e) latent[e] = draw_latent(random, config_.face_share, x, e);
    flow_tile(Direction::sample, layout, flow.parameters().data(), 0, x.data, log_density.data(), *tape);
    const Batch points{x.data, x.stride, x.dim, n};
    const Batch alphas{alpha.data, alpha.stride, alpha.dim, n};
    integrand_.evaluate(task.channel, points, weight.first(n), alphas, arena);
    std::fill(factor.begin(), factor.end(), 0.0);
    for (std::size_t e = 0; e < n; ++e) {
      const double w = weight[e] == 0 ? 0 : weight[e] * alpha.row(task.channel)[e] * std::exp(-log_density[e]);
      if (!std::isfinite(w)) {
        ++result.non_finite;
        continue;
      }
      const double share = 1 / latent[e];
      result.sum += share * w;
      result.square += share * w * w;
      result.size += share * std::abs(w);
      const double t = w * w * scales.inverse_square[task.channel];
      if (const double beta = state.power[task.channel]; beta < 1) {
        const double jacobian = std::exp(-log_density[e]), soft = tempered_weight(w, jacobian, beta);
        result.tempered[0].add(std::abs(soft), share);
        result.tempered[1].add(std::abs(tempered_weight(w, jacobian, next_power(beta))), share);
        factor[e] = -share * scales.linear[task.channel] * std::abs(soft);
        continue;
      }
      factor[e] = -share * (scales.linear[task.channel] * std::abs(w) +
                            scales.quadratic[task.channel] * w * w * (1 + scales.tail * t * t));
    }
    // Points that add nothing to a gradient in float would make its arithmetic denormal, and slow.
    for (double& f : factor)
      if (std::abs(f) < kNothing) f = 0;
    flow_tile_backward(layout, flow.parameters().data(), 0, factor.data(), *tape, result.gradient.data());
  }
  scratch.give_back(std::move(tape));
  return result;
}

std::vector<std::uint64_t> NeuralTrainer::counts(const TrainerState& state) const {
  const std::size_t n = integrand_.channels();
  double total = 0;
  for (std::size_t c = 0; c < n; ++c) total += sigma(state, c);
  std::vector<std::uint64_t> result;
  for (std::size_t c = 0; c < n; ++c) {
    const double even = 1 / static_cast<double>(n);
    const double share =
        total > 0 ? config_.uniform_fraction * even + (1 - config_.uniform_fraction) * sigma(state, c) / total : even;
    result.push_back(static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(config_.batch_size))));
  }
  return result;
}

void NeuralTrainer::step(TrainerState& state, CurvePoint& sums, Scratch& scratch) const {
  const std::size_t n = integrand_.channels();
  const std::uint64_t batch = state.batches_done;
  const bool first = batch == 0;
  const auto count = counts(state);
  std::vector<Task> tasks;
  for (std::size_t c = 0; c < n; ++c)
    for (std::uint64_t left = count[c]; left > 0; left -= std::min(left, kTaskPoints))
      tasks.push_back({c, std::min(left, kTaskPoints), batch, tasks.size()});

  // Gradients are scaled by running means, so that a tile needs nothing of the others in its batch.
  const bool kl = config_.loss == Loss::kl || (config_.loss == Loss::madnis && batch < config_.batches / 3);
  Scales scales{std::vector<double>(n), std::vector<double>(n), std::vector<double>(n)};
  if (batch >= config_.batches * 2 / 3) scales.tail = config_.tail;
  double integral = 0, spread = 0;
  for (std::size_t c = 0; c < n; ++c) integral += state.size[c], spread += sigma(state, c);
  for (std::size_t c = 0; c < n && !first; ++c) {
    const double per_point = 1 / static_cast<double>(count[c]);
    if (!(state.size[c] > 0)) continue;
    scales.inverse_square[c] = 1 / state.square[c];
    if (state.power[c] < 1)
      scales.linear[c] = state.tempered_size[c] > 0 ? per_point / state.tempered_size[c] : 0;
    else if (kl)
      scales.linear[c] = per_point / state.size[c];
    else if (config_.loss == Loss::variance)
      scales.quadratic[c] =
          per_point / (integral * integral) * static_cast<double>(config_.batch_size) / static_cast<double>(count[c]);
    else
      scales.quadratic[c] = per_point / (integral * integral) * spread / sigma(state, c);
  }

  std::vector<TaskResult> results(tasks.size()), total(n);
  scratch.team.run(tasks.size(), [&](std::size_t k, Arena& arena) {
    throw_if_interrupted();
    results[k] = run_task(state, tasks[k], scales, arena, scratch);
  });
  for (std::size_t k = 0; k < tasks.size(); ++k) {
    TaskResult& r = results[k];
    TaskResult& t = total[tasks[k].channel];
    if (t.gradient.empty())
      t.gradient = std::move(r.gradient);
    else
      for (std::size_t i = 0; i < t.gradient.size(); ++i) t.gradient[i] += r.gradient[i];
    t.sum += r.sum, t.square += r.square, t.size += r.size, t.non_finite += r.non_finite;
    for (std::size_t i = 0; i < 2; ++i) t.tempered[i].merge(r.tempered[i]);
  }

  const double rate = state.rate_factor * scheduled_rate(config_.schedule, config_.learning_rate,
                                                         config_.final_learning_rate, batch, config_.batches);
  double value = 0, deviation = 0;
  std::uint64_t lost = 0, points = 0;
  for (std::size_t c = 0; c < n; ++c) {
    const double m = static_cast<double>(count[c]);
    const double keep = first || state.power[c] < 1 ? 0 : kMemory;  // what a tempered flow sees is soon forgotten
    const double mean = total[c].sum / m, square = total[c].square / m;
    state.mean[c] = keep * state.mean[c] + (1 - keep) * mean;
    state.square[c] = keep * state.square[c] + (1 - keep) * square;
    state.size[c] = keep * state.size[c] + (1 - keep) * total[c].size / m;
    value += mean;
    deviation += std::sqrt(std::max(square - mean * mean, 0.0));
    if (const double beta = state.power[c]; beta < 1) {
      state.power[c] = move_power(beta, total[c].tempered, m);
      state.tempered_size[c] = total[c].tempered[state.power[c] > beta].sum / m;
    }
    lost += total[c].non_finite;
    points += count[c];
    ChannelFlow& channel = state.channels[c];
    const double length = norm(total[c].gradient);
    if (first || length == 0) continue;
    if (!std::isfinite(length) || (state.norm[c] > 0 && length > kGuard * state.norm[c])) {
      // A step that would destroy: go back to the running mean of the parameters, and on more slowly.
      std::copy(channel.average.begin(), channel.average.end(), channel.flow.parameters().begin());
      channel.adam = Adam(channel.average.size());
      state.rate_factor /= 2;
      ++state.undone;
      state.events.push_back(
          fmt::format("batch {}, channel {}: gradient of length {:.3g}; step undone, learning rate halved", batch,
                      integrand_.channel_name(c), length));
      continue;
    }
    if (state.norm[c] > 0 && length > kClip * state.norm[c]) {
      const auto shrink = static_cast<float>(kClip * state.norm[c] / length);
      for (float& g : total[c].gradient) g *= shrink;
      ++state.clipped;
    }
    const double counted = state.norm[c] > 0 ? std::min(length, kClip * state.norm[c]) : length;
    state.norm[c] = state.norm[c] > 0 ? kMemory * state.norm[c] + (1 - kMemory) * counted : counted;
    channel.adam.step(channel.flow.parameters(), total[c].gradient, rate);
    // A window that grows with the training forgets its beginning.
    const double t = static_cast<double>(batch);
    const auto follow = static_cast<float>(1 / std::min(1 + t, 20 + t / 20));
    const auto now = channel.flow.parameters();
    for (std::size_t i = 0; i < now.size(); ++i) channel.average[i] += follow * (now[i] - channel.average[i]);
  }
  state.non_finite += lost;
  state.evaluations += points;
  if (lost * 100 > points)
    run_error("{} of {} weights of training batch {} are not finite (at most 1 in 100 is tolerated)", lost, points,
              batch);
  sums.value += value;
  sums.relative_std_dev += deviation / std::max(std::abs(value), 1e-300);
  sums.learning_rate = rate;
  ++state.batches_done;
}

void NeuralTrainer::train(TrainerState& state, const Report& report) const {
  const std::uint64_t interval = std::max<std::uint64_t>(config_.batches / kReports, 1);
  CurvePoint sums;
  Scratch scratch(config_.threads);
  std::uint64_t since = 0;
  while (state.batches_done < config_.batches) {
    step(state, sums, scratch);
    ++since;
    if (state.batches_done % interval != 0 && state.batches_done != config_.batches) continue;
    const double m = static_cast<double>(since);
    state.curve.push_back({state.batches_done, sums.value / m, sums.relative_std_dev / m, sums.learning_rate});
    sums = {};
    since = 0;
    report(state);
  }
}

std::vector<CouplingFlow> NeuralTrainer::averaged(const TrainerState& state) {
  std::vector<CouplingFlow> flows;
  for (const ChannelFlow& channel : state.channels) {
    CouplingFlow& flow = flows.emplace_back(channel.flow);
    std::copy(channel.average.begin(), channel.average.end(), flow.parameters().begin());
  }
  return flows;
}

}  // namespace thalweg
