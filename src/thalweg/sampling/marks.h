// How much of an integral lies at points that are marked (Integrand::marks), and when that is too much.
#pragma once

#include <string>
#include <vector>

#include "thalweg/sampling/weight_statistics.h"

namespace thalweg {

struct MarkShare {
  std::uint64_t points = 0;
  double of_points = 0;    // of those that the cuts leave
  double of_integral = 0;  // of that of |w|, which undefined points are a part of
};
// By mark; statistics by channel, of points that were drawn independently.
std::vector<MarkShare> mark_shares(const std::vector<Mark>& marks, const std::vector<WeightStatistics>& channels);

// RunError where a share is above the mark's limit. During the adaptation points lie where they may, and a share is
// only believed when it is a hundred times as large.
void check_marks(const std::vector<Mark>& marks, const std::vector<WeightStatistics>& channels, bool adaptation);

}  // namespace thalweg
