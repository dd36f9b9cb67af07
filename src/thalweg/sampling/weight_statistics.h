// Statistics of the weights of one channel: mean, variance, and the tail that unweighting needs, in
// constant memory.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "thalweg/sampling/integrand.h"

namespace thalweg {

class JsonReader;

// Merging is associative only up to rounding: merge in chunk order. Variance by Welford and Chan.
// Weights may have either sign; the tail is that of their absolute values.
class WeightStatistics {
 public:
  void add(double weight);  // finite
  void add_non_finite() { ++points_, ++non_finite_; }
  // Beside add(): a point of weight `size` has the marks that are bits of `marks` (Integrand::marks).
  void add_marks(std::uint8_t marks, double size);
  void merge(const WeightStatistics& other);

  struct Marked {
    std::uint64_t points = 0;
    double sum = 0;  // of |w|
  };
  const std::array<Marked, kMostMarks>& marked() const { return marked_; }
  std::uint64_t points() const { return points_; }
  std::uint64_t non_zero() const { return non_zero_; }
  std::uint64_t non_finite() const { return non_finite_; }
  double mean() const { return mean_; }
  double variance() const;  // of a single weight; 0 for fewer than two points
  double error2() const;    // variance of the mean
  // Of the variance of a single weight as it is estimated here: (mu_4 - sigma^4) / points, mu_4 to 2 % from the
  // histogram.
  double variance_of_variance() const;
  double maximum() const { return top_.empty() ? 0 : top_.front(); }
  double second() const { return top_.size() < 2 ? 0 : top_[1]; }  // largest |w|
  double absolute_sum() const { return absolute_sum_; }

  // Median of the maximum of `draws` weights drawn with replacement from the non-zero ones: the limit of
  // many bootstrap replicas (arXiv:2001.10028; Heimel, thesis, section 2.2.5).
  double bootstrap_maximum(std::uint64_t draws) const;
  // A maximum and what lies above it, as means over all points.
  struct Tail {
    double w_max = 0, share = 0, over = 0;  // of points with |w| >= w_max; of max(|w| - w_max, 0)
  };
  // The maximum, then lower ones in steps of up to 0.4 %; `share` and `over` grow. Exact.
  std::vector<Tail> tail() const;

  nlohmann::json to_json() const;
  // RequestError for numbers that do not fit each other.
  static WeightStatistics from_json(const JsonReader& json);

 private:
  struct Bin {
    std::uint64_t count = 0;
    double sum = 0;
  };
  void check(const JsonReader& json) const;
  static constexpr std::size_t kTop = 512;
  std::uint64_t points_ = 0, non_zero_ = 0, non_finite_ = 0;
  double mean_ = 0, m2_ = 0, absolute_sum_ = 0;
  std::array<Marked, kMostMarks> marked_{};
  std::vector<double> top_;                // the largest weights, descending
  std::map<std::int64_t, Bin> histogram_;  // by the leading bits of the double: 256 bins an octave
};

}  // namespace thalweg
