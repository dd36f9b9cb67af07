// The integration channels that the diagrams of a process open, and which of them are the same up to the names of
// final particles.
#pragma once

#include "thalweg/amplitude/diagram.h"

namespace thalweg {

// The peaks of a diagram: masses, widths and legs of its propagators, in one order.
struct Topology {
  struct Line {
    std::uint32_t mask;  // the side without the first leg
    double mass, width;
    int colour;  // gluons and photons are kept apart
    auto operator<=>(const Line&) const = default;
  };
  std::vector<Line> lines;
  auto operator<=>(const Topology&) const = default;
};

Topology topology_of(const Diagram& diagram, const SubProcess& process, const Model& model,
                     const Parameters& parameters);

// Permutations of the legs of a process that exchange final particles of equal mass, spin and colour.
std::vector<std::vector<int>> leg_permutations(const SubProcess& process, const Model& model,
                                               const Parameters& parameters);
// The topology with leg permutation[l] in the place of leg l.
Topology permuted(const Topology& topology, const std::vector<int>& permutation);

struct DiagramChannel {
  std::size_t diagram;           // the one it was made of
  Topology topology, smallest;   // smallest: of the permuted ones, the same for a whole group
  std::size_t group;             // channels of a group are equal up to a permutation of final particles:
  std::vector<int> permutation;  // leg l of the first channel of the group is leg permutation[l] of this one
};

// One channel for each topology, except: diagrams with a four-point vertex (their peaks are those of others), and those
// with a heavy neutral boson in the t-channel whose twin with a photon exists, which peaks more strongly (the channels
// of MadGraph). Groups: permutations of final particles of equal mass, spin and colour, identical or not.
struct DiagramChannels {
  std::vector<DiagramChannel> channels;
  std::size_t groups = 0;
};
DiagramChannels diagram_channels(const DiagramSet& set, const Model& model, const Parameters& parameters);

}  // namespace thalweg
