#include "thalweg/phasespace/channel_set.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "thalweg/amplitude/diagram_channels.h"
#include "thalweg/base/errors.h"
#include "thalweg/phasespace/lab_channel.h"
#include "thalweg/phasespace/tree_channel.h"

namespace thalweg {
namespace {

std::vector<double> final_masses(const SubProcess& p, const Model& model, const Parameters& parameters) {
  std::vector<double> masses;
  for (std::size_t l = p.incoming; l < p.legs(); ++l) masses.push_back(model.mass(p.pdg[l], parameters));
  return masses;
}

// Colourless time-like lines that peak: inside of their range, or massless with massless particles behind. None if one
// carries everything: then the variables of the collider frame are not those of the peak.
std::optional<Topology> resonances(const Topology& topology, const Beams& beams, const CutBounds& bounds) {
  Topology result;
  for (const auto& line : topology.lines) {
    const std::uint32_t set = line.mask >> beams.incoming(), all = (1u << bounds.size()) - 1;
    if ((line.mask >> 1 & 1) || line.colour != 1) continue;
    double masses = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) masses += set >> i & 1 ? bounds.mass(i) : 0;
    const bool peaks = line.mass > 0 ? line.mass > bounds.least_mass(set) && line.width > 0 : masses == 0;
    if (!peaks) continue;
    if (set == all) return std::nullopt;
    result.lines.push_back(line);
  }
  return result;
}

std::vector<int> leg_numbers(std::uint32_t mask) {
  std::vector<int> numbers;
  for (int l = 0; mask >> l; ++l)
    if (mask >> l & 1) numbers.push_back(l + 1);
  return numbers;
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
                       const Beams& beams, const CutBounds& bounds, ChannelKinds kinds)
    : invariants_(std::make_unique<InvariantTable>(beams, final_masses(sets[0].process, model, parameters))) {
  for (const DiagramSet& set : sets)
    if (final_masses(set.process, model, parameters) != final_masses(sets[0].process, model, parameters))
      request_error("'{}' and '{}' have final particles of different masses; run them one by one",
                    to_string(sets[0].process, model), to_string(set.process, model));
  std::vector<std::vector<Topology>> topologies;
  for (const DiagramSet& set : sets)
    for (auto& of = topologies.emplace_back(); const Diagram& diagram : set.diagrams)
      of.push_back(topology_of(diagram, set.process, model, parameters));
  const bool trees = kinds == ChannelKinds::diagrams || kinds == ChannelKinds::both;
  const auto channel_of = add_tree_channels(sets, model, parameters, beams, bounds, trees);
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

bool ChannelSet::has_lab(const std::vector<DiagramSet>& sets, const Model& model, const Parameters& parameters,
                         const Beams& beams, const CutBounds& bounds) {
  if (beams.kind != Beams::Kind::hadrons) return false;
  for (const DiagramSet& set : sets)
    for (const Diagram& diagram : set.diagrams)
      if (resonances(topology_of(diagram, set.process, model, parameters), beams, bounds)) return true;
  return false;
}

void ChannelSet::add(std::unique_ptr<Channel> channel, std::size_t group, const Topology& lines, const Beams& beams) {
  channels_.push_back(std::move(channel));
  group_of_.push_back(group);
  add_lines(lines, beams);
}

// Or looks only whether all of them are possible.
std::map<Topology, std::size_t> ChannelSet::add_tree_channels(const std::vector<DiagramSet>& sets, const Model& model,
                                                              const Parameters& parameters, const Beams& beams,
                                                              const CutBounds& bounds, bool keep) {
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
      const ChannelTree tree =
          with_place(fmt::format("process '{}', diagram {}", to_string(set.process, model), name),
                     [&] { return permuted_tree(first[group].topology, permutation, beams, bounds); });
      if (!keep) continue;
      groups_ = first.size();
      add(std::make_unique<TreeChannel>(name, tree, beams, bounds, *invariants_), group, channel.topology, beams);
    }
  }
  return keep ? known : std::map<Topology, std::size_t>{};
}

namespace {

// A number for each final particle, equal where sub-processes never tell two apart.
std::vector<std::size_t> kinds_of_particles(const std::vector<DiagramSet>& sets) {
  std::vector<std::vector<int>> kinds;
  std::vector<std::size_t> result;
  for (std::size_t l = sets[0].process.incoming; l < sets[0].process.legs(); ++l) {
    std::vector<int> kind;
    for (const DiagramSet& set : sets) kind.push_back(set.process.pdg[l]);
    result.push_back(static_cast<std::size_t>(std::find(kinds.begin(), kinds.end(), kind) - kinds.begin()));
    if (result.back() == kinds.size()) kinds.push_back(kind);
  }
  return result;
}

// The kinds of particles in the blobs: coordinates of equal ones mean the same.
std::vector<std::vector<std::size_t>> shape(const ChannelTree& tree, const std::vector<std::size_t>& kinds) {
  std::vector<std::vector<std::size_t>> result;
  for (const std::size_t b : tree.blobs) {
    auto& blob = result.emplace_back();
    for (std::size_t i = 0; i < kinds.size(); ++i)
      if (tree.clusters[b].set >> i & 1) blob.push_back(kinds[i]);
    std::sort(blob.begin(), blob.end());
  }
  return result;
}

}  // namespace

// For each set of resonances one channel for each blob that may balance the others: hard against hard and soft are
// different corners.
void ChannelSet::add_lab_channels(const std::vector<DiagramSet>& sets,
                                  const std::vector<std::vector<Topology>>& topologies, const Beams& beams,
                                  const CutBounds& bounds) {
  if (beams.kind != Beams::Kind::hadrons) return;
  const auto kinds = kinds_of_particles(sets);
  std::set<Topology> known;
  for (const auto& of : topologies)
    for (const Topology& topology : of) {
      const auto lines = resonances(topology, beams, bounds);
      if (!lines || !known.insert(*lines).second) continue;
      const ChannelTree tree = lab_tree(*lines, beams, bounds);
      if (tree.blobs.size() < 2) continue;
      std::map<std::vector<std::vector<std::size_t>>, std::size_t> group_of;
      for (std::size_t last = tree.blobs.size(); last-- > 0;) {
        ChannelTree here = tree;
        std::rotate(here.blobs.begin() + static_cast<std::ptrdiff_t>(last),
                    here.blobs.begin() + static_cast<std::ptrdiff_t>(last) + 1, here.blobs.end());
        const auto [group, fresh] = group_of.insert({shape(here, kinds), groups_});
        groups_ += fresh;
        std::string name = "lab";
        for (const auto& line : lines->lines)
          name += fmt::format(" {:.6g}({})", line.mass, fmt::join(leg_numbers(line.mask), ","));
        name += fmt::format(" balanced by {}", fmt::join(leg_numbers(here.clusters[here.blobs.back()].set << 2), ","));
        add(std::make_unique<LabChannel>(name, here, beams, bounds, *invariants_), group->second, *lines, beams);
        if (tree.blobs.size() == 2) break;  // either balances the other
      }
    }
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
      out[e] *= s * s / (off * off + line.m_gamma * line.m_gamma);
    }
  }
}

}  // namespace thalweg
