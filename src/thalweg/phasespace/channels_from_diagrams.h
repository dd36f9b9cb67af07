// The channels of a process: one for each s-channel propagator of its diagrams.
#pragma once

#include <vector>

#include "thalweg/amplitude/diagram.h"
#include "thalweg/phasespace/channel.h"

namespace thalweg {

struct ChannelSet {
  std::vector<Channel> channels;
  std::vector<int> propagator;  // PDG code of the s-channel propagator of each channel; 0: none
  // diagram d of sub-process p belongs to channel channel_of[p][d]
  std::vector<std::vector<std::size_t>> channel_of;
  double s_min = 0, s_max = 0;  // range of s_hat, GeV^2 (hadrons)
};

// Exponent of the massless map: 2 follows the squared propagator 1/s^2.
inline constexpr double kMasslessExponent = 2.0;

// Resonances whose mass lies in the range get the massive map, all others the massless one. For
// hadrons, [e_min, e_max] bounds sqrt(s_hat) (see Cuts). RequestError: more than two final
// particles, no phase space, no lower bound where a massless propagator needs one, a resonance of
// zero width inside of the range.
ChannelSet channels_from_diagrams(const std::vector<DiagramSet>& sets, const Model& model, const Parameters& parameters,
                                  const Beams& beams, double e_min, double e_max);

}  // namespace thalweg
