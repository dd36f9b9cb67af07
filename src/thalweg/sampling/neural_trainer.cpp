#include "thalweg/sampling/neural_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "thalweg/base/errors.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/base/random.h"
#include "thalweg/base/worker_team.h"
#include "thalweg/sampling/reverse_kl.h"
#include "thalweg/sampling/training_task.h"

namespace thalweg {
namespace {

constexpr double kMemory = 0.98;  // of the running means of weights, per batch
constexpr std::uint64_t kReports = 20, kCurvePoints = 200, kBufferBatches = 50;
// Learning rate of the channel weights in units of the flows'. Weights that move as fast as the flows leave them
// behind: on Drell-Yan the relative standard deviation is 0.082 with 1, 0.049 with 0.3 and 0.048 with 0.1; on toys with
// flat priors 0.1 learns too slowly.
constexpr double kWeightRate = 0.3;
constexpr std::size_t kScalingPoints = 4096;  // that give features their scale

double sigma(const TrainerState& s, std::size_t m) {
  return std::sqrt(std::max(s.square[m] - s.mean[m] * s.mean[m], 1e-6 * s.square[m]));
}

// Online batches of a cycle; `reuse` - 1 times as many buffered ones follow.
std::uint64_t online_batches(std::uint64_t batches, std::uint64_t reuse) {
  return std::clamp<std::uint64_t>(batches / kReports / reuse, 1, kBufferBatches);
}

}  // namespace

// Memory that stays warm from step to step.
struct NeuralTrainer::Scratch {
  Scratch(const NeuralTrainer& trainer, const Integrand& f, bool with_features)
      : team(trainer.config_.threads),
        buffer(f.channels(), PointBuffer::width(f.dim(), f.channels(), with_features ? f.features() : 0)) {}
  WorkerTeam team;
  TapePool pool;
  PointBuffer buffer;
  std::vector<TaskGradients> gradients;  // by task
};

NeuralTrainer::NeuralTrainer(const Integrand& integrand, const TrainerConfig& config)
    : integrand_(integrand), config_(config), channels_of_(integrand.maps()) {
  config_.flow.dim = integrand.dim();
  config_.flow.conditions = 1;
  if (config_.ann) config_.ann->dim = integrand.dim();
  for (std::size_t c = 0; c < integrand.channels(); ++c) channels_of_[integrand.map_of(c)].push_back(c);
}

TrainerState NeuralTrainer::initial_state(const std::vector<VegasGrid>& grids, const std::vector<double>& power) const {
  TrainerState state;
  const std::size_t maps = integrand_.maps(), channels = integrand_.channels();
  for (std::size_t m = 0; m < maps; ++m) {
    const std::uint64_t seed = config_.seed * 1'000'003 + m;
    std::unique_ptr<TrainableMap> map;
    if (config_.ann) {
      map = std::make_unique<AnnMap>(*config_.ann, seed);
    } else {
      auto flow = std::make_unique<CouplingFlow>(config_.flow, seed);
      if (!grids.empty()) start_from_vegas(*flow, grids[m]);
      map = std::move(flow);
    }
    GuardedAdam optimiser(map->parameters());
    state.flows.push_back({std::move(map), std::move(optimiser)});
  }
  for (auto* means : {&state.mean, &state.square, &state.size, &state.tail, &state.tempered_size})
    means->assign(maps, 0.0);
  // The logarithm of the integrand is as good a guide where it is small.
  state.power = config_.loss == Loss::reverse_kl ? std::vector<double>() : power;
  state.power.resize(maps, 1.0);
  state.integral.assign(channels, 0.0);
  state.active.assign(channels, 1);
  if (!config_.train_weights || channels == 1 || integrand_.features() == 0) return state;

  ChannelWeightNetwork network({.inputs = integrand_.features(),
                                .outputs = channels,
                                .hidden = config_.weight_hidden,
                                .layers = config_.weight_layers,
                                .activation = config_.flow.activation},
                               config_.seed * 1'000'003 + maps);
  Arena arena;
  const std::size_t each = kScalingPoints / channels + 1, n = each * channels;
  const Batch features = Batch::take(arena, integrand_.features(), n), alpha = Batch::take(arena, channels, n);
  const Batch points = Batch::take(arena, integrand_.dim(), n);
  const auto weight = arena.take<double>(n), log_jacobian = arena.take<double>(n);
  RandomStream random({config_.seed, Phase::initialisation, 1, 0});
  for (std::size_t e = 0; e < n; ++e)
    for (std::size_t d = 0; d < points.dim; ++d) points.row(d)[e] = random.next();
  for (std::size_t c = 0; c < channels; ++c) {
    auto part = [&](Batch b) { return Batch{b.data + c * each, b.stride, b.dim, each}; };
    const Batch here = part(points);
    state.flows[integrand_.map_of(c)].flow->forward(here, here, log_jacobian.first(each));
    integrand_.evaluate(c, here, {weight.subspan(c * each, each), part(alpha), part(features)}, arena);
  }
  network.standardise(features, weight);
  state.evaluations += n;
  GuardedAdam optimiser(network.parameters());
  state.weights.emplace(TrainedWeights{std::move(network), std::move(optimiser)});
  return state;
}

std::vector<std::uint64_t> NeuralTrainer::counts(const TrainerState& state) const {
  const std::size_t maps = integrand_.maps();
  std::vector<double> spread(maps);
  double total = 0, used = 0;
  for (std::size_t m = 0; m < maps; ++m) {
    const auto& channels = channels_of_[m];
    if (std::none_of(channels.begin(), channels.end(), [&](std::size_t c) { return state.active[c]; })) continue;
    used += 1;
    total += spread[m] = std::max(sigma(state, m), 1e-300);
  }
  std::vector<std::uint64_t> result;
  const double even = 1 / used;
  for (std::size_t m = 0; m < maps; ++m) {
    const double share = config_.uniform_fraction * even + (1 - config_.uniform_fraction) * spread[m] / total;
    result.push_back(
        spread[m] > 0 ? static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(config_.batch_size))) : 0);
  }
  return result;
}

