// A cell that is explored: the points seen in it, and where it is best cut.
#pragma once

#include <cstdint>
#include <vector>

#include "thalweg/sampling/foam.h"

namespace thalweg {

struct FoamCut {
  std::size_t d = 0;
  double at = 0, gain = 0;  // gain: how much the sum of volume times largest weight falls
};

struct FoamCell {
  std::size_t map = 0, number = 0;  // in the foam of the map
  double volume = 1;
  std::vector<double> points{};  // rows of coordinates and the size of the weight
  double largest = 0;            // of all points
  double largest_drawn = 0;      // of those drawn at random, not sought
  double sum_drawn = 0;
  std::uint64_t points_drawn = 0;
  FoamCut cut{};

  double mean() const { return points_drawn ? sum_drawn / static_cast<double>(points_drawn) : 0; }
  double waste() const { return volume * (largest - mean()); }
  // Up to which weights are expected: what was sought and found may be too rare to matter, and what is to come may be
  // larger than what was seen, the more so the farther that lies from the mean.
  double height() const {
    const double seen = 0.5 * (largest_drawn + largest);
    return seen + 0.25 * (seen - mean());
  }
  void add(const double* row, std::size_t dim, bool drawn);
};

// The cut that lowers volume times largest weight most; gain 0 when there is none. Boxes stay wider than 1e-9.
FoamCut best_cut(const FoamCell& cell, const Foam& foam);
// Cuts `cell` there, in `foam` too; `cell` becomes the part below. Returns the part above.
FoamCell cut_cell(FoamCell& cell, Foam& foam);
// The height below which cells are drawn alike: as many as cost 3 % of the efficiency, which keeps the small variance
// of flat weights. Sorts the cells of a map by height.
double common_height(std::vector<const FoamCell*>& cells);

}  // namespace thalweg
