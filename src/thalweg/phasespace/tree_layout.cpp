#include "thalweg/phasespace/tree_layout.h"

namespace thalweg {

TreeLayout::TreeLayout(const ChannelTree& made, const Beams& incoming, const CutBounds& bounds, InvariantTable& table)
    : tree(made), beams(incoming), energy(energy_range(incoming, bounds)), rapidity_cuts(bounds.rapidity_cuts()) {
  energy.map = tree.s_hat;
  for (std::size_t i = 0; i < bounds.size(); ++i) masses.push_back(bounds.mass(i));
  const std::uint32_t all = (1u << bounds.size()) - 1;
  for (const auto& cluster : tree.clusters) {
    const bool chosen = cluster.leg < 0 && cluster.set != all;
    cluster_row.push_back(chosen ? table.time_like(cluster.set) : 0);
    if (cluster.transverse)
      decay_row.push_back(table.decay_volume(*cluster.transverse, tree.clusters[cluster.children[0]].leg,
                                             tree.clusters[cluster.children[1]].leg));
    angles += chosen;
  }
}

}  // namespace thalweg
