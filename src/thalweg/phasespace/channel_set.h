// The channels of a run: those that the diagrams of all sub-processes open, each topology once.
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "thalweg/amplitude/diagram_channels.h"
#include "thalweg/kinematics/cut_bounds.h"
#include "thalweg/phasespace/channel.h"
#include "thalweg/phasespace/invariant_table.h"

namespace thalweg {

// diagrams: one for each topology. lab: LabChannels, for each set of colourless resonances in the diagrams one for each
// blob that may balance the others. rambo: one, flat in the volume.
enum class ChannelKinds { diagrams, lab, both, rambo };

class ChannelSet {
 public:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  // All final particles have the same masses in all sub-processes. RequestError: they have not, there is no phase
  // space, or the cross section diverges (divergences.h, where `labels` are explained).
  ChannelSet(const std::vector<DiagramSet>& sets, const Model& model, const Parameters& parameters, const Beams& beams,
             const CutBounds& bounds, ChannelKinds kinds, const std::vector<std::string>& labels = {});

  // Whether there are lab channels.
  static bool has_lab(const std::vector<DiagramSet>& sets, const Model& model, const Parameters& parameters,
                      const Beams& beams, const CutBounds& bounds);

  std::size_t size() const { return channels_.size(); }
  const Channel& operator[](std::size_t channel) const { return *channels_[channel]; }
  // Channels of a group are equal up to a permutation of final particles, and so are their coordinates.
  std::size_t groups() const { return groups_; }
  std::size_t group_of(std::size_t channel) const { return group_of_[channel]; }
  // Of diagram d of sub-process p; kNone: the diagram has none (see DiagramChannels).
  const std::vector<std::vector<std::size_t>>& channel_of() const { return channel_of_; }

  const InvariantTable& invariants() const { return *invariants_; }
  // prod 1 / |q^2 - m^2 + i m Gamma|^2 over the lines of a channel (thesis, 2.60), no width in the t-channel.
  // In units of 1/s_hat^2 a line, so that numbers stay near one.
  void propagators(std::size_t channel, const PhaseSpacePoints& points, const Batch& table,
                   std::span<double> out) const;

 private:
  struct Line {
    std::size_t row;  // kNone: s_hat
    double sign;      // of q^2 in the table
    double m2, m_gamma;
  };
  void add(std::unique_ptr<Channel> channel, std::size_t group, const Topology& lines, const Beams& beams);
  std::map<Topology, std::size_t> add_tree_channels(const std::vector<DiagramSet>& sets, const Model& model,
                                                    const Parameters& parameters, const Beams& beams,
                                                    const CutBounds& bounds);
  void add_lab_channels(const std::vector<DiagramSet>& sets, const std::vector<std::vector<Topology>>& topologies,
                        const Beams& beams, const CutBounds& bounds);
  void add_lines(const Topology& topology, const Beams& beams);

  std::unique_ptr<InvariantTable> invariants_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<std::size_t> group_of_;
  std::size_t groups_ = 0;
  std::vector<std::vector<std::size_t>> channel_of_;
  std::vector<std::vector<Line>> lines_;
};

}  // namespace thalweg
