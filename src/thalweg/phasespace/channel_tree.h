// The order in which a channel makes invariants and momenta of a diagram: time-like lines from outside inwards,
// two-body decays, and a chain of 2 -> 2 scatterings along the lines between the beams (Heimel, thesis, section 2.2.3).
//
//   s-channel   s_hat -> clusters -> final particles
//   t-channel   blobs 1 ... k hang on the chain from beam a to beam b. They are taken off from both sides in turn:
//               (A, B) -> blob + rest,  t = (A - blob)^2 or (B - blob)^2,  A or B becomes that line.
//
// Masses of clusters, then of the rests, then t; the limits of each follow from those before and from the cuts.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "thalweg/amplitude/diagram_channels.h"
#include "thalweg/kinematics/cut_bounds.h"
#include "thalweg/phasespace/beams.h"
#include "thalweg/phasespace/invariant_map.h"

namespace thalweg {

// What cuts leave of the cosine to the beams, in the rest frame of the partons, of the first of two bodies:
//   min <= cos <= max,  cos^2 <= 1 - (least_pt / p)^2
struct PolarRange {
  double min = -1, max = 1, least_pt = 0;
};

// What cuts leave of the decay of a moving pair into two massless particles (transverse_decay-inl.h).
struct TransverseDecay {
  double least_pt[2] = {0, 0};
  double tanh_min = -1, tanh_max = 1;  // of half the smallest and largest difference of the rapidities
};

struct ChannelTree {
  static constexpr double kUnlimited = std::numeric_limits<double>::infinity();
  // A set of final particles of one invariant mass; children stand behind their parents, the one whose mass is chosen
  // first before the other.
  struct Cluster {
    std::uint32_t set = 0;  // bit i: final particle i
    int leg = -1;           // of a single particle, else:
    std::size_t children[2] = {0, 0};
    InvariantMap map{};              // of m^2
    double least = 0, most = 1e300;  // m; a particle has its mass as both
    double least_pt = 0;
    std::pair<double, double> rapidity{-kUnlimited, kUnlimited};  // that cuts leave it
    std::optional<TransverseDecay> transverse;                    // else cos and phi are from the direction of flight
  };
  struct Step {
    std::size_t blob = 0;  // cluster
    bool from_a = true;
    InvariantMap map{};                        // of -t
    double least_t = -1e300;                   // -t is at least this much (cuts); t > 0 is there for beams with masses
    double rest_least = 0, rest_most = 1e300;  // m of what is left
    std::size_t last = 0;                      // what is left, where it is one blob
  };
  std::vector<Cluster> clusters;
  std::vector<std::size_t> blobs;  // along the chain; one: s-channel
  std::vector<Step> steps;         // blobs.size() - 1
  PolarRange polar;                // of the first step, or of the first child in the decay of the whole
  InvariantMap s_hat;              // hadrons
  double lab_scale2 = 0;           // of p_T^2 where no cut gives one (LabChannel)
};

// The exponents of the massless maps; VEGAS or a flow brings the rest. s_hat without a resonance falls like 1/s^2 from
// cuts and parton densities alone.
inline constexpr double kTimeLikeExponent = 1, kTChannelExponent = 1, kRestExponent = 0.5, kEnergyExponent = 2;

// The topology is one of `DiagramChannels`; set-ups that diverge were refused (divergences.h). A line that may reach
// its pole at the lower end of its range gets a map that is integrable there: what is left of the pole is not, or cuts
// take it away.
ChannelTree channel_tree(const Topology& topology, const Beams& beams, const CutBounds& bounds);

// For LabChannel: clusters of `lines`, time-like ones of one or several topologies, and all other particles as blobs,
// the lightest first.
ChannelTree lab_tree(const Topology& lines, const Beams& beams, const CutBounds& bounds);

// RAMBO on diet (arXiv:1308.2922): i -> particle i and the rest, masses by InvariantMap::volume. Flat for massless
// particles.
ChannelTree flat_tree(const CutBounds& bounds);

}  // namespace thalweg
