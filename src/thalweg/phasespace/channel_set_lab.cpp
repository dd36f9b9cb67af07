// Channels in the variables of the collider frame.
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>

#include "thalweg/phasespace/channel_set.h"
#include "thalweg/phasespace/lab_channel.h"

namespace thalweg {
namespace {

// Colourless time-like lines that peak: inside of their range, or massless with massless particles and lines behind.
// None if one carries everything: then the variables of the collider frame are not those of the peak.
std::optional<Topology> resonances(const Topology& topology, const Beams& beams, const CutBounds& bounds) {
  Topology result;
  for (const auto& line : topology.lines) {
    const std::uint32_t set = line.mask >> beams.incoming(), all = (1u << bounds.size()) - 1;
    if ((line.mask >> 1 & 1) || line.colour != 1) continue;
    double masses = 0;  // of particles and lines behind
    for (std::size_t i = 0; i < bounds.size(); ++i) masses += set >> i & 1 ? bounds.mass(i) : 0;
    for (const auto& other : topology.lines)
      if ((other.mask & line.mask) == other.mask) masses += other.mass;
    const bool peaks = line.mass > 0 ? line.mass > bounds.least_mass(set) && line.width > 0 : masses == 0;
    if (!peaks) continue;
    if (set == all) return std::nullopt;
    result.lines.push_back(line);
  }
  return result;
}

// A photon whose pole the cuts keep away from has the shape of the Z where there is one: one channel is enough for
// both.
Topology under_resonances(const Topology& lines, const std::set<Topology>& known, const Beams& beams,
                          const CutBounds& bounds) {
  Topology result = lines;
  for (auto& line : result.lines)
    for (const Topology& other : known)
      for (const auto& heavy : other.lines)
        if (line.mass == 0 && heavy.mass > 0 && heavy.mask == line.mask &&
            bounds.least_mass(line.mask >> beams.incoming()) > heavy.mass / 2)
          line = heavy;
  return result;
}

std::vector<int> leg_numbers(std::uint32_t mask) {
  std::vector<int> numbers;
  for (int l = 0; mask >> l; ++l)
    if (mask >> l & 1) numbers.push_back(l + 1);
  return numbers;
}

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

bool ChannelSet::has_lab(const std::vector<DiagramSet>& sets, const Model& model, const Parameters& parameters,
                         const Beams& beams, const CutBounds& bounds) {
  if (beams.kind != Beams::Kind::hadrons) return false;
  for (const DiagramSet& set : sets)
    for (const Diagram& diagram : set.diagrams)
      if (resonances(topology_of(diagram, set.process, model, parameters), beams, bounds)) return true;
  return false;
}

// For each set of resonances one channel for each blob that may balance the others: hard against hard and soft are
// different corners.
void ChannelSet::add_lab_channels(const std::vector<DiagramSet>& sets,
                                  const std::vector<std::vector<Topology>>& topologies, const Beams& beams,
                                  const CutBounds& bounds) {
  if (beams.kind != Beams::Kind::hadrons) return;
  const auto kinds = kinds_of_particles(sets);
  std::set<Topology> all, distinct;
  for (const auto& of : topologies)
    for (const Topology& topology : of)
      if (const auto lines = resonances(topology, beams, bounds)) all.insert(*lines);
  for (const Topology& lines : all) distinct.insert(under_resonances(lines, all, beams, bounds));
  for (const Topology& lines : distinct) {
    const ChannelTree tree = lab_tree(lines, beams, bounds);
    if (tree.blobs.size() < 2) continue;
    std::map<std::vector<std::vector<std::size_t>>, std::size_t> group_of;
    for (std::size_t last = tree.blobs.size(); last-- > 0;) {
      ChannelTree here = tree;
      std::rotate(here.blobs.begin() + static_cast<std::ptrdiff_t>(last),
                  here.blobs.begin() + static_cast<std::ptrdiff_t>(last) + 1, here.blobs.end());
      const auto [group, fresh] = group_of.insert({shape(here, kinds), groups_});
      groups_ += fresh;
      std::string name = "lab";
      for (const auto& line : lines.lines)
        name += fmt::format(" {:.6g}({})", line.mass, fmt::join(leg_numbers(line.mask), ","));
      name += fmt::format(" balanced by {}", fmt::join(leg_numbers(here.clusters[here.blobs.back()].set << 2), ","));
      add(std::make_unique<LabChannel>(name, here, beams, bounds, *invariants_), group->second, lines, beams);
      if (tree.blobs.size() == 2) break;  // either balances the other
    }
  }
}

}  // namespace thalweg
