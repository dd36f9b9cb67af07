// What the kernels of channels read.
#pragma once

#include <vector>

#include "thalweg/phasespace/channel_tree.h"
#include "thalweg/phasespace/energy_range.h"
#include "thalweg/phasespace/invariant_table.h"

namespace thalweg {

struct TreeLayout {
  // Adds the masses of clusters to the table.
  TreeLayout(const ChannelTree& tree, const Beams& beams, const CutBounds& bounds, InvariantTable& table);

  ChannelTree tree;
  Beams beams;
  EnergyRange energy;
  std::vector<double> masses;  // of the final particles
  std::vector<RapidityCut> rapidity_cuts;
  std::vector<std::size_t> cluster_row, rest_row, t_row;  // of the table
  std::vector<std::size_t> decay_row;                     // of each TransverseDecay
  std::size_t angles = 0;                                 // first coordinate that is one
};

}  // namespace thalweg
