#include "thalweg/amplitude/diagram_channels.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <tuple>

namespace thalweg {
namespace {

constexpr int kPhoton = 22;

// The side of a line without the first leg.
std::uint32_t far_side(std::uint32_t mask, std::uint32_t all) { return mask & 1 ? all ^ mask : mask; }

class ChannelFinder {
 public:
  ChannelFinder(const DiagramSet& set, const Model& model, const Parameters& parameters)
      : set_(set),
        model_(model),
        parameters_(parameters),
        all_((1u << set.process.legs()) - 1),
        permutations_(leg_permutations(set.process, model, parameters)) {}

  DiagramChannels run() {
    std::set<Topology> named;
    for (const Diagram& d : set_.diagrams)
      if (!d.has_four_point_vertex()) named.insert(by_name(d, false));
    DiagramChannels result;
    std::set<Topology> known;
    std::map<Topology, std::size_t> groups;  // by the smallest spelling
    for (std::size_t d = 0; d < set_.diagrams.size(); ++d) {
      const Diagram& diagram = set_.diagrams[d];
      if (diagram.has_four_point_vertex() || has_photon_twin(diagram, named)) continue;
      DiagramChannel channel{d, topology_of(diagram, set_.process, model_, parameters_), {}, 0, {}};
      if (!known.insert(channel.topology).second) continue;
      join_group(channel, groups);
      result.channels.push_back(std::move(channel));
    }
    result.groups = groups.size();
    return result;
  }

 private:
  // One incoming leg on either side.
  bool t_channel(std::uint32_t mask) const { return set_.process.incoming == 2 && std::popcount(mask & 3u) == 1; }

  bool heavy_boson(int pdg) const {
    const Particle& p = model_.particle(pdg);
    return p.self_conjugate() && model_.mass(pdg, parameters_) > 0;
  }

  // Lines with the names of particles in place of masses.
  Topology by_name(const Diagram& diagram, bool photons_for_heavy) const {
    Topology t;
    for (const auto& p : diagram.propagators()) {
      const bool swap = photons_for_heavy && heavy_boson(p.pdg) && t_channel(p.mask);
      t.lines.push_back({far_side(p.mask, all_), double(swap ? kPhoton : std::abs(p.pdg)), 0, 0});
    }
    std::sort(t.lines.begin(), t.lines.end());
    return t;
  }

  bool has_photon_twin(const Diagram& diagram, const std::set<Topology>& named) const {
    const Topology twin = by_name(diagram, true);
    return twin != by_name(diagram, false) && named.count(twin);
  }

  void join_group(DiagramChannel& channel, std::map<Topology, std::size_t>& groups) {
    channel.smallest = channel.topology;
    for (const auto& p : permutations_) channel.smallest = std::min(channel.smallest, permuted(channel.topology, p));
    const auto [found, fresh] = groups.insert({channel.smallest, groups.size()});
    channel.group = found->second;
    if (fresh) first_.push_back(channel.topology);
    for (const auto& p : permutations_)
      if (permuted(first_[channel.group], p) == channel.topology) {
        channel.permutation = p;
        return;
      }
  }

  const DiagramSet& set_;
  const Model& model_;
  const Parameters& parameters_;
  const std::uint32_t all_;
  const std::vector<std::vector<int>> permutations_;
  std::vector<Topology> first_;  // of each group
};

}  // namespace

Topology topology_of(const Diagram& diagram, const SubProcess& process, const Model& model,
                     const Parameters& parameters) {
  Topology t;
  for (const auto& p : diagram.propagators())
    t.lines.push_back({far_side(p.mask, (1u << process.legs()) - 1), model.mass(p.pdg, parameters),
                       model.width(p.pdg, parameters), model.particle(p.pdg).colour});
  std::sort(t.lines.begin(), t.lines.end());
  return t;
}

std::vector<std::vector<int>> leg_permutations(const SubProcess& process, const Model& model,
                                               const Parameters& parameters) {
  std::vector<std::tuple<double, Spin, int>> kinds;  // what may be exchanged
  for (const int pdg : process.pdg) {
    const Particle& p = model.particle(pdg);
    kinds.emplace_back(model.mass(pdg, parameters), p.spin, p.colour);
  }
  std::vector<std::vector<int>> result;
  std::vector<int> p(process.legs());
  std::iota(p.begin(), p.end(), 0);
  const auto final = p.begin() + static_cast<std::ptrdiff_t>(process.incoming);
  do {
    bool same = true;
    for (std::size_t l = 0; l < p.size(); ++l) same = same && kinds[l] == kinds[static_cast<std::size_t>(p[l])];
    if (same) result.push_back(p);
  } while (std::next_permutation(final, p.end()));
  return result;
}

Topology permuted(const Topology& topology, const std::vector<int>& permutation) {
  Topology result = topology;
  for (auto& line : result.lines) {
    std::uint32_t mask = 0;
    for (std::size_t l = 0; l < permutation.size(); ++l)
      if (line.mask >> l & 1) mask |= 1u << permutation[l];
    line.mask = far_side(mask, (1u << permutation.size()) - 1);
  }
  std::sort(result.lines.begin(), result.lines.end());
  return result;
}

DiagramChannels diagram_channels(const DiagramSet& set, const Model& model, const Parameters& parameters) {
  return ChannelFinder(set, model, parameters).run();
}

}  // namespace thalweg
