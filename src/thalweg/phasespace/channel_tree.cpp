#include "thalweg/phasespace/channel_tree.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace thalweg {
namespace {

// Where a massless line may reach its pole, its map is flat below this, GeV^2; of p_T^2 where nothing gives a scale.
constexpr double kSoftScale2 = 1, kLabScale2 = 100;

// Of `set`, back to back with all others. Rapidities of two bodies differ by at most y: massless ones have
// cos = tanh((y_1 - y_2) / 2). At fixed energy the rest frame of the partons is that of the collider.
PolarRange polar_range(std::uint32_t set, const CutBounds& bounds, const Beams& beams) {
  PolarRange range;
  const std::uint32_t others = ((1u << bounds.size()) - 1) & ~set;
  const auto massless = [&](std::uint32_t s) {
    return std::popcount(s) == 1 && bounds.mass(static_cast<std::size_t>(std::countr_zero(s))) == 0;
  };
  range.least_pt = std::max(bounds.least_pt_of_set(set), bounds.least_pt_of_set(others));
  const auto [low, high] = bounds.rapidity_range(set);
  const auto [other_low, other_high] = bounds.rapidity_range(others);
  auto narrow = [&](double least, double most) {
    range.min = std::max(range.min, std::tanh(least)), range.max = std::min(range.max, std::tanh(most));
  };
  if (massless(set) && massless(others)) narrow((low - other_high) / 2, (high - other_low) / 2);
  if (beams.kind == Beams::Kind::partons) {
    if (massless(set)) narrow(low, high);
    if (massless(others)) narrow(-other_high, -other_low);
  }
  return range;
}

class TreeBuilder {
 public:
  TreeBuilder(const Topology& topology, const Beams& beams, const CutBounds& bounds)
      : beams_(beams),
        incoming_(beams.incoming()),
        bounds_(bounds),
        energy_(beams.energy),
        all_((1u << bounds.size()) - 1) {
    for (const Topology::Line& line : topology.lines) {
      const bool between_beams = incoming_ == 2 && (line.mask >> 1 & 1);
      (between_beams ? t_lines_ : s_lines_).push_back({line.mask >> incoming_, line.mass, line.width, line.colour});
    }
    // From beam a on: what stands on the side of b becomes less.
    std::sort(t_lines_.begin(), t_lines_.end(),
              [](const Line& a, const Line& b) { return std::popcount(a.set) > std::popcount(b.set); });
  }

  // Blobs without a chain.
  ChannelTree run_lab() {
    std::uint32_t left = all_;
    while (left) {
      std::uint32_t blob = left & -left;
      for (const Line& line : s_lines_)
        if ((line.set & blob) && std::popcount(line.set) > std::popcount(blob)) blob = line.set;
      tree_.blobs.push_back(cluster(blob));
      left &= ~blob;
    }
    auto least = [&](std::size_t b) { return tree_.clusters[b].least; };
    std::stable_sort(tree_.blobs.begin(), tree_.blobs.end(), [&](auto a, auto b) { return least(a) < least(b); });
    for (const std::size_t b : tree_.blobs) tree_.lab_scale2 += least(b) * least(b);
    tree_.lab_scale2 = std::max(tree_.lab_scale2, std::pow(bounds_.least_energy() / 2, 2));
    if (tree_.lab_scale2 == 0) tree_.lab_scale2 = kLabScale2;
    return std::move(tree_);
  }

  ChannelTree run() {
    if (beams_.kind == Beams::Kind::hadrons) {
      const Line* whole = line_of(all_);
      const double least = bounds_.least_energy(), most = std::min(energy_, bounds_.most_mass(all_));
      tree_.s_hat = whole       ? time_like(*whole, least, most, kEnergyExponent, true)
                    : least > 0 ? InvariantMap::power(kEnergyExponent)
                                : InvariantMap::power(1);
    }
    std::uint32_t right = all_;
    for (std::size_t i = 0; i <= t_lines_.size(); ++i) {
      const std::uint32_t next = i < t_lines_.size() ? t_lines_[i].set : 0;
      tree_.blobs.push_back(cluster(right & ~next));
      right = next;
    }
    make_steps();
    if (!tree_.steps.empty()) {
      tree_.polar = polar_range(tree_.clusters[tree_.steps[0].blob].set, bounds_, beams_);
    } else if (incoming_ == 2) {
      const ChannelTree::Cluster& whole = tree_.clusters[tree_.blobs[0]];
      tree_.polar = polar_range(tree_.clusters[whole.children[0]].set, bounds_, beams_);
    }
    return std::move(tree_);
  }

