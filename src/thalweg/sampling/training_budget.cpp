#include "thalweg/sampling/training_budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace thalweg {

double network_cost(const FlowLayout& layout) {
  double flops = 0;
  for (const CouplingBlock& block : layout.blocks)
    for (const LinearLayer& layer : block.layers) flops += 2.0 * static_cast<double>(layer.in * layer.out);
  return flops / kNetworkRate;
}

double expected_efficiency(double vegas_efficiency, std::uint64_t batches) {
  const double b = static_cast<double>(batches);
  const double lost = (1 - vegas_efficiency) / std::sqrt(1 + b / kHalfway);
  return std::max(vegas_efficiency, 1 - std::max(lost, 1 - kReachable));
}

TrainingDecision decide_training(const TrainingCosts& c) {
  const double events = static_cast<double>(c.events), efficiency = std::max(c.efficiency, 1e-9);
  auto seconds = [&](std::uint64_t batches) {
    if (batches == 0) return 1e-9 * events / efficiency * c.point;
    // A training step passes the network three times: sampling and twice as much for the gradient.
    const double train = static_cast<double>(batches * c.batch_size) * (c.point + 3 * c.network);
    return 1e-9 * (train + events / expected_efficiency(efficiency, batches) * (c.point + c.network));
  };
  TrainingDecision best{0, seconds(0), seconds(0), {}};
  double least = best.vegas_seconds;
  best.neural_seconds = INFINITY;
  std::uint64_t candidate = 0;
  for (double b = 250; b <= 88'000; b *= std::sqrt(2.0)) {
    const auto batches = static_cast<std::uint64_t>(b);
    const double t = seconds(batches);
    if (t < best.neural_seconds) best.neural_seconds = t, candidate = batches;
    if (t < least) least = t, best.batches = batches;
  }
  best.reason = best.batches == 0
                    ? fmt::format(
                          "no network: VEGAS makes {} events in about {:.3g} s, {} batches of training and the network "
                          "would take {:.3g} s",
                          c.events, best.vegas_seconds, candidate, best.neural_seconds)
                    : fmt::format("{} batches: {} events in about {:.3g} s, {:.3g} s by VEGAS alone", best.batches,
                                  c.events, best.neural_seconds, best.vegas_seconds);
  return best;
}

}  // namespace thalweg
