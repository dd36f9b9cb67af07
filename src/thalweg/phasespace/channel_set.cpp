#include "thalweg/phasespace/channel_set.h"

#include <algorithm>
#include <cmath>

#include "thalweg/amplitude/diagram_channels.h"
#include "thalweg/base/errors.h"
#include "thalweg/phasespace/divergences.h"
#include "thalweg/phasespace/tree_channel.h"

namespace thalweg {
namespace {

std::vector<double> final_masses(const SubProcess& p, const Model& model, const Parameters& parameters) {
  std::vector<double> masses;
  for (std::size_t l = p.incoming; l < p.legs(); ++l) masses.push_back(model.mass(p.pdg[l], parameters));
  return masses;
}

// The tree of a topology that the permutation of legs takes to another one, with the cuts and under the names of that
// one: coordinates of the two mean the same.
ChannelTree permuted_tree(const Topology& topology, const std::vector<int>& permutation, const Beams& beams,
                          const CutBounds& bounds) {
  std::vector<std::size_t> final;
  for (std::size_t l = beams.incoming(); l < permutation.size(); ++l)
    final.push_back(static_cast<std::size_t>(permutation[l]) - beams.incoming());
  ChannelTree tree = channel_tree(topology, beams, bounds.permuted(final));
  for (auto& cluster : tree.clusters) {
    std::uint32_t set = 0;
    for (std::size_t i = 0; i < final.size(); ++i) set |= (cluster.set >> i & 1u) << final[i];
    cluster.set = set;
    if (cluster.leg >= 0) cluster.leg = static_cast<int>(final[static_cast<std::size_t>(cluster.leg)]);
  }
  return tree;
}

}  // namespace

ChannelSet::ChannelSet(const std::vector<DiagramSet>& sets, const Model& model, const Parameters& parameters,
                       const Beams& beams, const CutBounds& bounds, ChannelKinds kinds,
                       const std::vector<std::string>& labels)
    : invariants_(std::make_unique<InvariantTable>(beams, final_masses(sets[0].process, model, parameters),
                                                   bounds.rapidity_cuts())) {
  for (const DiagramSet& set : sets)
    if (final_masses(set.process, model, parameters) != final_masses(sets[0].process, model, parameters))
      request_error("'{}' and '{}' have final particles of different masses; run them one by one",
                    to_string(sets[0].process, model), to_string(set.process, model));
  refuse_divergences(sets, model, parameters, beams, bounds, labels);
  std::vector<std::vector<Topology>> topologies;
  for (const DiagramSet& set : sets)
    for (auto& of = topologies.emplace_back(); const Diagram& diagram : set.diagrams)
      of.push_back(topology_of(diagram, set.process, model, parameters));
  std::map<Topology, std::size_t> channel_of;
  if (kinds == ChannelKinds::diagrams || kinds == ChannelKinds::both)
    channel_of = add_tree_channels(sets, model, parameters, beams, bounds);
  if (kinds == ChannelKinds::lab || kinds == ChannelKinds::both) add_lab_channels(sets, topologies, beams, bounds);
  if (channels_.empty() && kinds == ChannelKinds::lab)
    request_error(
        "process '{}' has no channel in the collider frame: its particles come from one resonance, or the beams have a "
        "fixed energy; use channels = \"propagators\" in [sampling]",
        to_string(sets[0].process, model));
  if (channels_.empty())  // or four-point vertices alone
    add(std::make_unique<TreeChannel>("flat", flat_tree(bounds), beams, bounds, *invariants_), groups_++, {}, beams);
  for (std::size_t p = 0; p < sets.size(); ++p)
    for (auto& of = channel_of_.emplace_back(); const Topology& topology : topologies[p]) {
      const Diagram& diagram = sets[p].diagrams[of.size()];
      const auto found = channel_of.find(topology);
      of.push_back(diagram.has_four_point_vertex() || found == channel_of.end() ? kNone : found->second);
    }
}

void ChannelSet::add(std::unique_ptr<Channel> channel, std::size_t group, const Topology& lines, const Beams& beams) {
  channels_.push_back(std::move(channel));
  group_of_.push_back(group);
  add_lines(lines, beams);
}

std::map<Topology, std::size_t> ChannelSet::add_tree_channels(const std::vector<DiagramSet>& sets, const Model& model,
                                                              const Parameters& parameters, const Beams& beams,
                                                              const CutBounds& bounds) {
  struct First {  // of a group
    Topology smallest, topology;
  };
  std::vector<First> first;
  std::map<Topology, std::size_t> known;
  for (const DiagramSet& set : sets) {
    const auto permutations = leg_permutations(set.process, model, parameters);
    for (const DiagramChannel& channel : diagram_channels(set, model, parameters).channels) {
      if (!known.insert({channel.topology, size()}).second) continue;
      // The group of a channel that was met before and that a permutation takes to this one.
      std::size_t group = first.size();
      std::vector<int> permutation = permutations.front();
      for (std::size_t g = 0; g < first.size() && group == first.size(); ++g)
        if (first[g].smallest == channel.smallest)
          for (const auto& p : permutations)
            if (permuted(first[g].topology, p) == channel.topology) {
              group = g;
              permutation = p;
              break;
            }
      if (group == first.size()) first.push_back({channel.smallest, channel.topology});
      const std::string name = describe(set.diagrams[channel.diagram], set.process, model);
      const ChannelTree tree = permuted_tree(first[group].topology, permutation, beams, bounds);
      groups_ = first.size();
      add(std::make_unique<TreeChannel>(name, tree, beams, bounds, *invariants_), group, channel.topology, beams);
    }
  }
  return known;
}

void ChannelSet::add_lines(const Topology& topology, const Beams& beams) {
  const std::size_t incoming = beams.incoming();
  const std::uint32_t all = (1u << invariants_->particles()) - 1;
  auto& lines = lines_.emplace_back();
  for (const Topology::Line& line : topology.lines) {
    const std::uint32_t set = line.mask >> incoming;
    const double m2 = line.mass * line.mass;
    if (incoming == 2 && (line.mask >> 1 & 1))
      lines.push_back({invariants_->minus_t(all & ~set), -1, m2, 0});
    else
      lines.push_back({set == all ? kNone : invariants_->time_like(set), 1, m2, line.mass * line.width});
  }
}

void ChannelSet::propagators(std::size_t channel, const PhaseSpacePoints& points, const Batch& table,
                             std::span<double> out) const {
  const std::size_t n = out.size();
  std::fill(out.begin(), out.end(), 1.0);
  for (const Line& line : lines_[channel]) {
    const double* q2 = line.row == kNone ? points.s_hat.data() : table.row(line.row);
    for (std::size_t e = 0; e < n; ++e) {
      const double s = points.s_hat[e], off = line.sign * q2[e] - line.m2;
      out[e] *= s * s / std::max(off * off + line.m_gamma * line.m_gamma, 1e-24 * s * s);  // on the pole by rounding
    }
  }
}

}  // namespace thalweg
