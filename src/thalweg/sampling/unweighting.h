// From weighted points to unweighted events (Heimel, thesis, section 2.2.5).
//
// A trial draws channel c with probability w_max,c / sum w_max, a point of that channel, and accepts it
// with probability min(1, |w| / w_max,c). Trials are independent of each other, so events are too, and any
// number of them from the start is an unbiased sample. An event whose weight lies above the maximum
// keeps max(|w| / w_max, 1) as its weight; the sign of w goes with it.
#pragma once

#include <cstdint>
#include <vector>

#include "thalweg/sampling/integrator.h"

namespace thalweg {

// Frozen before the first event.
struct UnweightingPlan {
  std::vector<double> w_max;  // by channel; 0 for a channel that gives nothing
  double sum() const;         // sum of w_max: the weight a trial stands for
  double over = 0;            // share of sum_c <|w|>_c above the maxima: of the weights that they were found with,
                              // each against the maxima that the others give

  // Maxima lowered until `budget` of the cross section lies above them, where that saves most: the time of an event
  // goes as sum_c cost_c w_max,c, and one more point above the maximum of any channel then saves the same. So P(|w| >
  // w_max,c) is proportional to cost_c. `cost`: of a point by channel, or empty for equal ones. leave_one_out = false:
  // with these weights alone, however few they are. Where more than a budget > 0 is expected above the largest weights
  // themselves, the maxima are these times a factor, if one up to kMostRaised is enough.
  static constexpr double kMostRaised = 3;
  static UnweightingPlan from_budget(const std::vector<WeightStatistics>& channels, double budget,
                                     const std::vector<double>& cost = {}, bool leave_one_out = true);

 private:
  void raise(const std::vector<WeightStatistics>& channels, double budget);
};

// The figures of merit of design and literature, from the integration's weights.
struct Efficiencies {
  double unweighting = 0;  // sum_c (I_c/I) <w>_c / w_max,c, largest weight seen, non-zero weights
  double bootstrap = 0;    // the same with the median maximum of bootstrap replicas of `bootstrap_draws` weights
  double budget = 0;       // events a non-zero trial, with the maxima of the plan
  double cut = 0;          // share of non-zero weights
  std::uint64_t bootstrap_draws = 0;  // a tenth of the non-zero weights, each channel its share
  double relative_std_dev = 0;        // sum_c sigma_c / I
  double overweight_share = 0;        // of the plan
};
// Share of sum_c <|w|>_c that negative weights have; 1 where all are.
double negative_share(const std::vector<WeightStatistics>& channels);

Efficiencies efficiencies(const std::vector<WeightStatistics>& channels, const UnweightingPlan& plan);

// One accepted event as a row of kRowHead + record_size() doubles.
inline constexpr std::size_t kRowHead = 3;  // relative weight (size >= 1), channel, trials since the event before

struct UnweightedChunk {
  std::vector<double> rows;
  std::uint64_t trailing_trials = 0;  // after the last event
  std::uint64_t trials = 0, non_finite = 0, non_zero = 0;
};

// Trials number chunk * kChunk and following, by the generation stream of `seed`. Thread safe.
UnweightedChunk unweight_chunk(const Integrand& integrand, const std::vector<CellularMap>& maps,
                               const UnweightingPlan& plan, std::uint64_t seed, std::uint64_t chunk, Arena& arena);

}  // namespace thalweg
