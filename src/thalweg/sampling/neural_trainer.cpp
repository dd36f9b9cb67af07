#include "thalweg/sampling/neural_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "thalweg/base/errors.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/base/random.h"
#include "thalweg/base/worker_team.h"
#include "thalweg/sampling/training_task.h"

namespace thalweg {
namespace {

constexpr double kMemory = 0.98;  // of the running means of weights, per batch
constexpr std::uint64_t kReports = 20, kBufferBatches = 50;
// Learning rate of the channel weights in units of the flows'. Weights that move as fast as the flows leave them behind:
// on Drell-Yan the relative standard deviation is 0.082 with 1, 0.049 with 0.3 and 0.048 with 0.1; on toys with flat
// priors 0.1 learns too slowly.
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

Loss loss_named(const std::string& name) {
  return static_cast<Loss>(std::find(kLossNames.begin(), kLossNames.end(), name) - kLossNames.begin());
}

// Memory that stays warm from step to step.
struct NeuralTrainer::Scratch {
  Scratch(const NeuralTrainer& trainer, const Integrand& f, bool with_features)
      : team(trainer.config_.threads),
        buffer(f.channels(), PointBuffer::width(f.dim(), f.channels(), with_features ? f.features() : 0)) {}
  WorkerTeam team;
  TapePool pool;
  PointBuffer buffer;
};

NeuralTrainer::NeuralTrainer(const Integrand& integrand, const TrainerConfig& config)
    : integrand_(integrand), config_(config), channels_of_(integrand.maps()) {
  config_.flow.dim = integrand.dim();
  config_.flow.conditions = 1;
  for (std::size_t c = 0; c < integrand.channels(); ++c) channels_of_[integrand.map_of(c)].push_back(c);
}

TrainerState NeuralTrainer::initial_state(const std::vector<VegasGrid>& grids, const std::vector<double>& power) const {
  TrainerState state;
  const std::size_t maps = integrand_.maps(), channels = integrand_.channels();
  for (std::size_t m = 0; m < maps; ++m) {
    CouplingFlow flow(config_.flow, config_.seed * 1'000'003 + m);
    if (!grids.empty()) start_from_vegas(flow, grids[m]);
    GuardedAdam optimiser(flow.parameters());
    state.flows.push_back({std::move(flow), std::move(optimiser)});
  }
  for (auto* means : {&state.mean, &state.square, &state.size, &state.tempered_size}) means->assign(maps, 0.0);
  state.power = power;
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
    state.flows[integrand_.map_of(c)].flow.forward(here, here, log_jacobian.first(each));
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

void NeuralTrainer::step(TrainerState& state, CurvePoint& sums, Scratch& scratch) const {
  const std::size_t maps = integrand_.maps();
  const std::uint64_t batch = state.batches_done, online = online_batches(config_.batches, config_.reuse);
  const std::uint64_t place = batch % (online * config_.reuse);
  const bool first = batch == 0, buffered = place >= online;
  if (place == 0) scratch.buffer.clear();
  auto count = counts(state);
  std::vector<TrainingTask> tasks;
  std::vector<double> drawn(maps);  // points of each map
  for (std::size_t m = 0; m < maps; ++m) {
    std::vector<std::size_t> channels;
    for (const std::size_t c : channels_of_[m])
      if (state.active[c] && (!buffered || scratch.buffer.points(c) > 0)) channels.push_back(c);
    const std::uint64_t each = channels.empty() ? 0 : (count[m] + channels.size() - 1) / channels.size();
    drawn[m] = static_cast<double>(each * channels.size());
    for (const std::size_t c : channels)
      for (std::uint64_t left = each; left > 0; left -= std::min(left, kTaskPoints))
        tasks.push_back(
            {c, m, static_cast<double>(channels.size()), std::min(left, kTaskPoints), batch, tasks.size(), buffered});
  }

  const bool kl = config_.loss == Loss::kl || (config_.loss == Loss::madnis && batch < config_.batches / 3);
  LossScales scales;
  for (auto* s : {&scales.linear, &scales.quadratic, &scales.weights, &scales.inverse_square}) s->assign(maps, 0.0);
  scales.mean = state.mean;
  if (batch >= config_.batches * 2 / 3) scales.tail = config_.tail;
  double integral = 0, spread = 0, points = 0;
  for (std::size_t m = 0; m < maps; ++m)
    if (drawn[m] > 0) integral += state.size[m], spread += sigma(state, m), points += drawn[m];
  for (std::size_t m = 0; m < maps && !first; ++m) {
    if (!(state.size[m] > 0) || drawn[m] == 0) continue;
    scales.inverse_square[m] = 1 / state.square[m];
    const double part = config_.loss == Loss::variance ? points / drawn[m] : spread / sigma(state, m);
    const double of_variance = part / (integral * integral) / drawn[m];
    if (state.power[m] < 1) {
      scales.linear[m] = state.tempered_size[m] > 0 ? 1 / (drawn[m] * state.tempered_size[m]) : 0;
      continue;
    }
    scales.weights[m] = of_variance;
    if (kl)
      scales.linear[m] = 1 / (drawn[m] * state.size[m]);
    else
      scales.quadratic[m] = of_variance;
  }

  std::vector<TaskResult> results(tasks.size()), total(maps);
  const bool storing = config_.reuse > 1 && !buffered;
  scratch.team.run(tasks.size(), [&](std::size_t k, Arena& arena) {
    throw_if_interrupted();
    results[k] = run_task(integrand_, config_, state, tasks[k], scales, scratch.buffer, storing, arena, scratch.pool);
  });
  std::vector<double> of_channel(integrand_.channels());
  std::vector<float> weight_gradient;
  for (std::size_t k = 0; k < tasks.size(); ++k) {
    const TrainingTask& task = tasks[k];
    if (storing) scratch.buffer.append(task.channel, results[k].stored, task.count);
    of_channel[task.channel] += results[k].sum / drawn[task.map];
    total[task.map].merge(results[k]);
  }

  const double keep_all = first ? 0 : kMemory;
  for (std::size_t c = 0; c < of_channel.size(); ++c)
    state.integral[c] = keep_all * state.integral[c] + (1 - keep_all) * of_channel[c];
  const double rate = state.rate_factor * scheduled_rate(config_.schedule, config_.learning_rate,
                                                         config_.final_learning_rate, batch, config_.batches);
  double value = 0, deviation = 0;
  std::uint64_t lost = 0;
  for (std::size_t m = 0; m < maps; ++m) {
    if (drawn[m] == 0) continue;
    TaskResult& t = total[m];
    const double keep = state.power[m] < 1 ? 0 : keep_all;  // what a tempered flow sees is soon forgotten
    const double mean = t.sum / drawn[m], square = t.square / drawn[m];
    state.mean[m] = keep * state.mean[m] + (1 - keep) * mean;
    state.square[m] = keep * state.square[m] + (1 - keep) * square;
    state.size[m] = keep * state.size[m] + (1 - keep) * t.size / drawn[m];
    value += mean;
    deviation += std::sqrt(std::max(square - mean * mean, 0.0));
    if (const double beta = state.power[m]; beta < 1) {
      state.power[m] = move_power(beta, t.tempered, drawn[m]);
      state.tempered_size[m] = t.tempered[state.power[m] > beta].sum / drawn[m];
    }
    lost += t.non_finite;
    if (first) continue;
    TrainedFlow& trained = state.flows[m];
    const auto taken = trained.optimiser.step(trained.flow.parameters(), t.flow_gradient, rate, batch);
    follow(state, taken, trained.optimiser.length, "channel " + integrand_.channel_name(channels_of_[m][0]));
    if (weight_gradient.empty())
      weight_gradient = std::move(t.weight_gradient);
    else
      for (std::size_t i = 0; i < weight_gradient.size(); ++i) weight_gradient[i] += t.weight_gradient[i];
  }
  if (state.weights && !first) {
    GuardedAdam& optimiser = state.weights->optimiser;
    const auto taken = optimiser.step(state.weights->network.parameters(), weight_gradient, kWeightRate * rate, batch);
    follow(state, taken, optimiser.length, "channel weights");
  }
  state.non_finite += lost;
  if (!buffered) state.evaluations += static_cast<std::uint64_t>(points);
  if (static_cast<double>(lost) * 100 > points)
    run_error("{} of {} weights of training batch {} are not finite (at most 1 in 100 is tolerated)", lost, points,
              batch);
  sums.value += value;
  sums.relative_std_dev += deviation / std::max(std::abs(value), 1e-300);
  sums.learning_rate = rate;
  ++state.batches_done;
}

void NeuralTrainer::follow(TrainerState& state, GuardedAdam::Step taken, double length, const std::string& what) const {
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
    state.active[c] = 0;
    state.events.push_back(fmt::format("batch {}, channel {}: dropped with {:.2g} of the integral", state.batches_done,
                                       integrand_.channel_name(c), std::abs(state.integral[c]) / total));
  }
}

std::uint64_t NeuralTrainer::interval() const {
  const std::uint64_t cycle = config_.reuse * online_batches(config_.batches, config_.reuse);
  return std::max<std::uint64_t>(config_.batches / kReports / cycle, 1) * cycle;
}

void NeuralTrainer::train(TrainerState& state, const Report& report) const {
  CurvePoint sums;
  Scratch scratch(*this, integrand_, state.weights.has_value());
  std::uint64_t since = 0;
  while (state.batches_done < config_.batches) {
    step(state, sums, scratch);
    ++since;
    if (state.batches_done % interval() != 0 && state.batches_done != config_.batches) continue;
    const double m = static_cast<double>(since);
    state.curve.push_back({state.batches_done, sums.value / m, sums.relative_std_dev / m, sums.learning_rate});
    sums = {};
    since = 0;
    drop_channels(state);
    report(state);
  }
}

std::vector<CouplingFlow> NeuralTrainer::averaged(const TrainerState& state) {
  std::vector<CouplingFlow> flows;
  for (const TrainedFlow& trained : state.flows) {
    CouplingFlow& flow = flows.emplace_back(trained.flow);
    std::copy(trained.optimiser.average.begin(), trained.optimiser.average.end(), flow.parameters().begin());
  }
  return flows;
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
