#include "thalweg/sampling/neural_trainer.h"

#include <algorithm>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/random.h"
#include "thalweg/sampling/tempering.h"
#include "thalweg/sampling/training_step.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kCurvePoints = 200;
constexpr std::size_t kScalingPoints = 4096;  // that give features their scale

}  // namespace

NeuralTrainer::NeuralTrainer(const Integrand& integrand, const TrainerConfig& config)
    : integrand_(integrand), config_(config), channels_of_(integrand.maps()) {
  config_.flow.dim = integrand.dim();
  config_.flow.conditions = integrand.maps();
  if (config_.ann) config_.ann->dim = integrand.dim();
  for (std::size_t c = 0; c < integrand.channels(); ++c) {
    channels_of_[integrand.map_of(c)].push_back(c);
    largest_part_ = std::max(largest_part_, integrand.part_of(c).size);
  }
}

double TrainerState::deviation(std::size_t map) const {
  return std::sqrt(std::max(square[map] - mean[map] * mean[map], 0.0));
}

double TrainerState::spread() const {
  double sum = 0, value = 0;
  for (std::size_t m = 0; m < mean.size(); ++m) sum += deviation(m), value += mean[m];
  return sum / std::max(std::abs(value), 1e-300);
}

namespace {

double median(std::span<const CurvePoint> curve, double CurvePoint::*of) {
  std::vector<double> values;
  for (const CurvePoint& point : curve) values.push_back(point.*of);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

}  // namespace

CurvePoint TrainerState::last_tenth() const {
  CurvePoint result = curve.back();
  const auto last = std::span(curve).last((curve.size() + 9) / 10);
  for (double CurvePoint::*const of : {&CurvePoint::value, &CurvePoint::relative_std_dev})
    result.*of = median(last, of);
  return result;
}

double TrainerState::best_tenth() const {
  const std::size_t n = (curve.size() + 9) / 10;
  double best = INFINITY;
  for (std::size_t from = 0; from + n <= curve.size(); from += n)
    best = std::min(best, median(std::span(curve).subspan(from, n), &CurvePoint::relative_std_dev));
  return best;
}

TrainerState NeuralTrainer::initial_state(const std::vector<VegasGrid>& grids, const std::vector<double>& power,
                                          const std::vector<std::uint8_t>& active) const {
  TrainerState state;
  const std::size_t maps = integrand_.maps(), channels = integrand_.channels();
  for (std::size_t f = 0; f < (config_.ann ? maps : 1); ++f) {
    const std::uint64_t seed = config_.seed * 1'000'003 + f;
    std::unique_ptr<TrainableMap> map;
    if (config_.ann) {
      map = std::make_unique<AnnMap>(*config_.ann, seed);
    } else {
      auto flow = std::make_unique<CouplingFlow>(config_.flow, seed);
      for (std::size_t m = 0; config_.vegas_start && m < grids.size(); ++m) start_from_vegas(*flow, m, grids[m]);
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
  state.active = active;
  state.active.resize(channels, 1);
  if (!config_.train_weights || any_tempered(state.power) || channels == 1 || integrand_.features() == 0) return state;

  ChannelWeightNetwork network({.inputs = integrand_.features(),
                                .outputs = largest_part_,
                                .hidden = config_.weight_hidden,
                                .layers = config_.weight_layers,
                                .activation = config_.flow.activation,
                                .conditions = integrand_.parts()},
                               config_.seed * 1'000'003 + maps);
  Arena arena;
  const std::size_t each = kScalingPoints / channels + 1, n = each * channels;
  const Batch features = Batch::take(arena, integrand_.features(), n), alpha = Batch::take(arena, largest_part_, n);
  const Batch points = Batch::take(arena, integrand_.dim(), n);
  const auto weight = arena.take<double>(n), log_jacobian = arena.take<double>(n);
  RandomStream random({config_.seed, Phase::initialisation, 1, 0});
  for (std::size_t e = 0; e < n; ++e)
    for (std::size_t d = 0; d < points.dim; ++d) points.row(d)[e] = random.next();
  for (std::size_t c = 0; c < channels; ++c) {
    auto columns = [&](Batch b, std::size_t rows) { return Batch{b.data + c * each, b.stride, rows, each}; };
    const Batch here = columns(points, points.dim);
    const std::size_t m = integrand_.map_of(c);
    state.flows[state.flow_of(m)].flow->sample(state.condition_of(m), here, here, log_jacobian.first(each));
    integrand_.evaluate(
        c, here,
        {weight.subspan(c * each, each), columns(alpha, integrand_.part_of(c).size), columns(features, features.dim)},
        arena);
  }
  network.standardise(features, weight);
  state.evaluations += n;
  GuardedAdam optimiser(network.parameters());
  state.weights.emplace(TrainedWeights{std::move(network), std::move(optimiser)});
  return state;
}

// Trained weights can do without a channel that they hardly use; without training it may be the only one that fits a
// narrow peak.
void NeuralTrainer::drop_channels(TrainerState& state) const {
  if (!state.weights || state.batches_done < config_.batches / 3) return;
  std::vector<std::size_t> order;
  double total = 0, dropped = 0;  // by what those gave up had then
  for (std::size_t c = 0; c < state.active.size(); ++c) {
    if (state.active[c]) order.push_back(c);
    (state.active[c] ? total : dropped) += std::abs(state.integral[c]);
  }
  // Where the integral has gone astray, so have the shares of the channels.
  const double size = std::abs(config_.reference_integral);
  if (size > 0 && (total < size / kAstray || total > kAstray * size)) return;
  std::shared_ptr<const TrainableMap> copy;  // of the flow that was looked at last: all maps may share it
  std::size_t copied = 0;
  auto flow_of = [&](std::size_t map) {
    const std::size_t f = state.flow_of(map);
    if (!copy || copied != f) copy = state.flows[copied = f].flow->clone();
    return copy;
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return std::abs(state.integral[a]) < std::abs(state.integral[b]); });
  for (std::size_t k = 0; k + 1 < order.size(); ++k) {
    const std::size_t c = order[k];
    const double with = dropped + std::abs(state.integral[c]);
    if (!(with <= config_.drop * total)) return;
    const std::size_t m = integrand_.map_of(c);
    const ConditionedMap map(flow_of(m), state.condition_of(m));
    if (reaches_alone(integrand_, c, state.active, map, config_.seed)) continue;
    state.active[c] = 0, dropped = with;
    state.events.push_back(fmt::format("batch {}, channel {}: dropped with {:.2g} of the integral", state.batches_done,
                                       integrand_.channel_name(c), std::abs(state.integral[c]) / total));
  }
}

// Of a cycle; `reuse` - 1 times as many buffered ones follow. A point with its channel weights may have 10 kB.
std::uint64_t NeuralTrainer::online_batches() const {
  constexpr std::uint64_t kBufferBatches = 50, kBufferBytes = 64 << 20;
  const std::uint64_t row = sizeof(double) * (integrand_.dim() + 2 + largest_part_ + integrand_.features());
  const std::uint64_t most = std::min(kBufferBatches, kBufferBytes / (row * config_.batch_size));
  return std::clamp<std::uint64_t>(config_.batches / kTrainingReports / config_.reuse, 1,
                                   std::max<std::uint64_t>(most, 1));
}

// Batches in one of about `parts` of the training: whole cycles.
std::uint64_t NeuralTrainer::interval(std::uint64_t parts) const {
  const std::uint64_t cycle = config_.reuse > 1 ? config_.reuse * online_batches() : 1;
  return std::max<std::uint64_t>(config_.batches / parts / cycle, 1) * cycle;
}

// Whether the last part of the curve has hardly lowered the loss against the part before.
bool NeuralTrainer::has_settled(const TrainerState& state) const {
  const std::uint64_t since = state.batches_done;
  if (config_.settle == 0 || state.settled || since < 2 * interval(kTrainingReports)) return false;
  double now = 0, before = 0, n = 0, m = 0;
  for (const CurvePoint& p : state.curve) {
    if (p.batch > since - interval(kTrainingReports))
      now += p.loss, n += 1;
    else if (p.batch > since - 2 * interval(kTrainingReports))
      before += p.loss, m += 1;
  }
  return before / m - now / n < config_.settle;
}

void NeuralTrainer::train(TrainerState& state, const Report& report) const {
  if (!state.settled) state.batches_planned = config_.batches;
  CurvePoint sums;
  Scratch scratch(*this, integrand_, state);
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
    if (state.batches_done % interval(kTrainingReports) != 0 && !end) continue;
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
  std::vector<std::shared_ptr<const TrainableMap>> flows;
  for (const TrainedFlow& trained : state.flows) {
    auto flow = trained.flow->clone();
    std::copy(trained.optimiser.average.begin(), trained.optimiser.average.end(), flow->parameters().begin());
    flows.push_back(std::move(flow));
  }
  const std::size_t count = state.mean.size();
  if (flows.size() == count) return {flows.begin(), flows.end()};
  std::vector<std::shared_ptr<const Mapping>> maps;
  for (std::size_t m = 0; m < count; ++m) maps.push_back(std::make_shared<ConditionedMap>(flows[0], m));
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
