#include "thalweg/sampling/marks.h"

#include <algorithm>

#include "thalweg/base/errors.h"

namespace thalweg {

std::vector<MarkShare> mark_shares(const std::vector<Mark>& marks, const std::vector<WeightStatistics>& channels) {
  std::vector<MarkShare> shares(marks.size());
  double all = 0, seen = 0;
  for (const WeightStatistics& c : channels) {
    if (c.points() == 0) continue;
    const auto points = static_cast<double>(c.points());
    all += c.absolute_sum() / points;
    seen += static_cast<double>(c.non_zero());
    for (std::size_t k = 0; k < marks.size(); ++k) {
      const WeightStatistics::Marked& marked = c.marked()[k];
      shares[k].points += marked.points;
      shares[k].of_integral += marked.sum / points;
      if (!marks[k].undefined) continue;  // the others are a part of what is there
      all += marked.sum / points;
      seen += static_cast<double>(marked.points);
    }
  }
  for (MarkShare& share : shares) {
    if (seen > 0) share.of_points = static_cast<double>(share.points) / seen;
    if (all > 0) share.of_integral /= all;
  }
  return shares;
}

void check_marks(const std::vector<Mark>& marks, const std::vector<WeightStatistics>& channels, bool adaptation) {
  constexpr std::uint64_t kFewest = 20;
  const std::vector<MarkShare> shares = mark_shares(marks, channels);
  for (std::size_t k = 0; k < marks.size(); ++k) {
    const double most = adaptation ? std::min(100 * marks[k].most, 0.5 + marks[k].most / 2) : marks[k].most;
    if (shares[k].points >= kFewest && shares[k].of_integral > most)
      run_error("{} at {} points with {:.2g} % of the integral, at most {:.2g} % is tolerated; {}", marks[k].what,
                shares[k].points, 100 * shares[k].of_integral, 100 * marks[k].most, marks[k].hint);
  }
}

}  // namespace thalweg