// A batch: its points by map, and the tasks that draw them.
struct NeuralTrainer::Step {
  std::uint64_t batch = 0;
  bool first = true, buffered = false, storing = false;
  std::vector<TrainingTask> tasks;
  std::vector<double> drawn;  // points of each map
  double points = 0;
};

NeuralTrainer::Step NeuralTrainer::plan(const TrainerState& state, Scratch& scratch) const {
  Step step;
  step.batch = state.batches_done;
  step.first = step.batch == 0;
  const std::uint64_t online = online_batches(config_.batches, config_.reuse);
  const std::uint64_t place = step.batch % (online * config_.reuse);
  step.buffered = place >= online;
  step.storing = config_.reuse > 1 && !step.buffered;
  if (place == 0) scratch.buffer.clear();
  const auto count = counts(state);
  const std::uint64_t size = task_points(config_.batch_size);
  step.drawn.resize(count.size());
  for (std::size_t m = 0; m < count.size(); ++m) {
    std::vector<std::size_t> channels;
    for (const std::size_t c : channels_of_[m])
      if (state.active[c] && (!step.buffered || scratch.buffer.points(c) > 0)) channels.push_back(c);
    const std::uint64_t each = channels.empty() ? 0 : (count[m] + channels.size() - 1) / channels.size();
    step.drawn[m] = static_cast<double>(each * channels.size());
    step.points += step.drawn[m];
    for (const std::size_t c : channels)
      for (std::uint64_t left = each; left > 0; left -= std::min(left, size))
        step.tasks.push_back({c, m, static_cast<double>(channels.size()), std::min(left, size), step.batch,
                              step.tasks.size(), step.buffered});
  }
  return step;
}

LossScales NeuralTrainer::scales(const TrainerState& state, const Step& step) const {
  const bool last = step.batch >= state.batches_planned * 3 / 4;
  const bool kl = config_.loss == Loss::kl || (config_.loss == Loss::madnis && !last);
  const std::size_t maps = step.drawn.size();
  LossScales s;
  for (auto* v : {&s.linear, &s.quadratic, &s.weights}) v->assign(maps, 0.0);
  if (step.first) return s;
  s.path = config_.loss == Loss::reverse_kl || (config_.loss == Loss::madnis && config_.ann && !last);
  if (last) s.tail = config_.tail;
  double integral = 0, spread = 0;
  for (std::size_t m = 0; m < maps; ++m)
    if (step.drawn[m] > 0) integral += state.size[m], spread += sigma(state, m);
  for (std::size_t m = 0; m < maps; ++m) {
    if (!(state.size[m] > 0) || step.drawn[m] == 0) continue;
    if (state.power[m] < 1) {
      s.linear[m] = state.tempered_size[m] > 0 ? 1 / (step.drawn[m] * state.tempered_size[m]) : 0;
      continue;
    }
    if (s.path) {
      s.linear[m] = 1 / step.drawn[m];
      const double ramp = config_.anneal * static_cast<double>(state.batches_planned);
      if (const double t = static_cast<double>(step.batch); t < ramp) s.power = t / ramp;
      s.pull = integral_pull(config_, state.mean[m]);
      continue;
    }
    const double part = config_.loss == Loss::variance ? step.points / step.drawn[m] : spread / sigma(state, m);
    s.weights[m] = part / (integral * integral) / step.drawn[m];
    if (kl)
      s.linear[m] = 1 / (step.drawn[m] * state.size[m]);
    else
      s.quadratic[m] = s.weights[m];
  }
  return s;
}

