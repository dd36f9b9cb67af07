// The channel of a diagram: propagators, two-body decays and scatterings in the order of a ChannelTree.
//
//   masses   ds / (2 pi) by the propagator map, lo = least mass of cuts and particles, hi = what the mother leaves
//   decays   dPhi_2 = |p| / (16 pi^2 M) dcos(theta) dphi, in the rest frame of the cluster, cos(theta) to its direction
//   of
//            flight (z for one at rest), phi from the plane of that and z
//   steps    dPhi_2 = dt dphi / (16 pi^2 sqrt(lambda(P^2, A^2, B^2))), phi about A in the rest frame of P = A + B, from
//   the
//            plane of A and the direction of flight of P
// (Heimel, thesis, 2.42 to 2.45 and section 2.2.3.) Coordinates: s_hat and boost (hadrons); masses of blobs, rests and
// clusters, then -t; then phi of the steps, cos(theta) and phi of the decays.
#pragma once

#include "thalweg/phasespace/channel.h"
#include "thalweg/phasespace/tree_layout.h"

namespace thalweg {

class TreeChannel : public Channel {
 public:
  // Invariants that the density needs are added to `table`, which must live as long.
  TreeChannel(std::string name, const ChannelTree& tree, const Beams& beams, const CutBounds& bounds,
              InvariantTable& table);

  std::size_t dim() const override;
  void forward(const Batch& y, const PhaseSpacePoints& points) const override;
  void inverse(const Momenta& momenta, const Batch& y, std::span<double> density) const override;
  // g at points whose rows of the table are known.
  void density(const PhaseSpacePoints& points, const Batch& invariants, std::span<double> out) const override;

 private:
  TreeLayout layout_;
  const InvariantTable& table_;
};

}  // namespace thalweg
