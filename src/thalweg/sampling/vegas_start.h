// A flow that begins as a VEGAS grid (thesis, section 5.1.3).
#pragma once

#include <vector>

#include "thalweg/flow/coupling_flow.h"
#include "thalweg/sampling/vegas.h"

namespace thalweg {

// A rational-quadratic spline in numbers: K widths on the data axis, K heights on the latent axis, K + 1 derivatives.
struct SplineBins {
  std::vector<double> widths, heights, derivatives;
};

// One dimension of a grid as a spline with as many bins (5.21).
SplineBins spline_of(std::span<const double> edges);
// Merges neighbours of similar slope until `bins` are left (5.22, 5.23). Pairs wider than `widest` on the data axis
// wait while others are left.
void reduce_bins(SplineBins& spline, std::size_t bins, double widest = 0.25);
// Puts the reduced grid into the biases of the last two blocks of a flow whose last layers are zero. The flow is
// close to the grid, not equal: slopes are continuous and bins fewer.
void start_from_vegas(CouplingFlow& flow, std::size_t condition, const VegasGrid& grid);

}  // namespace thalweg
