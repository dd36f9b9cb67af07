#include "thalweg/sampling/vegas_start.h"

#include <algorithm>
#include <cmath>

namespace thalweg {

SplineBins spline_of(std::span<const double> edges) {
  const std::size_t n = edges.size() - 1;
  const double k = static_cast<double>(n);
  SplineBins spline;
  for (std::size_t i = 0; i < n; ++i) {
    spline.widths.push_back(edges[i + 1] - edges[i]);
    spline.heights.push_back(1 / k);
  }
  spline.derivatives.push_back(1 / (k * spline.widths.front()));
  for (std::size_t i = 0; i + 1 < n; ++i)
    spline.derivatives.push_back(2 / (k * (spline.widths[i] + spline.widths[i + 1])));
  spline.derivatives.push_back(1 / (k * spline.widths.back()));
  return spline;
}

void reduce_bins(SplineBins& s, std::size_t bins, double widest) {
  using Difference = std::ptrdiff_t;
  while (s.widths.size() > bins) {
    std::size_t best = 0;
    double smallest = INFINITY;
    bool best_narrow = false;
    for (std::size_t k = 0; k + 1 < s.widths.size(); ++k) {
      const double difference = std::abs(s.widths[k] / s.heights[k] - s.widths[k + 1] / s.heights[k + 1]);
      const bool narrow = s.widths[k] + s.widths[k + 1] <= widest;
      if (narrow < best_narrow || (narrow == best_narrow && difference >= smallest)) continue;
      best = k, smallest = difference, best_narrow = narrow;
    }
    s.widths[best] += s.widths[best + 1];
    s.heights[best] += s.heights[best + 1];
    const auto next = static_cast<Difference>(best + 1);
    s.widths.erase(s.widths.begin() + next);
    s.heights.erase(s.heights.begin() + next);
    s.derivatives.erase(s.derivatives.begin() + next);
  }
}

void start_from_vegas(CouplingFlow& flow, std::size_t condition, const VegasGrid& grid) {
  const FlowLayout& layout = flow.layout();
  const std::size_t bins = layout.config.bins, n = layout.blocks.size();
  const double room = 1 - static_cast<double>(bins) * kBinFloor;
  for (std::size_t b = n - std::min<std::size_t>(n, 2); b < n; ++b) {
    const CouplingBlock& block = layout.blocks[b];
    float* bias = flow.parameters().data() + block.layers.back().bias + condition * layout.sizes.biases;
    for (std::size_t feature : block.transformed) {
      SplineBins spline = spline_of(grid.edges(feature));
      if (grid.bins() < bins) {
        bias += 3 * bins + 1;  // too coarse to fill the spline: stays the identity
        continue;
      }
      reduce_bins(spline, bins);
      auto logit = [&](double share) {
        return static_cast<float>(std::log(std::max(share - kBinFloor, kBinFloor) / room));
      };
      for (double w : spline.widths) *bias++ = logit(w);
      for (double h : spline.heights) *bias++ = logit(h);
      for (double d : spline.derivatives) {
        const double y = std::log(2) * std::max(d - kDerivativeFloor, kDerivativeFloor) / (1 - kDerivativeFloor);
        *bias++ = static_cast<float>(y + std::log(-std::expm1(-y)));  // inverse of softplus
      }
    }
  }
}

}  // namespace thalweg
