// A step of the training: its points, its loss, its gradients.
#include "thalweg/sampling/training_step.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "thalweg/base/errors.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/base/random.h"
#include "thalweg/base/time_budget.h"
#include "thalweg/sampling/reverse_kl.h"

namespace thalweg {
namespace {

constexpr double kMemory = 0.98;  // of the running means of weights, per batch
constexpr double kMostGrowth = 300;
constexpr std::uint64_t kSoon = 20;  // batches
// Learning rate of the channel weights in units of the flows'. Weights that move as fast as the flows leave them
// behind: on Drell-Yan the relative standard deviation is 0.082 with 1, 0.049 with 0.3 and 0.048 with 0.1; on toys with
// flat priors 0.1 learns too slowly.
constexpr double kWeightRate = 0.3;
constexpr std::uint32_t kPlanStream = 1u << 31;  // beside those of the tasks

bool in_last_quarter(const TrainerState& s, std::uint64_t batch) { return batch >= s.batches_planned * 3 / 4; }

double sigma(const TrainerState& s, std::size_t m) { return std::max(s.deviation(m), std::sqrt(1e-6 * s.square[m])); }

}  // namespace

std::vector<double> NeuralTrainer::expected_points(const TrainerState& state) const {
  const std::size_t maps = integrand_.maps();
  std::vector<double> spread(maps);
  double total = 0, used = 0;
  for (std::size_t m = 0; m < maps; ++m) {
    const auto& channels = channels_of_[m];
    if (std::none_of(channels.begin(), channels.end(), [&](std::size_t c) { return state.active[c]; })) continue;
    used += 1;
    total += spread[m] = std::max(sigma(state, m), 1e-300);
  }
  std::vector<double> result(maps);
  for (std::size_t m = 0; m < maps; ++m) {
    const double share = config_.uniform_fraction / used + (1 - config_.uniform_fraction) * spread[m] / total;
    if (spread[m] > 0) result[m] = share * static_cast<double>(config_.batch_size);
  }
  return result;
}

// Points come in whole tiles, as many of each map as expected on average: a map that would have a few points in every
// batch has a tile in some. Channels of a map take turns.
NeuralTrainer::Step NeuralTrainer::plan(const TrainerState& state, Scratch& scratch) const {
  Step step;
  step.batch = state.batches_done;
  step.first = step.batch == 0;
  const std::uint64_t online = online_batches();
  const std::uint64_t place = step.batch % (online * config_.reuse);
  step.buffered = place >= online;
  step.path = !step.first && (config_.loss == Loss::reverse_kl ||
                              (config_.loss == Loss::madnis && config_.ann && !in_last_quarter(state, step.batch)));
  if (place == 0) scratch.buffer.clear();
  step.expected = expected_points(state);
  const std::uint64_t size = task_points(config_.batch_size);
  RandomStream random({config_.seed, Phase::training, static_cast<std::uint32_t>(step.batch), kPlanStream});
  step.drawn.resize(step.expected.size());
  for (std::size_t m = 0; m < step.expected.size(); ++m) {
    const double fraction = random.next(), turn = random.next();
    std::vector<std::size_t> channels;
    for (const std::size_t c : channels_of_[m])
      if (state.active[c] && (!step.buffered || scratch.buffer.points(c) > 0)) channels.push_back(c);
    if (channels.empty()) step.expected[m] = 0;
    auto tiles = static_cast<std::uint64_t>(step.expected[m] / kFlowTile + fraction);
    const std::uint64_t usual = tiles;  // those that the first batch has beyond them are not kept
    if (step.first) tiles = std::max<std::uint64_t>(tiles, channels.size());
    step.drawn[m] = static_cast<double>(tiles * kFlowTile);
    step.points += step.drawn[m];
    for (std::size_t k = 0; k < channels.size(); ++k) {
      const auto place_of =
          (k + static_cast<std::size_t>(turn * static_cast<double>(channels.size()))) % channels.size();
      std::uint64_t left = kFlowTile * (tiles / channels.size() + (place_of < tiles % channels.size()));
      for (; left > 0; left -= std::min(left, size))
        step.tasks.push_back({channels[k], m, state.condition_of(m), integrand_.part_of(channels[k]).index,
                              static_cast<double>(channels.size()), std::min(left, size), step.batch, step.tasks.size(),
                              step.buffered, config_.reuse > 1 && !step.buffered && place_of < usual});
    }
  }
  return step;
}

LossScales NeuralTrainer::scales(const TrainerState& state, const Step& step) const {
  const bool last = in_last_quarter(state, step.batch);
  const bool kl = config_.loss == Loss::kl || (config_.loss == Loss::madnis && !last);
  const std::size_t maps = step.expected.size();
  LossScales s;
  for (auto* v : {&s.linear, &s.quadratic, &s.weights}) v->assign(maps, 0.0);
  if (step.first) return s;
  s.path = step.path;
  if (last) s.tail = config_.tail;
  double integral = 0, spread = 0;
  std::vector<double> of_flow(state.flows.size());  // one that several maps share sees them by their integrals
  for (std::size_t m = 0; m < maps; ++m)
    if (step.expected[m] > 0) {
      integral += state.size[m], spread += sigma(state, m);
      of_flow[state.flow_of(m)] += state.size[m];
    }
  for (std::size_t m = 0; m < maps; ++m) {
    if (!(state.size[m] > 0) || step.expected[m] == 0) continue;
    if (state.power[m] < 1) {
      const double part = std::max(state.size[m] / of_flow[state.flow_of(m)],
                                   step.expected[m] / static_cast<double>(config_.batch_size));
      s.linear[m] = state.tempered_size[m] > 0 ? part / (step.expected[m] * state.tempered_size[m]) : 0;
      continue;
    }
    if (s.path) {
      s.linear[m] = 1 / step.expected[m];
      const double ramp = config_.anneal * static_cast<double>(state.batches_planned);
      if (const double t = static_cast<double>(step.batch); t < ramp) s.power = t / ramp;
      s.pull = integral_pull(config_, state.mean[m]);
      continue;
    }
    const double by_spread = config_.loss == Loss::variance ? static_cast<double>(config_.batch_size) / step.expected[m]
                                                            : spread / sigma(state, m);
    s.weights[m] = by_spread / (integral * integral) / step.expected[m];
    if (kl)
      s.linear[m] = 1 / (step.expected[m] * of_flow[state.flow_of(m)]);
    else
      s.quadratic[m] = s.weights[m];
  }
  return s;
}

// Of tasks, in their order, so that threads change no bit: weights in pieces, biases of their conditions at once.
void NeuralTrainer::sum_gradients(const TrainerState& state, std::span<const TrainingTask> tasks,
                                  Scratch& scratch) const {
  constexpr std::size_t kPiece = 4096;
  struct Job {
    std::size_t network, begin, end;  // network: a flow, or behind them the channel weights
  };
  std::vector<Job> jobs;
  const std::size_t flows = state.flows.size();
  for (std::size_t f = 0; f < flows + state.weights.has_value(); ++f) {
    const LayerSizes& sizes = f < flows ? state.flows[f].flow->sizes() : state.weights->network.layout().sizes;
    for (std::size_t begin = 0; begin < sizes.weights; begin += kPiece)
      jobs.push_back({f, begin, std::min(begin + kPiece, sizes.weights)});
    jobs.push_back({f, sizes.weights, sizes.gradient()});
  }
  scratch.team.run(jobs.size(), [&](std::size_t j, Arena&) {
    StageLaps lap;
    const auto& [f, begin, end] = jobs[j];
    const bool weights = f == flows;
    const LayerSizes& sizes = weights ? state.weights->network.layout().sizes : state.flows[f].flow->sizes();
    for (std::size_t k = 0; k < tasks.size(); ++k) {
      const TrainingTask& task = tasks[k];
      if (!weights && state.flow_of(task.map) != f) continue;
      const AlignedVector<float>& part = weights ? scratch.gradients[k].weights : scratch.gradients[k].flow;
      const std::size_t condition = weights ? task.part : task.condition;
      float* sum = scratch.sums[f].data() + (begin == sizes.weights ? condition * sizes.biases : 0);
      for (std::size_t i = begin; i < end; ++i) sum[i] += part[i];
    }
    lap(Stage::training);
  });
}

void NeuralTrainer::update_means(TrainerState& state, const Step& step, std::vector<TaskResult>& total,
                                 CurvePoint& sums) const {
  double value = 0, deviation = 0, log_sum = 0, log_share = 0;
  std::uint64_t lost = 0;
  for (std::size_t m = 0; m < total.size(); ++m) {
    const TaskResult& t = total[m];
    if (!(t.share > 0)) {
      if (step.expected[m] > 0) value += state.mean[m], deviation += sigma(state, m);
      continue;
    }
    // What a tempered flow sees is soon forgotten.
    const double keep = step.first || state.power[m] < 1 ? 0 : kMemory;
    // Divided by the shares that were drawn, not by those expected: where all weights are alike, so are the means.
    const double mean = t.sum / t.share, square = t.square / t.share;
    // One weight must not say for fifty batches where points and gradients go: it counts as one of this <w^2>.
    const double most = keep > 0 && state.square[m] > 0 ? kMostGrowth * state.square[m] : INFINITY;
    const double part = square > most ? std::sqrt(most / square) : 1;
    state.mean[m] = keep * state.mean[m] + (1 - keep) * (state.mean[m] + part * (mean - state.mean[m]));
    state.square[m] = keep * state.square[m] + (1 - keep) * std::min(square, most);
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

double NeuralTrainer::follow_gradients(TrainerState& state, const Step& step, Scratch& scratch, double rate) const {
  StageLaps lap;
  double longest = 0;
  for (std::size_t f = 0; f < state.flows.size(); ++f) {
    TrainedFlow& trained = state.flows[f];
    const auto taken = trained.optimiser.step(trained.flow->parameters(), scratch.sums[f], rate, step.batch,
                                              step.path ? config_.gradient_limit : 0);
    longest = std::max(longest, trained.optimiser.length);
    const bool shared = state.flows.size() == 1;
    note(state, taken, trained.optimiser.length,
         shared ? "flow" : "flow of channel " + integrand_.channel_name(channels_of_[f][0]));
  }
  lap(Stage::training);
  if (!state.weights) return longest;
  GuardedAdam& optimiser = state.weights->optimiser;
  const auto taken =
      optimiser.step(state.weights->network.parameters(), scratch.sums.back(), kWeightRate * rate, step.batch);
  lap(Stage::training);
  note(state, taken, optimiser.length, "channel weights");
  return longest;
}

// Results of all tasks; their gradients are in scratch.sums, those of the first batch, which has no scales, nowhere.
std::vector<TaskResult> NeuralTrainer::run_tasks(const TrainerState& state, const Step& step, Scratch& scratch) const {
  const LossScales scale = scales(state, step);
  std::vector<TaskResult> results(step.tasks.size());
  scratch.sums.resize(state.flows.size() + 1);
  for (std::size_t f = 0; f < state.flows.size(); ++f)
    scratch.sums[f].assign(state.flows[f].flow->sizes().parameters(), 0.0F);
  if (state.weights) scratch.sums.back().assign(state.weights->network.layout().sizes.parameters(), 0.0F);
  for (std::size_t first = 0; first < results.size(); first += kTasksAtOnce) {
    const auto tasks = std::span(step.tasks).subspan(first, std::min(kTasksAtOnce, results.size() - first));
    if (scratch.gradients.size() < tasks.size()) scratch.gradients.resize(tasks.size());
    scratch.team.run(tasks.size(), [&](std::size_t k, Arena& arena) {
      throw_if_interrupted();
      results[first + k] = run_task(integrand_, config_, state, tasks[k], scale, scratch.buffer, arena, scratch.pool,
                                    step.first ? nullptr : &scratch.gradients[k]);
    });
    for (std::size_t k = 0; k < tasks.size(); ++k)
      if (tasks[k].stored) scratch.buffer.append(tasks[k].channel, std::exchange(results[first + k].stored, {}));
    if (!step.first) sum_gradients(state, tasks, scratch);
  }
  return results;
}

void NeuralTrainer::step(TrainerState& state, CurvePoint& sums, Scratch& scratch) const {
  const Step step = plan(state, scratch);
  const std::vector<TaskResult> results = run_tasks(state, step, scratch);
  std::vector<TaskResult> total(step.drawn.size());
  std::vector<double> of_channel(integrand_.channels()), share_of(integrand_.channels());
  for (std::size_t k = 0; k < step.tasks.size(); ++k) {
    const TrainingTask& task = step.tasks[k];
    of_channel[task.channel] += results[k].sum / task.multiplicity;
    share_of[task.channel] += results[k].share;
    total[task.map].merge(results[k]);
  }
  const double keep = step.first ? 0 : kMemory;
  for (std::size_t c = 0; c < of_channel.size(); ++c)
    if (share_of[c] > 0) state.integral[c] = keep * state.integral[c] + (1 - keep) * of_channel[c] / share_of[c];
  update_means(state, step, total, sums);
  const double rate =
      state.rate_factor * scheduled_rate(config_.schedule, config_.learning_rate, config_.final_learning_rate,
                                         step.batch, state.batches_planned);
  if (!step.first) sums.gradient += follow_gradients(state, step, scratch, rate);
  if (!step.buffered) state.evaluations += static_cast<std::uint64_t>(step.points);
  sums.learning_rate = rate;
  ++state.batches_done;
}

void NeuralTrainer::note(TrainerState& state, GuardedAdam::Step taken, double length, const std::string& what) const {
  state.clipped += taken == GuardedAdam::Step::shortened;
  if (taken != GuardedAdam::Step::undone) return;
  // One may be an outlier; the next one soon after it is a training that diverges.
  const bool again = state.undone > 0 && state.batches_done <= state.last_undone + kSoon;
  if (again) state.rate_factor /= 2;
  ++state.undone;
  state.last_undone = state.batches_done;
  constexpr std::size_t kMostTold = 100;
  if (state.events.size() < kMostTold)
    state.events.push_back(fmt::format("batch {}, {}: gradient of length {:.3g}; step undone{}", state.batches_done,
                                       what, length, again ? ", learning rate halved" : ""));
}

}  // namespace thalweg