 private:
  struct Line {
    std::uint32_t set;  // final particles; t-channel: those on the side of b
    double mass, width;
    int colour;
  };

  const Line* line_of(std::uint32_t set) const {
    for (const Line& line : s_lines_)
      if (line.set == set) return &line;
    return nullptr;
  }

  InvariantMap time_like(const Line& line, double least, double most, double exponent, bool whole) const {
    const double pole = line.mass;
    if (pole >= least && pole < most && line.width > 0) return InvariantMap::massive(pole, line.width);
    if (pole >= most) return InvariantMap::power(kRestExponent);
    if (least * least > pole * pole) return InvariantMap::power(exponent, whole ? 0 : -pole * pole);
    // The pole is at the lower end, and powers of phase space or cuts that are no bound take it away.
    return only_massless(line) ? InvariantMap::power(1, kSoftScale2) : InvariantMap::power(kRestExponent, -pole * pole);
  }

  // Whether its particles come from it by massless lines alone: then its pole is a logarithm that cuts end.
  bool only_massless(const Line& line) const {
    for (const Line& other : s_lines_)
      if ((other.set & line.set) == other.set && other.mass > 0) return false;
    return true;
  }

  // The cluster of a set, its particles behind it. Sets that no line joins are joined pairwise.
  std::size_t cluster(std::uint32_t set) {
    const std::size_t at = tree_.clusters.size();
    tree_.clusters.emplace_back();
    ChannelTree::Cluster made;
    made.set = set;
    made.rapidity = bounds_.rapidity_range(set);
    if (std::popcount(set) == 1) {
      made.leg = std::countr_zero(set);
      made.least = made.most = bounds_.mass(static_cast<std::size_t>(made.leg));
    } else {
      made.least = bounds_.least_mass(set);
      made.most = bounds_.most_mass(set);
      if (set != all_) {
        const Line* line = line_of(set);
        const double most = std::min(made.most, energy_ - bounds_.least_mass(all_ & ~set));
        made.map =
            line ? time_like(*line, made.least, most, kTimeLikeExponent, false) : InvariantMap::power(kRestExponent);
      }
    }
    tree_.clusters[at] = made;
    tree_.clusters[at].least_pt = bounds_.least_pt_of_set(set);
    if (made.leg >= 0) return at;
    auto [first, second] = split(set);
    // A resonance takes its mass before the others.
    if (!is_resonance(first) && is_resonance(second)) std::swap(first, second);
    const std::size_t a = cluster(first), b = cluster(second);
    tree_.clusters[at].children[0] = a, tree_.clusters[at].children[1] = b;
    tree_.clusters[at].transverse = transverse_decay(set, first, second);
    return at;
  }

  // Leptons of a W, Z or photon with cuts on transverse momenta. Soft and collinear jets peak in the angle to the
  // direction of flight.
  std::optional<TransverseDecay> transverse_decay(std::uint32_t set, std::uint32_t first, std::uint32_t second) const {
    const Line* line = line_of(set);
    if (incoming_ != 2 || set == all_ || std::popcount(set) != 2 || !line || line->colour != 1) return std::nullopt;
    const auto i = static_cast<std::size_t>(std::countr_zero(first)),
               j = static_cast<std::size_t>(std::countr_zero(second));
    if (bounds_.mass(i) > 0 || bounds_.mass(j) > 0 || std::max(bounds_.least_pt(i), bounds_.least_pt(j)) <= 0)
      return std::nullopt;
    const auto [low, high] = bounds_.rapidity_range(first);
    const auto [other_low, other_high] = bounds_.rapidity_range(second);
    return TransverseDecay{{bounds_.least_pt(i), bounds_.least_pt(j)},
                           std::tanh((low - other_high) / 2),
                           std::tanh((high - other_low) / 2)};
  }

  bool is_resonance(std::uint32_t set) const {
    const Line* line = line_of(set);
    return line && line->width > 0 && line->mass > bounds_.least_mass(set);
  }