// Of each map in the first of its tasks, of the channel weights in the first of all: in the order of the tasks, so that
// threads change no bit.
void NeuralTrainer::sum_gradients(const Step& step, Scratch& scratch) const {
  constexpr std::size_t kPart = 4096;
  struct Job {
    AlignedVector<float> TaskGradients::*rows;
    std::size_t first_task, last_task, begin;
  };
  std::vector<Job> jobs;
  auto split = [&](AlignedVector<float> TaskGradients::*rows, std::size_t first, std::size_t last) {
    for (std::size_t begin = 0; begin < (scratch.gradients[first].*rows).size(); begin += kPart)
      jobs.push_back({rows, first, last, begin});
  };
  for (std::size_t k = 0, next = 0; k < step.tasks.size(); k = next) {
    while (next < step.tasks.size() && step.tasks[next].map == step.tasks[k].map) ++next;
    split(&TaskGradients::flow, k, next);
  }
  if (!step.tasks.empty()) split(&TaskGradients::weights, 0, step.tasks.size());
  scratch.team.run(jobs.size(), [&](std::size_t j, Arena&) {
    const Job& job = jobs[j];
    AlignedVector<float>& sum = scratch.gradients[job.first_task].*job.rows;
    const std::size_t end = std::min(job.begin + kPart, sum.size());
    for (std::size_t k = job.first_task + 1; k < job.last_task; ++k) {
      const AlignedVector<float>& part = scratch.gradients[k].*job.rows;
      for (std::size_t i = job.begin; i < end; ++i) sum[i] += part[i];
    }
  });
}

void NeuralTrainer::update_means(TrainerState& state, const Step& step, std::vector<TaskResult>& total,
                                 CurvePoint& sums) const {
  double value = 0, deviation = 0, log_sum = 0, log_share = 0;
  std::uint64_t lost = 0;
  for (std::size_t m = 0; m < total.size(); ++m) {
    const TaskResult& t = total[m];
    if (!(t.share > 0)) continue;
    // What a tempered flow sees is soon forgotten.
    const double keep = step.first || state.power[m] < 1 ? 0 : kMemory;
    // Divided by the shares that were drawn, not by those expected: where all weights are alike, so are the means.
    const double mean = t.sum / t.share, square = t.square / t.share;
    state.mean[m] = keep * state.mean[m] + (1 - keep) * mean;
    state.square[m] = keep * state.square[m] + (1 - keep) * square;
    state.size[m] = keep * state.size[m] + (1 - keep) * t.size / t.share;
    // Needs <w^2> of an earlier batch, and so begins one later.
    const double keep_tail = state.tail[m] == 0 ? 0 : keep;
    state.tail[m] = keep_tail * state.tail[m] + (1 - keep_tail) * t.tail / t.share;
    value += mean;
    log_sum += t.log_sum, log_share += t.log_share;
    deviation += std::sqrt(std::max(square - mean * mean, 0.0));
    if (const double beta = state.power[m]; beta < 1) {
      state.power[m] = move_power(beta, t.tempered, step.drawn[m]);
      state.tempered_size[m] = t.tempered[state.power[m] > beta].sum / step.drawn[m];
    }
    lost += t.non_finite;
  }
  state.non_finite += lost;
  if (static_cast<double>(lost) * 100 > step.points)
    run_error("{} of {} weights of training batch {} are not finite (at most 1 in 100 is tolerated)", lost, step.points,
              step.batch);
  sums.value += value;
  if (log_share > 0) sums.loss -= log_sum / log_share;
  sums.relative_std_dev += deviation / std::max(std::abs(value), 1e-300);
}

