#include "thalweg/sampling/training_budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "thalweg/sampling/foam_builder.h"

namespace thalweg {

double network_cost(const FlowLayout& layout) {
  double flops = 0;
  for (const CouplingBlock& block : layout.blocks)
    for (const LinearLayer& layer : block.layers) flops += 2.0 * static_cast<double>(layer.in * layer.out);
  return flops / kNetworkRate;
}

double training_gain(double points, std::size_t maps, std::size_t dim) {
  const double m = static_cast<double>(maps), x = std::max(points - kFirstPoints * m, 0.0) / (kLearned * std::sqrt(m));
  return 1 + 5 * std::pow(10 / static_cast<double>(dim), 1.5) * x * std::pow(1 + x, -0.7);
}

double expected_efficiency(double vegas_efficiency, double gain) {
  return 1 / (1 + (1 / std::max(vegas_efficiency, 1e-9) - 1) / gain);
}

double expected_spread(double vegas_spread, double gain) { return vegas_spread * std::pow(gain, -0.3); }

std::uint64_t usual_batch(std::size_t maps) {
  std::uint64_t size = 1024;
  while (size < 4096 && size < 128 * maps) size *= 2;
  return size;
}

std::uint64_t usual_reuse(double point, double network) {
  return static_cast<std::uint64_t>(std::clamp(std::round(std::sqrt(point / (3 * network))), 1.0, 5.0));
}

std::uint64_t affordable_cells(double points, std::size_t maps, std::size_t dim, std::uint64_t cell_points) {
  const double memory = 1e8 / static_cast<double>(sizeof(double) * (dim + 1) * cell_points);
  const double first = exploration_points(0, maps, cell_points),
               each = kLooksPerCell * static_cast<double>(cell_points);
  const double cells = std::min({(kExplored * points - first) / each, memory, double{kMostCells}});
  return cells < static_cast<double>(kFewestCells * maps) ? 1 : static_cast<std::uint64_t>(cells);
}

TrainingDecision decide_training(const TrainingCosts& c) {
  auto seconds = [&](std::uint64_t batches) {
    const double network = batches > 0 ? c.network : 0, point = c.point + kBookkeeping;
    const double trained = static_cast<double>(batches * c.batch_size), gain = training_gain(trained, c.maps, c.dim);
    // A training step passes the network three times: sampling and twice as much for the gradient.
    const double train = trained * (point / static_cast<double>(c.reuse) + 3 * network);
    const double integrate = c.points > 0 ? static_cast<double>(c.points)
                                          : std::max(std::pow(expected_spread(c.spread, gain) / c.accuracy, 2),
                                                     static_cast<double>(c.least_points));
    const double unweight = static_cast<double>(c.events) / expected_efficiency(c.efficiency, gain);
    return 1e-9 * (train + (integrate + unweight) * (point + network));
  };
  auto gain = [&](std::uint64_t batches) {
    return training_gain(static_cast<double>(batches * c.batch_size), c.maps, c.dim);
  };
  TrainingDecision best;
  best.vegas_seconds = seconds(0), best.neural_seconds = INFINITY;
  std::vector<std::uint64_t> numbers{0};
  for (double b = kLeastBatches; b <= double{kMostDecided}; b *= std::sqrt(2.0)) numbers.push_back(static_cast<std::uint64_t>(b));
  double least = best.vegas_seconds;
  std::uint64_t candidate = 0;
  for (const std::uint64_t n : numbers) {
    const double t = seconds(n);
    if (n > 0 && t < best.neural_seconds) best.neural_seconds = t, candidate = n;
    if (t < least) least = t, best.batches = n;
  }
  const double shortest = expected_efficiency(c.efficiency, gain(best.batches));
  const double most =
      std::max(std::min(kPatience, kMostLonger * least), (shortest < kPoorEfficiency ? kMuchLonger : kLonger) * least);
  for (const std::uint64_t n : numbers)
    if (n > best.batches && expected_efficiency(c.efficiency, gain(best.batches)) < kWantedEfficiency &&
        seconds(n) <= most)
      best.batches = candidate = n, best.neural_seconds = seconds(n);
  best.efficiency = expected_efficiency(c.efficiency, gain(best.batches));
  best.spread = expected_spread(c.spread, gain(best.batches));
  best.reason = best.batches == 0
                    ? fmt::format(
                          "no network: integral and {} events in about {:.3g} s by VEGAS; with {} batches of training "
                          "and the network {:.3g} s",
                          c.events, best.vegas_seconds, candidate, best.neural_seconds)
                    : fmt::format("{} batches: integral and {} events in about {:.3g} s, {:.3g} s by VEGAS alone",
                                  best.batches, c.events, best.neural_seconds, best.vegas_seconds);
  return best;
}

}  // namespace thalweg
