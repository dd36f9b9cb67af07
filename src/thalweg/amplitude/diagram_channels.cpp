#include "thalweg/amplitude/diagram_channels.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <tuple>

namespace thalweg {
namespace {

constexpr int kPhoton = 22;

class ChannelFinder {
 public:
  ChannelFinder(const DiagramSet& set, const Model& model, const Parameters& parameters)
      : set_(set), model_(model), parameters_(parameters), all_((1u << set.process.legs()) - 1) {
    for (int pdg : set.process.pdg) {
      const Particle& p = model.particle(pdg);
      kinds_.emplace_back(model.mass(pdg, parameters), p.spin, p.colour);
    }
    find_permutations();
  }

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
      DiagramChannel channel{d, topology(diagram), {}, 0, {}};
      if (!known.insert(channel.topology).second) continue;
      join_group(channel, groups);
      result.channels.push_back(std::move(channel));
    }
    result.groups = groups.size();
    return result;
  }

 private:
  std::uint32_t side(std::uint32_t mask) const { return mask & 1 ? all_ ^ mask : mask; }
  // One incoming leg on either side.
  bool t_channel(std::uint32_t mask) const { return set_.process.incoming == 2 && std::popcount(mask & 3u) == 1; }

  bool heavy_boson(int pdg) const {
    const Particle& p = model_.particle(pdg);
    return p.self_conjugate() && model_.mass(pdg, parameters_) > 0;
  }

  Topology topology(const Diagram& diagram) const {
    Topology t;
    for (const auto& p : diagram.propagators())
      t.lines.push_back({side(p.mask), model_.mass(p.pdg, parameters_), model_.width(p.pdg, parameters_),
                         model_.particle(p.pdg).colour});
    std::sort(t.lines.begin(), t.lines.end());
    return t;
  }

  // The same with the names of particles in place of masses.
  Topology by_name(const Diagram& diagram, bool photons_for_heavy) const {
    Topology t;
    for (const auto& p : diagram.propagators()) {
      const bool swap = photons_for_heavy && heavy_boson(p.pdg) && t_channel(p.mask);
      t.lines.push_back({side(p.mask), double(swap ? kPhoton : std::abs(p.pdg)), 0, 0});
    }
    std::sort(t.lines.begin(), t.lines.end());
    return t;
  }

  bool has_photon_twin(const Diagram& diagram, const std::set<Topology>& named) const {
    const Topology twin = by_name(diagram, true);
    return twin != by_name(diagram, false) && named.count(twin);
  }

  void find_permutations() {
    std::vector<int> p(set_.process.legs());
    std::iota(p.begin(), p.end(), 0);
    const auto final = p.begin() + static_cast<std::ptrdiff_t>(set_.process.incoming);
    do {
      bool same = true;
      for (std::size_t l = 0; l < p.size(); ++l) same = same && kinds_[l] == kinds_[static_cast<std::size_t>(p[l])];
      if (same) permutations_.push_back(p);
    } while (std::next_permutation(final, p.end()));
  }

  Topology permuted(const Topology& t, const std::vector<int>& p) const {
    Topology result = t;
    for (auto& line : result.lines) {
      std::uint32_t mask = 0;
      for (std::size_t l = 0; l < p.size(); ++l)
        if (line.mask >> l & 1) mask |= 1u << p[l];
      line.mask = side(mask);
    }
    std::sort(result.lines.begin(), result.lines.end());
    return result;
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
  std::vector<std::tuple<double, Spin, int>> kinds_;  // of legs: what may be exchanged
  std::vector<std::vector<int>> permutations_;
  std::vector<Topology> first_;  // of each group
};

}  // namespace

DiagramChannels diagram_channels(const DiagramSet& set, const Model& model, const Parameters& parameters) {
  return ChannelFinder(set, model, parameters).run();
}

}  // namespace thalweg