double NeuralTrainer::follow_gradients(TrainerState& state, const Step& step, Scratch& scratch, double rate,
                                       bool path) const {
  double longest = 0;
  for (std::size_t k = 0; k < step.tasks.size(); ++k) {
    const std::size_t m = step.tasks[k].map;
    if (k > 0 && step.tasks[k - 1].map == m) continue;
    TrainedFlow& trained = state.flows[m];
    const auto taken = trained.optimiser.step(trained.flow->parameters(), scratch.gradients[k].flow, rate, step.batch,
                                              path ? config_.gradient_limit : 0);
    longest = std::max(longest, trained.optimiser.length);
    note(state, taken, trained.optimiser.length, "channel " + integrand_.channel_name(channels_of_[m][0]));
  }
  if (!state.weights || step.tasks.empty()) return longest;
  GuardedAdam& optimiser = state.weights->optimiser;
  const auto taken =
      optimiser.step(state.weights->network.parameters(), scratch.gradients[0].weights, kWeightRate * rate, step.batch);
  note(state, taken, optimiser.length, "channel weights");
  return longest;
}

void NeuralTrainer::step(TrainerState& state, CurvePoint& sums, Scratch& scratch) const {
  const Step step = plan(state, scratch);
  const LossScales scale = scales(state, step);
  std::vector<TaskResult> results(step.tasks.size()), total(step.drawn.size());
  if (scratch.gradients.size() < step.tasks.size()) scratch.gradients.resize(step.tasks.size());
  scratch.team.run(step.tasks.size(), [&](std::size_t k, Arena& arena) {
    throw_if_interrupted();
    results[k] = run_task(integrand_, config_, state, step.tasks[k], scale, scratch.buffer, step.storing, arena,
                          scratch.pool, scratch.gradients[k]);
  });
  std::vector<double> of_channel(integrand_.channels());
  for (std::size_t k = 0; k < step.tasks.size(); ++k) {
    const TrainingTask& task = step.tasks[k];
    if (step.storing) scratch.buffer.append(task.channel, results[k].stored);
    of_channel[task.channel] += results[k].sum / step.drawn[task.map];
    total[task.map].merge(results[k]);
  }
  const double keep = step.first ? 0 : kMemory;
  for (std::size_t c = 0; c < of_channel.size(); ++c)
    state.integral[c] = keep * state.integral[c] + (1 - keep) * of_channel[c];
  update_means(state, step, total, sums);
  const double rate =
      state.rate_factor * scheduled_rate(config_.schedule, config_.learning_rate, config_.final_learning_rate,
                                         step.batch, state.batches_planned);
  if (!step.first) {
    sum_gradients(step, scratch);
    sums.gradient += follow_gradients(state, step, scratch, rate, scale.path);
  }
  if (!step.buffered) state.evaluations += static_cast<std::uint64_t>(step.points);
  sums.learning_rate = rate;
  ++state.batches_done;
}

void NeuralTrainer::note(TrainerState& state, GuardedAdam::Step taken, double length, const std::string& what) const {
  state.clipped += taken == GuardedAdam::Step::shortened;
  if (taken != GuardedAdam::Step::undone) return;
  state.rate_factor /= 2;
  ++state.undone;
  state.events.push_back(fmt::format("batch {}, {}: gradient of length {:.3g}; step undone, learning rate halved",
                                     state.batches_done, what, length));
}

// Trained weights can do without a channel that they hardly use; without training it may be the only one that fits a
// narrow peak.
void NeuralTrainer::drop_channels(TrainerState& state) const {
  if (!state.weights || state.batches_done < config_.batches / 3) return;
  std::vector<std::size_t> order;
  double total = 0;
  for (std::size_t c = 0; c < state.active.size(); ++c)
    if (state.active[c]) order.push_back(c), total += std::abs(state.integral[c]);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return std::abs(state.integral[a]) < std::abs(state.integral[b]); });
  double dropped = 0;
  for (std::size_t k = 0; k + 1 < order.size(); ++k) {
    const std::size_t c = order[k];
    dropped += std::abs(state.integral[c]);
    if (!(dropped <= config_.drop * total)) return;
    if (reaches_alone(state, c)) continue;
    state.active[c] = 0;
    state.events.push_back(fmt::format("batch {}, channel {}: dropped with {:.2g} of the integral", state.batches_done,
                                       integrand_.channel_name(c), std::abs(state.integral[c]) / total));
  }
}