  // The largest two parts of a set that lines make, or one part and all others.
  std::pair<std::uint32_t, std::uint32_t> split(std::uint32_t set) const {
    std::uint32_t largest = set & -set;
    for (const Line& line : s_lines_)
      if ((line.set & set) == line.set && line.set != set && std::popcount(line.set) > std::popcount(largest))
        largest = line.set;
    return {largest, set & ~largest};
  }

  void make_steps() {
    std::size_t first = 0, last = tree_.blobs.size() - 1;  // of those that are left
    std::uint32_t rest = all_;
    for (bool from_a = true; first < last; from_a = !from_a) {
      ChannelTree::Step step;
      step.from_a = from_a;
      step.blob = tree_.blobs[from_a ? first : last];
      const Line& line = t_lines_[from_a ? first : last - 1];
      set_t(line, step);
      rest &= ~tree_.clusters[step.blob].set;
      step.rest_least = bounds_.least_mass(rest);
      step.rest_most = std::min(step.rest_most, bounds_.most_mass(rest));
      (from_a ? ++first : --last);
      step.last = tree_.blobs[first];
      tree_.steps.push_back(step);
    }
  }

  // t = (p_a - sum of the left side)^2 = q+ q- - q_T^2 with q+ = p+ of the right side > 0, q- = -p- of the left side <
  // 0, since massless p_a has no p- and p_b no p+: so -t >= q_T^2, which is p_T^2 of either side.
  void set_t(const Line& line, ChannelTree::Step& step) const {
    double scale2 = 1e300;  // the smallest transverse masses of a side
    for (const std::uint32_t side : {line.set, all_ & ~line.set}) {
      double transverse = 0;
      for (std::size_t i = 0; i < bounds_.size(); ++i)
        if (side >> i & 1) transverse += std::hypot(bounds_.mass(i), bounds_.least_pt(i));
      if (beams_.mass_a == 0 && beams_.mass_b == 0)
        step.least_t = std::max(step.least_t, std::pow(bounds_.least_pt_of_set(side), 2));
      transverse = std::max(transverse, bounds_.least_mass(side));
      scale2 = std::min(scale2, transverse * transverse);
    }
    if (line.mass > 0) scale2 = line.mass * line.mass;
    double shift = step.least_t > 0 && line.mass == 0 ? 0 : std::max(scale2, kSoftScale2);
    shift += std::pow(std::max(beams_.mass_a, beams_.mass_b), 2);  // t <= (m_beam - m)^2
    step.map = InvariantMap::power(kTChannelExponent, shift);
  }

  const Beams& beams_;
  const std::size_t incoming_;
  const CutBounds& bounds_;
  const double energy_;
  const std::uint32_t all_;
  std::vector<Line> s_lines_, t_lines_;
  ChannelTree tree_;
};

}  // namespace

ChannelTree channel_tree(const Topology& topology, const Beams& beams, const CutBounds& bounds) {
  return TreeBuilder(topology, beams, bounds).run();
}

ChannelTree lab_tree(const Topology& lines, const Beams& beams, const CutBounds& bounds) {
  return TreeBuilder(lines, beams, bounds).run_lab();
}

ChannelTree flat_tree(const CutBounds& bounds) {
  ChannelTree tree;
  tree.blobs = {0};
  tree.s_hat = InvariantMap::power(kEnergyExponent);
  const std::size_t n = bounds.size();
  double least = 0;
  for (std::size_t i = 0; i < n; ++i) least += bounds.mass(i);
  for (std::size_t i = 0; i + 1 < n; ++i) {
    const std::size_t at = tree.clusters.size();
    ChannelTree::Cluster rest, particle;
    rest.set = ((1u << n) - 1) & ~((1u << i) - 1);
    rest.children[0] = at + 1, rest.children[1] = at + 2;
    rest.map = InvariantMap::volume(static_cast<int>(n - 1 - i));
    rest.least = least;
    particle.set = 1u << i;
    particle.leg = static_cast<int>(i);
    particle.least = particle.most = bounds.mass(i);
    least -= bounds.mass(i);
    tree.clusters.push_back(rest);
    tree.clusters.push_back(particle);
  }
  ChannelTree::Cluster last;
  last.set = 1u << (n - 1);
  last.leg = static_cast<int>(n - 1);
  last.least = last.most = bounds.mass(n - 1);
  tree.clusters.push_back(last);
  return tree;
}

}  // namespace thalweg
