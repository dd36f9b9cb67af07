// The channel in the variables of the collider frame: transverse momenta, rapidities and azimuths of the final
// particles or of clusters that decay (hadrons alone).
//
//   prod_i dp_T,i^2 dphi_i dy_i / (4 (2 pi)^3)  dy_k / (2 (2 pi)^3)  (2 pi)^4 2 / s,   i < k; blob k balances the
//   others
//
// p_T,i^2 from the cut to half the energy by a power; phi of the first from the x axis, of the others from the sum of
// those before. Where blob k - 1 is massive and k > 2, it takes k^2 and phi of k = p_T + half that sum in their place:
// the last two share what balances the others. Rapidities as differences to that of blob k, evenly between the ends
// that x_a x_b <= 1 leaves them; then x_a = tau^y, x_b = tau^(1 - y). Clusters decay as those of TreeChannel do.
//
// Coordinates: masses of blobs and clusters; p_T^2 and phi of blobs 1 ... k - 1; their rapidity differences; boost;
// cos(theta) and phi of the decays.
#pragma once

#include "thalweg/phasespace/channel.h"
#include "thalweg/phasespace/tree_layout.h"

namespace thalweg {

class LabChannel : public Channel {
 public:
  // At least two blobs. Invariants that the density needs are added to `table`, which must live as long.
  LabChannel(std::string name, const ChannelTree& tree, const Beams& beams, const CutBounds& bounds,
             InvariantTable& table);

  std::size_t dim() const override { return 3 * layout_.masses.size() - 2; }
  void forward(const Batch& y, const PhaseSpacePoints& points) const override;
  void inverse(const Momenta& momenta, const Batch& y, std::span<double> density) const override;
  void density(const PhaseSpacePoints& points, const Batch& invariants, std::span<double> out) const override;

 private:
  TreeLayout layout_;
  const InvariantTable& table_;
};

}  // namespace thalweg
