// Whether a sampler misses a part of its integrand, by points of another density: half of them uniform in the cube of a
// channel, half drawn towards its faces, in each coordinate by the logarithm of the distance down to kNearestFace.
//
// A point of the check with |f| / g > w_max q, q being the density of the sampler, is one whose weight is above the
// maximum of the unweighting. sum (|f| / g - w_max q) / p over such points, p being the density of the check, estimates
// what lies above the maxima without the help of the sampler, which hardly ever goes there.
//
// What this can promise: a region is found if it holds a few of the points. N points of a channel see a peak of volume
// 10 / N anywhere, and a corner of any size whose sides are longer than kNearestFace. A narrower peak in the middle of
// the cube is invisible to every method that knows values alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "thalweg/sampling/integrator.h"
#include "thalweg/sampling/unweighting.h"

namespace thalweg {

inline constexpr double kNearestFace = 1e-6;

struct BlindSpots {
  double share = 0;          // of the integral above the maxima, estimated
  double far = 0;            // the same by the points below alone
  std::uint64_t points = 0;  // of the check whose weight is more than kFarAbove times the maximum
  std::uint64_t evaluations = 0;
  std::string where;  // the point that contributes most
};
// What lies just above the maxima are tails that few points do not show. Fewer points, or a smaller share, may be one
// large weight.
inline constexpr double kFarAbove = 10;
inline constexpr std::uint64_t kFewestSeen = 3;
inline constexpr double kMostBlind = 0.01;
inline bool is_blind(const BlindSpots& spots) { return spots.points >= kFewestSeen && spots.far > kMostBlind; }

// `points` of all active channels together, in proportion to the deviation of their weights, and evenly. Maps have an
// inverse. The same bits for any number of threads.
BlindSpots find_blind_spots(const Integrand& integrand, const IntegratorState& state, const UnweightingPlan& plan,
                            std::uint64_t points, std::uint64_t seed, int threads);

}  // namespace thalweg
