#include "thalweg/sampling/integrator.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "thalweg/base/errors.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/base/ordered_pipeline.h"
#include "thalweg/base/random.h"
#include "thalweg/base/time_budget.h"
#include "thalweg/sampling/convergence.h"
#include "thalweg/sampling/marks.h"
#include "thalweg/sampling/tempering.h"
#include "thalweg/sampling/unweighting.h"

namespace thalweg {

struct Integrator::ChunkResult {
  WeightStatistics statistics;
  // Adaptation: squares by bin, for each power of the integrand.
  std::array<std::vector<double>, kRungs> sums;
  std::array<EffectivePoints, kRungs> effective;
  std::string non_finite;
};

std::vector<std::uint64_t> allocate(std::uint64_t total, const std::vector<double>& need,
                                    const std::vector<std::uint8_t>& active) {
  constexpr double kEven = 0.1;
  double sum = 0, n = 0;
  for (std::size_t c = 0; c < need.size(); ++c)
    if (active[c]) sum += need[c], n += 1;
  std::vector<std::uint64_t> counts(need.size());
  for (std::size_t c = 0; c < need.size(); ++c) {
    if (!active[c]) continue;
    const double share = sum > 0 ? (1 - kEven) * need[c] / sum + kEven / n : 1 / n;
    counts[c] = static_cast<std::uint64_t>(std::ceil(static_cast<double>(total) * share));
  }
  return counts;
}

namespace {

// Points of all integration iterations; at least 1.
double integration_points(const IntegratorState& state) {
  double points = 0;
  for (const IterationResult& it : state.iterations)
    if (!it.adaptation) points += static_cast<double>(it.points);
  return std::max(points, 1.0);
}

}  // namespace

Integral of_channel(const IntegratorState& state, std::size_t channel) {
  const WeightStatistics& s = state.channels[channel];
  const ChannelSum& sum = state.sums[channel];
  const double points = integration_points(state);
  Integral result{sum.means / points, std::sqrt(s.variance() * sum.squares) / points};
  if (s.variance() > 0) result.error_spread = s.variance_of_variance() / std::pow(s.variance(), 2);
  result.points = s.points();
  result.non_zero = s.non_zero();
  result.non_finite = s.non_finite();
  return result;
}

Integral total(const IntegratorState& state) {
  Integral result;
  double error2 = 0;
  for (std::size_t c = 0; c < state.channels.size(); ++c) {
    const Integral part = of_channel(state, c);
    result.value += part.value;
    error2 += part.error * part.error;
    result.error_spread += part.error_spread * std::pow(part.error, 4);
    result.points += part.points;
    result.non_zero += part.non_zero;
    result.non_finite += part.non_finite;
  }
  result.error = std::sqrt(error2);
  result.error_spread = error2 > 0 ? result.error_spread / (error2 * error2) : 0;
  double chi2 = 0;
  int n = 0;
  for (const IterationResult& it : state.iterations)
    if (!it.adaptation && it.error > 0) {
      chi2 += std::pow((it.value - result.value) / it.error, 2);
      ++n;
    }
  result.chi2_per_dof = n > 1 ? chi2 / (n - 1) : 0;
  return result;
}

double spread(const IntegratorState& state) {
  double sum = 0;
  for (const double s : state.sigma) sum += s;
  return sum / std::max(std::abs(state.iterations.back().value), 1e-300);
}

std::vector<double> costs(const Integrand& integrand) {
  std::vector<double> result;
  for (std::size_t c = 0; c < integrand.channels(); ++c) result.push_back(integrand.cost(c));
  return result;
}

double mean_cost(const Integrand& integrand, const IntegratorState& state) {
  double sum = 0, cost = 0;
  for (std::size_t c = 0; c < integrand.channels(); ++c) {
    sum += state.sigma[c];
    cost += state.sigma[c] * integrand.cost(c);
  }
  return sum > 0 ? cost / sum : integrand.cost(0);
}

Integrator::Integrator(const Integrand& integrand, IntegratorConfig config)
    : integrand_(integrand), config_(config), marks_(integrand.marks()) {}

IntegratorState Integrator::initial_state() const {
  IntegratorState state;
  for (std::size_t m = 0; m < integrand_.maps(); ++m) state.grids.emplace_back(integrand_.dim(), config_.vegas_bins);
  state.power.assign(integrand_.maps(), 1.0);
  for (std::size_t c = 0; c < integrand_.channels(); ++c) state.map_of.push_back(integrand_.map_of(c));
  state.active.assign(integrand_.channels(), 1);
  state.sigma.assign(integrand_.channels(), 0.0);
  state.channels.resize(integrand_.channels());
  state.sums.resize(integrand_.channels());
  return state;
}

Integrator::ChunkResult Integrator::run_chunk(const IntegratorState& state, std::size_t channel, std::uint64_t count,
                                              bool adaptation, std::uint32_t iteration, std::uint64_t chunk,
                                              Arena& arena) const {
  const VegasGrid& grid = state.grids[state.map_of[channel]];
  const CellularMap map = adaptation ? CellularMap(nullptr, grid) : state.maps()[channel];
  const Batch z = Batch::take(arena, integrand_.dim(), count), y = Batch::take(arena, integrand_.dim(), count);
  const auto log_jacobian = arena.take<double>(count), weight = arena.take<double>(count);
  StageLaps lap;
  RandomStream random({config_.seed, adaptation ? Phase::adaptation : Phase::integration, iteration, chunk});
  for (std::size_t e = 0; e < count; ++e)
    for (std::size_t d = 0; d < z.dim; ++d) z.row(d)[e] = random.next();
  const auto pick = arena.take<double>(count);  // weights are those of events, with their choices
  for (double& p : pick) p = random.next();
  map.forward(z, y, log_jacobian);
  lap(Stage::random);
  const auto marks = arena.take<std::uint8_t>(marks_.empty() ? 0 : count);
  std::fill(marks.begin(), marks.end(), std::uint8_t{0});
  integrand_.evaluate(channel, y, {.weight = weight, .pick = pick, .marks = marks}, arena);
  lap.skip();

  ChunkResult result;
  std::uint8_t undefined = 0;
  for (std::size_t k = 0; k < marks_.size(); ++k) undefined |= static_cast<std::uint8_t>(marks_[k].undefined << k);
  for (std::size_t e = 0; e < count; ++e) {
    double w = weight[e] == 0 ? 0 : weight[e] * std::exp(log_jacobian[e]);
    if (!marks.empty() && marks[e]) {
      if (std::isfinite(w)) result.statistics.add_marks(marks[e], w);
      if (marks[e] & undefined) w = 0;
    }
    if (std::isfinite(w)) {
      result.statistics.add(w);
      weight[e] = w;
    } else {
      result.statistics.add_non_finite();
      weight[e] = 0;
      if (result.non_finite.empty()) {
        result.non_finite = "channel " + integrand_.channel_name(channel) + ", y =";
        for (std::size_t d = 0; d < y.dim; ++d) result.non_finite += fmt::format(" {:.17g}", y.row(d)[e]);
      }
    }
  }
  if (adaptation) {
    // |F|^beta / g for beta = 1, 1/2, 1/4, ... by square roots.
    const auto value = arena.take<double>(count), tempered = arena.take<double>(count);
    for (std::size_t e = 0; e < count; ++e) value[e] = std::abs(weight[e]) * std::exp(-log_jacobian[e]);
    for (std::size_t k = 0; k < kRungs; ++k) {
      for (std::size_t e = 0; e < count; ++e) {
        if (k > 0) value[e] = std::sqrt(value[e]);
        tempered[e] = k == 0 ? weight[e] : value[e] * std::exp(log_jacobian[e]);
        result.effective[k].add(std::abs(tempered[e]));
      }
      result.sums[k].assign(grid.dim() * grid.bins(), 0.0);
      grid.accumulate(z, tempered, result.sums[k]);
    }
  }
  lap(Stage::random);
  return result;
}

std::vector<WeightStatistics> Integrator::iterate(IntegratorState& state, bool adaptation,
                                                  const std::vector<std::uint64_t>& counts) const {
  struct Task {
    std::size_t channel;
    std::uint64_t count;
  };
  std::vector<Task> tasks;
  for (std::size_t c = 0; c < counts.size(); ++c)
    for (std::uint64_t left = counts[c]; left > 0; left -= std::min(left, kChunk))
      tasks.push_back({c, std::min(left, kChunk)});
  const auto iteration = static_cast<std::uint32_t>(adaptation ? state.adaptations_done : state.integrations_done);
  std::vector<WeightStatistics> statistics(counts.size());
  std::vector<ChunkResult> adapted(state.grids.size());
  std::vector<double> points_of(state.grids.size());
  std::uint64_t lost = 0;
  ordered_pipeline<ChunkResult>(
      0, tasks.size(), config_.threads,
      [&](std::uint64_t k, Arena& arena) {
        throw_if_interrupted();
        return run_chunk(state, tasks[k].channel, tasks[k].count, adaptation, iteration, k, arena);
      },
      [&](std::uint64_t k, ChunkResult& chunk) {
        const std::size_t c = tasks[k].channel;
        statistics[c].merge(chunk.statistics);
        ChunkResult& map = adapted[state.map_of[c]];
        points_of[state.map_of[c]] += static_cast<double>(tasks[k].count);
        for (std::size_t r = 0; r < kRungs; ++r) {
          map.sums[r].resize(chunk.sums[r].size());
          for (std::size_t i = 0; i < map.sums[r].size(); ++i) map.sums[r][i] += chunk.sums[r][i];
          map.effective[r].merge(chunk.effective[r]);
        }
        lost += chunk.statistics.non_finite();
        if (state.first_non_finite.empty()) state.first_non_finite = chunk.non_finite;
        return true;
      });
  const std::uint64_t points = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  check_non_finite(state, points, lost);
  if (adaptation) check_marks(marks_, statistics, true);

  IterationResult result{adaptation, points, 0, 0};
  for (std::size_t c = 0; c < counts.size(); ++c) {
    result.value += statistics[c].mean();
    result.error += statistics[c].error2();
  }
  for (std::size_t m = 0; m < state.grids.size() && adaptation && config_.adapt_grids; ++m) {
    if (points_of[m] == 0) continue;
    const std::size_t rung = choose_rung(adapted[m].effective, points_of[m]);
    state.power[m] = rung_power(rung);
    state.grids[m].adapt(adapted[m].sums[rung], config_.vegas_damping);
  }
  result.error = std::sqrt(result.error);
  state.iterations.push_back(result);
  return statistics;
}

void Integrator::check_non_finite(const IntegratorState& state, std::uint64_t points, std::uint64_t lost) const {
  if (static_cast<double>(lost) > 1e-4 * static_cast<double>(points))
    run_error("{} of {} weights are not finite (at most 1 in 10000 is tolerated); the first: {}", lost, points,
              state.first_non_finite);
}

// By channel; those that share a map share its points.
std::vector<std::uint64_t> Integrator::adaptation_counts(const IntegratorState& state) const {
  constexpr double kEven = 0.3;
  constexpr int kEvenIterations = 2;
  std::vector<double> sharing(state.grids.size()), need(state.grids.size());
  double sum = 0;
  for (std::size_t c = 0; c < state.map_of.size(); ++c) {
    if (!state.active[c]) continue;
    ++sharing[state.map_of[c]];
    need[state.map_of[c]] += state.sigma[c];
    sum += state.sigma[c];
  }
  const auto even = static_cast<double>(config_.adaptation_points);
  const bool follow = config_.follow_sigma && state.adaptations_done >= kEvenIterations && sum > 0;
  std::vector<std::uint64_t> counts(state.map_of.size());
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (!state.active[c]) continue;
    const std::size_t m = state.map_of[c];
    const double share = follow ? kEven + (1 - kEven) * static_cast<double>(need.size()) * need[m] / sum : 1;
    counts[c] = static_cast<std::uint64_t>(std::ceil(even * share / sharing[m]));
  }
  return counts;
}

