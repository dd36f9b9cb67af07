// Whether an integral converges, by what its iterations and weights have shown. Each limit is far outside of what
// fluctuations of a finite variance reach.
#pragma once

#include <optional>
#include <string>

#include "thalweg/sampling/integrator.h"

namespace thalweg {

// The error of an integral with finite variance falls by four from N / 16 to N points. kFalls of that and less, from
// kPointsToFall points on, is no fall.
inline constexpr double kFalls = 0.75;
inline constexpr std::uint64_t kPointsToFall = 3'000'000;
bool error_falls(const IntegratorState& state);

// chi2 of the iterations against their mean in standard deviations (Wilson and Hilferty, 1931); 0 for one iteration.
double chi2_significance(const IntegratorState& state);
inline constexpr double kInconsistent = 7;  // p = 1e-12

inline constexpr double kMostOverweight = 1.0 / 3, kMostError = 1.0 / 3;
inline constexpr std::uint64_t kPointsToJudge = 10'000;  // non-zero ones; fewer say nothing

// A sentence that says why the integral cannot be trusted, or nothing. `overweight`: the share of the integral above
// the maxima of the unweighting.
std::optional<std::string> why_not_converged(const IntegratorState& state, double overweight);

}  // namespace thalweg
