#include "thalweg/sampling/reverse_kl.h"

#include <algorithm>
#include <cmath>

namespace thalweg {
namespace {

// Half the distance of a difference: far above the rounding of f, far below any structure that a map can follow.
constexpr double kStep = 1e-5;

double step_at(double x) { return std::min({kStep, x / 2, (1 - x) / 2}); }

}  // namespace

void log_gradient(const Integrand& integrand, const TrainerState& state, std::size_t channel, const Batch& x,
                  std::span<const double> weight, double* by_sample, Arena& arena, MlpTape* tape) {
  const std::size_t dim = x.dim, n = x.size, all = 2 * dim * n;
  const ChannelPart own = integrand.part_of(channel);
  const Batch moved = Batch::take(arena, dim, all), alpha = Batch::take(arena, own.size, all);
  const Batch features = state.weights ? Batch::take(arena, integrand.features(), all) : Batch{};
  const auto value = arena.take<double>(all);
  for (std::size_t k = 0; k < 2 * dim; ++k)
    for (std::size_t d = 0; d < dim; ++d)
      for (std::size_t e = 0; e < n; ++e) {
        const double at = x.row(d)[e], h = k / 2 == d ? step_at(at) : 0;
        moved.row(d)[k * n + e] = k % 2 == 0 ? at + h : at - h;
      }
  integrand.evaluate(channel, moved, {value, alpha, features}, arena);
  use_channels(std::span(state.active).subspan(own.first, own.size), value, alpha);
  for (std::size_t first = 0; state.weights && first < all; first += kFlowTile)
    state.weights->network.apply_tile(own.index, features, value, first, alpha, *tape);
  auto log_value = [&](std::size_t i) {
    return value[i] == 0 ? std::log(0.0) : std::log(std::abs(value[i] * alpha.row(own.place(channel))[i]));
  };
  for (std::size_t d = 0; d < dim; ++d)
    for (std::size_t e = 0; e < n; ++e) {
      const double up = log_value(2 * d * n + e), down = log_value((2 * d + 1) * n + e), h = step_at(x.row(d)[e]);
      const double slope = h > 0 && weight[e] != 0 ? (up - down) / (2 * h) : 0;
      by_sample[d * kFlowTile + e] = std::isfinite(slope) ? slope : 0;
    }
}

double integral_pull(const TrainerConfig& config, double mean) {
  if (config.integral_term == 0 || !(config.reference_integral != 0)) return 0;
  const double off = (mean / config.reference_integral - 1) / config.integral_width;
  return config.integral_term * std::exp(-off * off / 2) * off / (config.integral_width * config.reference_integral);
}

}  // namespace thalweg