void Integrator::adapt(IntegratorState& state, const Report& report) const {
  while (state.adaptations_done < config_.adaptation_iterations) {
    const auto counts = adaptation_counts(state);
    const auto statistics = iterate(state, true, counts);
    ++state.adaptations_done;
    double sum = 0;
    state.integral.resize(counts.size());
    for (std::size_t c = 0; c < counts.size(); ++c) {
      state.integral[c] = statistics[c].mean();
      state.sigma[c] = std::sqrt(statistics[c].variance());
      sum += statistics[c].absolute_sum();
    }
    if (sum == 0)
      run_error(
          "all {} points of an iteration have weight zero: the cuts remove everything, or leave a window (of pt, an "
          "angle, the mass of particles that no line joins) that is too narrow to be hit, or the parton densities "
          "vanish; check [cuts] and beams.energy",
          state.iterations.back().points);
    state.adapted_efficiency =
        efficiencies(statistics, UnweightingPlan::from_budget(statistics, 1e-3, costs(integrand_), false)).budget;
    report(state);
  }
}

void Integrator::integrate(IntegratorState& state, const Report& report) const {
  adapt(state, report);
  while (!state.complete) {
    const Integral so_far = total(state);
    std::uint64_t wanted = config_.points ? config_.points : config_.minimum_points;
    if (!config_.points && so_far.points > 0) {
      // points for the accuracy, from the spread seen; at most four times as many as now
      const double target = config_.accuracy * std::abs(so_far.value);
      const double needed = static_cast<double>(so_far.points) * std::pow(so_far.error / target, 2) * 1.02;
      const double now = static_cast<double>(so_far.points);
      wanted = std::max(wanted, static_cast<std::uint64_t>(std::clamp(needed, 1.02 * now, 4.0 * now)));
    }
    wanted = std::min(wanted, config_.points ? config_.points : config_.maximum_points);
    // Iterations of a fixed share make chi2 and checkpoints meaningful for long runs.
    const std::uint64_t left = wanted - std::min(wanted, so_far.points);
    const std::uint64_t batch = std::max<std::uint64_t>(wanted / 5 + 1, 20'000);
    std::vector<double> need = state.sigma;
    for (std::size_t c = 0; c < need.size(); ++c) need[c] /= std::sqrt(integrand_.cost(c));
    const auto statistics = iterate(state, false, allocate(std::min(left, batch), need, state.active));
    ++state.integrations_done;
    const auto points = static_cast<double>(state.iterations.back().points);
    for (std::size_t c = 0; c < statistics.size(); ++c) {
      state.channels[c].merge(statistics[c]);
      if (statistics[c].points() > 0) {
        state.sums[c].means += points * statistics[c].mean();
        state.sums[c].squares += points * points / static_cast<double>(statistics[c].points());
      }
      state.sigma[c] = std::sqrt(state.channels[c].variance());
    }
    check_marks(marks_, state.channels, false);
    const Integral now = total(state);
    const bool accurate = now.error <= config_.accuracy * std::abs(now.value) && now.points >= config_.minimum_points;
    state.complete = config_.points ? now.points >= config_.points : accurate || is_hopeless(state);
    if (state.complete && now.value == 0) run_error("the integral is zero after {} points; check [cuts]", now.points);
    report(state);
  }
}

// Whether the accuracy is out of reach, or the integral diverges.
bool Integrator::is_hopeless(const IntegratorState& state) const {
  constexpr std::uint64_t kPointsToTell = 10;  // times the smallest number
  const Integral now = total(state);
  if (now.points >= config_.maximum_points || !error_falls(state)) return true;
  if (now.points < kPointsToTell * config_.minimum_points) return false;
  const double left = std::pow(now.error / (config_.accuracy * std::abs(now.value)), 2);
  return static_cast<double>(now.points) * left > static_cast<double>(config_.maximum_points);
}

std::vector<CellularMap> IntegratorState::maps() const {
  std::vector<CellularMap> result;
  for (const std::size_t m : map_of) {
    const Mapping& map = flows.empty() ? static_cast<const Mapping&>(grids[m]) : *flows[m];
    result.emplace_back(cells.empty() ? nullptr : &cells[m], map);
  }
  return result;
}

void IntegratorState::restart_integration() {
  std::erase_if(iterations, [](const IterationResult& it) { return !it.adaptation; });
  channels.assign(channels.size(), {});
  sums.assign(sums.size(), {});
  cells.clear();
  integrations_done = 0;
  complete = false;
}

}  // namespace thalweg
