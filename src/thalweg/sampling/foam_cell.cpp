#include "thalweg/sampling/foam_cell.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace thalweg {
namespace {
constexpr std::size_t kFewest = 20;  // points that make a largest weight believable
constexpr double kNarrowest = 1e-9;
constexpr double kAlike = 1.03;  // times the trials that are needed
}  // namespace

void FoamCell::add(const double* row, std::size_t dim, bool drawn) {
  points.insert(points.end(), row, row + dim + 1);
  const double weight = row[dim];
  largest = std::max(largest, weight);
  if (!drawn) return;
  largest_drawn = std::max(largest_drawn, weight);
  sum_drawn += weight;
  ++points_drawn;
}

FoamCut best_cut(const FoamCell& cell, const Foam& foam) {
  const std::size_t dim = foam.dim(), width = dim + 1, n = cell.points.size() / width;
  FoamCut best;
  if (n < 2 * kFewest) return best;
  // The largest of few points is too small: it is moved towards that of the whole cell.
  auto believed = [&](double largest, std::size_t points) {
    const double doubt = std::min(1.0, static_cast<double>(kFewest) / static_cast<double>(points));
    return largest + (cell.largest - largest) * doubt;
  };
  std::vector<std::pair<double, double>> line(n);  // coordinate and weight, ascending
  std::vector<double> below(n);
  for (std::size_t d = 0; d < dim; ++d) {
    const double low = foam.low(cell.number)[d], high = foam.high(cell.number)[d];
    for (std::size_t i = 0; i < n; ++i) line[i] = {cell.points[i * width + d], cell.points[i * width + dim]};
    std::sort(line.begin(), line.end());
    double largest = 0;
    for (std::size_t i = 0; i < n; ++i) below[i] = largest = std::max(largest, line[i].second);
    double above = 0;
    for (std::size_t i = n - 1; i > 0; --i) {
      above = std::max(above, line[i].second);
      const double at = 0.5 * (line[i - 1].first + line[i].first), share = (at - low) / (high - low);
      if (at - low < kNarrowest || high - at < kNarrowest) continue;
      const double left = believed(below[i - 1], i), right = believed(above, n - i);
      const double gain = cell.volume * (cell.largest - share * left - (1 - share) * right);
      if (gain > best.gain) best = {d, at, gain};
    }
  }
  return best;
}

FoamCell cut_cell(FoamCell& cell, Foam& foam) {
  foam.split(cell.number, cell.cut.d, cell.cut.at);
  const std::size_t last = foam.cells() - 1, dim = foam.dim();
  FoamCell above{.map = cell.map, .number = last, .volume = foam.volume(last)};
  const FoamCell whole =
      std::exchange(cell, {.map = cell.map, .number = cell.number, .volume = foam.volume(cell.number)});
  // The few points that were sought count as drawn from now on.
  for (std::size_t i = 0; i < whole.points.size(); i += dim + 1)
    (whole.points[i + whole.cut.d] < whole.cut.at ? cell : above).add(&whole.points[i], dim, true);
  return above;
}

double common_height(std::vector<const FoamCell*>& cells) {
  std::sort(cells.begin(), cells.end(), [](const FoamCell* a, const FoamCell* b) { return a->height() < b->height(); });
  double total = 0, below = 0, result = 0;
  for (const FoamCell* c : cells) total += c->volume * c->height();
  const double most = kAlike * total;
  for (const FoamCell* c : cells) {
    // `total`: the sum of volume times height with all cells up to here raised to this height.
    total += below * (c->height() - result);
    if (total > most) break;
    result = c->height();
    below += c->volume;
  }
  return result;
}

}  // namespace thalweg