// Whether there are points of the channel where the priors of all others vanish: without it they would be lost.
bool NeuralTrainer::reaches_alone(const TrainerState& state, std::size_t channel) const {
  constexpr std::size_t kPoints = 1024;
  Arena arena;
  const Batch points = Batch::take(arena, integrand_.dim(), kPoints);
  const Batch alpha = Batch::take(arena, integrand_.channels(), kPoints);
  const auto weight = arena.take<double>(kPoints), log_jacobian = arena.take<double>(kPoints);
  RandomStream random({config_.seed, Phase::initialisation, 2, channel});
  for (std::size_t d = 0; d < points.dim; ++d) random.fill({points.row(d), kPoints});
  state.flows[integrand_.map_of(channel)].flow->forward(points, points, log_jacobian);
  integrand_.evaluate(channel, points, {weight, alpha}, arena);
  for (std::size_t e = 0; e < kPoints; ++e) {
    double others = 0;
    for (std::size_t c = 0; c < alpha.dim; ++c)
      if (c != channel && state.active[c]) others += std::abs(alpha.row(c)[e]);
    if (weight[e] != 0 && others == 0) return true;
  }
  return false;
}

// Batches in one of about `parts` of the training: whole cycles.
std::uint64_t NeuralTrainer::interval(std::uint64_t parts) const {
  const std::uint64_t cycle = config_.reuse > 1 ? config_.reuse * online_batches(config_.batches, config_.reuse) : 1;
  return std::max<std::uint64_t>(config_.batches / parts / cycle, 1) * cycle;
}

// Whether the last part of the curve has hardly lowered the loss against the part before.
bool NeuralTrainer::has_settled(const TrainerState& state) const {
  const std::uint64_t since = state.batches_done;
  if (config_.settle == 0 || state.settled || since < 2 * interval(kReports)) return false;
  double now = 0, before = 0, n = 0, m = 0;
  for (const CurvePoint& p : state.curve) {
    if (p.batch > since - interval(kReports))
      now += p.loss, n += 1;
    else if (p.batch > since - 2 * interval(kReports))
      before += p.loss, m += 1;
  }
  return before / m - now / n < config_.settle;
}

void NeuralTrainer::train(TrainerState& state, const Report& report) const {
  if (!state.settled) state.batches_planned = config_.batches;
  CurvePoint sums;
  Scratch scratch(*this, integrand_, state.weights.has_value());
  std::uint64_t since = 0;
  while (state.batches_done < state.batches_planned) {
    step(state, sums, scratch);
    ++since;
    const bool end = state.batches_done == state.batches_planned;
    if (state.batches_done % interval(kCurvePoints) != 0 && !end) continue;
    const double m = static_cast<double>(since);
    state.curve.push_back({state.batches_done, sums.value / m, sums.relative_std_dev / m, sums.learning_rate,
                           sums.loss / m, sums.gradient / m});
    sums = {};
    since = 0;
    if (state.batches_done % interval(kReports) != 0 && !end) continue;
    drop_channels(state);
    if (has_settled(state)) {
      state.settled = true;
      // What the last quarter is for, and the falling of the learning rate, still come.
      const bool last = config_.loss == Loss::madnis && state.batches_done < config_.batches * 3 / 4;
      state.batches_planned = last ? (4 * state.batches_done + 2) / 3 : state.batches_done;
      state.events.push_back(
          fmt::format("batch {}: the loss has settled; {} batches in all", state.batches_done, state.batches_planned));
    }
    report(state);
  }
}

std::vector<std::shared_ptr<const Mapping>> NeuralTrainer::averaged(const TrainerState& state) {
  std::vector<std::shared_ptr<const Mapping>> maps;
  for (const TrainedFlow& trained : state.flows) {
    auto map = trained.flow->clone();
    std::copy(trained.optimiser.average.begin(), trained.optimiser.average.end(), map->parameters().begin());
    maps.push_back(std::move(map));
  }
  return maps;
}

WeightedIntegrand NeuralTrainer::weighted(const Integrand& prior, const TrainerState& state) {
  std::optional<ChannelWeightNetwork> network;
  if (state.weights) {
    const auto& average = state.weights->optimiser.average;
    network = state.weights->network;
    std::copy(average.begin(), average.end(), network->parameters().begin());
  }
  return {prior, state.active, std::move(network)};
}

}  // namespace thalweg
