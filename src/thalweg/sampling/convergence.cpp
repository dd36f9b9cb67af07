#include "thalweg/sampling/convergence.h"

#include <fmt/format.h>

#include <cmath>

namespace thalweg {
namespace {

// Of the first integration iterations that have `points` together, weighted by their points.
double error_of_first(const IntegratorState& state, double points) {
  double sum = 0, squares = 0;
  for (const IterationResult& it : state.iterations) {
    if (it.adaptation) continue;
    const auto n = static_cast<double>(it.points);
    sum += n, squares += n * n * it.error * it.error;
    if (sum >= points) break;
  }
  return sum > 0 ? std::sqrt(squares) / sum : 0;
}

double points_of(const IntegratorState& state) {
  double points = 0;
  for (const IterationResult& it : state.iterations) points += it.adaptation ? 0 : static_cast<double>(it.points);
  return points;
}

}  // namespace

bool error_falls(const IntegratorState& state) {
  const double points = points_of(state);
  if (points < static_cast<double>(kPointsToFall)) return true;
  return error_of_first(state, points) <= kFalls * error_of_first(state, points / 16);
}

double chi2_significance(const IntegratorState& state) {
  int n = 0;
  for (const IterationResult& it : state.iterations) n += !it.adaptation && it.error > 0;
  if (n < 2) return 0;
  const double k = 2.0 / (9 * (n - 1));
  return (std::cbrt(total(state).chi2_per_dof) - (1 - k)) / std::sqrt(k);
}

std::optional<std::string> why_not_converged(const IntegratorState& state, double overweight) {
  const Integral integral = total(state);
  if (!error_falls(state))
    return fmt::format("the error does not fall: {:.2g} after {:.0f} points, {:.2g} after {} points",
                       error_of_first(state, points_of(state) / 16), points_of(state) / 16, integral.error,
                       integral.points);
  if (integral.non_zero < kPointsToJudge) return std::nullopt;
  if (chi2_significance(state) > kInconsistent)
    return fmt::format("its iterations contradict each other: chi2/dof is {:.3g}", integral.chi2_per_dof);
  if (overweight > kMostOverweight) return fmt::format("a few weights hold {:.2g} of it", overweight);
  if (integral.error_spread > kErrorSpread && integral.error > kMostError * std::abs(integral.value))
    return fmt::format("its error, {:.2g} of its value, rests on a few weights",
                       integral.error / std::abs(integral.value));
  return std::nullopt;
}

}  // namespace thalweg
