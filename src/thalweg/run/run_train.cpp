// The sampler of a run: VEGAS grids, and flows that start from them.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/run/run.h"
#include "thalweg/sampling/foam_builder.h"
#include "thalweg/sampling/sampler_file.h"
#include "thalweg/sampling/training_budget.h"

namespace thalweg {
TrainerConfig Run::trainer_config() const {
  TrainerConfig config = card_.neural;
  config.seed = card_.seed;
  config.threads = options_.threads;
  config.reference_integral = state_.iterations.empty() ? 0 : state_.iterations.back().value;
  return config;
}

// From the time of a few batches, on a training of its own.
std::uint64_t Run::batches_for(double seconds) const {
  TrainerConfig config = trainer_config();
  config.batches = 1;
  const double trial = std::min(1.0, 0.05 * seconds);
  TrainerState state;
  for (;; config.batches *= 2) {
    const NeuralTrainer trainer(*integrand_, config);
    state = trainer.initial_state(state_.grids, state_.power, state_.active);
    const auto start = std::chrono::steady_clock::now();
    trainer.train(state, [](const TrainerState&) {});
    const double taken = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (taken < trial) continue;
    const double batches = seconds * static_cast<double>(config.batches) / taken;
    return static_cast<std::uint64_t>(std::clamp(batches, 1.0, 1e8));
  }
}

// That integration and unweighting will draw.
double Run::points_needed(double spread, double efficiency) const {
  const double trials = static_cast<double>(card_.events) / efficiency;
  if (card_.points > 0) return static_cast<double>(card_.points) + trials;
  return trials +
         std::max(static_cast<double>(integrator_config().minimum_points), std::pow(spread / card_.accuracy, 2));
}

TrainingDecision Run::budget(double efficiency, double spread) const {
  FlowConfig shape = card_.neural.flow;
  shape.dim = integrand_->dim();
  return thalweg::decide_training({.point = mean_cost(*integrand_, state_),
                                   .network = network_cost(FlowLayout(shape)),
                                   .efficiency = efficiency,
                                   .spread = spread,
                                   .events = card_.events,
                                   .points = card_.points,
                                   .accuracy = card_.accuracy,
                                   .least_points = integrator_config().minimum_points,
                                   .batch_size = card_.neural.batch_size,
                                   .reuse = card_.neural.reuse,
                                   .maps = integrand_->maps(),
                                   .dim = integrand_->dim()});
}

// Once a run: what it decides stays, also for more events later.
void Run::decide_training(const std::optional<TrainerState>& from_file) {
  TrainerConfig& neural = card_.neural;
  std::uint64_t& batches = neural.batches;
  std::string& reason = card_.batches_reason;
  std::string here;
  FlowConfig shape = neural.flow;
  shape.dim = integrand_->dim();
  const double point = mean_cost(*integrand_, state_), network = network_cost(FlowLayout(shape));
  if (neural.batch_size == 0) neural.batch_size = usual_batch(integrand_->maps());
  if (neural.reuse == 0) neural.reuse = usual_reuse(point, network);
  if (const auto earlier = folder_.load("training")) {
    read_training(*earlier, from_file);
  } else if (from_file) {
    // A finished file that has no cells was made without.
    if (from_file->cells.empty() && from_file->batches_done >= from_file->batches_planned) card_.cells = 1;
    batches = from_file->batches_planned;
    reason = fmt::format("{} batches: those of {}", batches, folder_.file("sampler.h5").string());
  } else if (options_.train_seconds > 0) {
    batches = batches_for(options_.train_seconds);
    training_["train_for"] = options_.train_seconds;
    reason = fmt::format(
        "{} batches: about {:.4g} s at the speed of this machine; only --batches {} makes the same events again",
        batches, options_.train_seconds, batches);
  } else if (batches > 0) {
    reason = fmt::format("{} batches: as the card says", batches);
  } else if (card_.sampler == "ann") {
    batches = kAnnBatches;
    reason = fmt::format("{} batches: the paper's loss has settled between 10^4 and 10^5", batches);
  } else if (card_.sampler == "neural") {
    const TrainingDecision decision = budget(tried_efficiency(), spread(state_));
    batches = decision.batches;
    reason = decision.reason;
    if (seconds_per_cost_ > 0)
      here = fmt::format("; on this machine about {:.2g} s",
                         seconds_per_cost_ * (batches > 0 ? decision.neural_seconds : decision.vegas_seconds));
    training_["expected"] = {{"efficiency", decision.efficiency}, {"relative_std_dev", decision.spread}};
  }
  training_.update(
      {{"batches", batches}, {"batch_size", neural.batch_size}, {"reuse", neural.reuse}, {"reason", reason}});
  folder_.save("training", training_);
  card_.write_decisions();
  write_cards();
  if (card_.trains()) note("train      " + reason + here);
}

// Of grids, with the cells that they would have: tried, not guessed.
double Run::tried_efficiency() {
  const double efficiency = state_.adapted_efficiency, points = points_needed(spread(state_), efficiency);
  const std::uint64_t cells =
      card_.cells == 0 ? std::min<std::uint64_t>(
                             affordable_cells(points, integrand_->maps(), integrand_->dim(), card_.cell_points), 100)
                       : 1;
  if (cells <= 1) return efficiency;
  tried_ = Tried{cells, state_.active, explore_maps(cells)};
  training_["explored"] = tried_->found.evaluations;
  return std::max(efficiency, tried_->found.efficiency);
}

void Run::train_flows(TrainerState& trained) {
  const TrainerConfig config = trainer_config();
  NeuralTrainer(*integrand_, config).train(trained, [&](const TrainerState& s) {
    save_sampler(folder_.file("sampler.h5"), s, card_.resolved_sampling);
    const CurvePoint& now = s.curve.back();
    std::string line =
        fmt::format("train      batch {:>6} of {}: {:.6g} {}, relative std dev {:.4f}, loss {:.4f}", now.batch,
                    s.batches_planned, now.value, integrand_->unit(), now.relative_std_dev, now.loss);
    if (s.settled) line += ", settled";
    if (const auto dropped = std::count(s.active.begin(), s.active.end(), 0); dropped > 0)
      line += fmt::format(", {} channels dropped", dropped);
    double power = 1;  // of channels in use
    for (std::size_t c = 0; c < s.active.size(); ++c)
      if (s.active[c]) power = std::min(power, s.power[integrand_->map_of(c)]);
    if (power < 1) line += fmt::format(", of the integrand to the power {:.3f}", power);
    note(line);
  });
  training_.update(curve_json(trained));
  folder_.save("training", training_);
}

void Run::use_flows(const TrainerState& trained) {
  if (state_.integrations_done == 0)
    for (std::size_t c = 0; c < state_.sigma.size(); ++c) state_.sigma[c] = trained.deviation(state_.map_of[c]);
  state_.flows = NeuralTrainer::averaged(trained);
  state_.active = trained.active;
  state_.cells = trained.cells;
  sampled_ = std::make_unique<WeightedIntegrand>(NeuralTrainer::weighted(*integrand_, trained));
}

Exploration Run::explore_maps(std::uint64_t cells) {
  std::vector<const Mapping*> maps;
  for (std::size_t m = 0; m < integrand_->maps(); ++m)
    maps.push_back(state_.flows.empty() ? static_cast<const Mapping*>(&state_.grids[m]) : state_.flows[m].get());
  progress_.start("explore", static_cast<std::uint64_t>(exploration_points(cells, maps.size(), card_.cell_points)),
                  "points");
  const FoamConfig config{
      .seed = card_.seed, .threads = options_.threads, .cells = cells, .cell_points = card_.cell_points};
  Exploration found =
      explore(sampled(), maps, state_.active, config, [&](std::uint64_t done) { progress_.update(done); });
  add_time("explore", progress_.seconds());
  return found;
}

// Cells in front of grids or flows, once a run.
void Run::explore_cells(std::optional<TrainerState>& trained) {
  if (!state_.cells.empty() || state_.integrations_done > 0) return;
  if (card_.cells == 0) {
    const std::uint64_t batches = card_.neural.batches;
    const double spread_now = trained ? trained->spread() : spread(state_);
    const double trained_on = static_cast<double>(batches * card_.neural.batch_size);
    const double gain = training_gain(trained_on, integrand_->maps(), integrand_->dim());
    const double efficiency = expected_efficiency(state_.adapted_efficiency, gain);
    const double points = points_needed(spread_now, efficiency);
    card_.cells = affordable_cells(points, integrand_->maps(), integrand_->dim(), card_.cell_points);
    card_.write_decisions();
    write_cards();
  }
  training_["cells"] = card_.cells;
  folder_.save("training", training_);
  if (card_.cells > 1 && card_.cells <= integrand_->maps()) {
    note(fmt::format("explore    no: cells = {} leaves nothing to cut on {} maps", card_.cells, integrand_->maps()));
  } else if (card_.cells > 1) {
    const bool again = !trained && tried_ && tried_->cells == card_.cells && tried_->active == state_.active;
    const Exploration found = again ? tried_->found : explore_maps(card_.cells);
    state_.cells = found.cells;
    if (!again) training_["explored"] = training_.value("explored", std::uint64_t{0}) + found.evaluations;
    std::size_t made = 0;
    for (const Foam& foam : found.cells) made += foam.cells();
    note(fmt::format("explore    {} cells by {} points: efficiency {:.1f} % if there are no larger weights", made,
                     found.evaluations, 100 * found.efficiency));
    if (trained) {
      trained->cells = found.cells;
      save_sampler(folder_.file("sampler.h5"), *trained, card_.resolved_sampling);
    } else {
      folder_.save("state", state_.to_json());
    }
  }
  folder_.save("training", training_);
}

// For what is said of times alone: decisions rest on counted costs.
void Run::clock_adaptation(std::size_t iterations_before, double seconds) {
  double cost = 0;
  for (std::size_t i = iterations_before; i < state_.iterations.size(); ++i)
    cost += static_cast<double>(state_.iterations[i].points) * (mean_cost(*integrand_, state_) + kBookkeeping);
  seconds_per_cost_ = cost > 0 ? 1e9 * seconds / cost : 0;
}

void Run::train_sampler() {
  progress_.start("train", 0, "points");
  const std::size_t adapted = state_.iterations.size();
  std::optional<TrainerState> trained;
  std::error_code code;
  const auto path = folder_.file("sampler.h5");
  if (card_.trains() && std::filesystem::exists(path, code))
    trained = load_sampler(path, card_.resolved_sampling, *integrand_);
  else
    adapt_grids();
  add_time("train", progress_.seconds());
  clock_adaptation(adapted, progress_.seconds());
  decide_training(trained);
  if (card_.trains() && card_.neural.batches > 0) {
    progress_.start("train", 0, "points");
    if (!trained)
      trained = NeuralTrainer(*integrand_, trainer_config()).initial_state(state_.grids, state_.power, state_.active);
    const std::uint64_t planned = trained->settled ? trained->batches_planned : card_.neural.batches;
    if (trained->batches_done < planned) train_flows(*trained);
    if (has_diverged(*trained))
      give_up_training(trained);
    else
      use_flows(*trained);
    add_time("train", progress_.seconds());
  }
  if (state_.flows.empty()) drop_channels(), leave_out_dropped();
  if (card_.sampler == "ann") examine_maps();
  explore_cells(trained);
}

}  // namespace thalweg
