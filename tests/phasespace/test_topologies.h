// All ways to build a final state from two-body decays and a chain between the beams, up to the names of particles.
#pragma once

#include <bit>
#include <vector>

#include "thalweg/amplitude/diagram_channels.h"

namespace thalweg::test {

using Sets = std::vector<std::uint32_t>;  // of final particles that one line joins

// Decay trees of particles first ... first + n - 1, lines inside of the whole alone.
inline std::vector<Sets> decay_trees(std::size_t first, std::size_t n) {
  if (n == 1) return {{}};
  std::vector<Sets> result;
  for (std::size_t k = 1; 2 * k <= n; ++k)
    for (const Sets& a : decay_trees(first, k))
      for (const Sets& b : decay_trees(first + k, n - k)) {
        Sets sets = a;
        sets.insert(sets.end(), b.begin(), b.end());
        if (k > 1) sets.push_back(((1u << k) - 1) << first);
        if (n - k > 1) sets.push_back(((1u << (n - k)) - 1) << (first + k));
        result.push_back(sets);
      }
  return result;
}

struct Shape {
  Sets time_like, side_of_b;  // side_of_b: lines of the chain
};

// Chains whose blobs begin with particle `first`.
inline std::vector<Shape> chains(std::size_t first, std::size_t n) {
  std::vector<Shape> result;
  for (std::size_t k = 1; k <= n - first; ++k) {
    const std::uint32_t blob = ((1u << k) - 1) << first, rest = ((1u << n) - 1) & ~((1u << (first + k)) - 1);
    std::vector<Shape> others{Shape{}};
    if (rest) others = chains(first + k, n);
    for (const Sets& tree : decay_trees(first, k))
      for (Shape shape : others) {
        shape.time_like.insert(shape.time_like.end(), tree.begin(), tree.end());
        if (k > 1) shape.time_like.push_back(blob);
        if (rest) shape.side_of_b.push_back(rest);
        result.push_back(shape);
      }
  }
  return result;
}

// With a mass and a width for each line in turn; `incoming` legs come first. A decay has no chain.
inline std::vector<Topology> topologies(std::size_t n, std::size_t incoming,
                                        const std::vector<std::pair<double, double>>& lines) {
  std::vector<Topology> result;
  std::size_t next = 0;
  for (const Shape& shape : chains(0, n)) {
    if (incoming == 1 && !shape.side_of_b.empty()) continue;
    Topology t;
    auto add = [&](std::uint32_t mask) {
      const auto& [mass, width] = lines[next++ % lines.size()];
      t.lines.push_back({mask, mass, width, 1});
    };
    for (const std::uint32_t set : shape.time_like)
      if (incoming == 2 || set + 1 != 1u << n) add(set << incoming);
    for (const std::uint32_t set : shape.side_of_b) add(set << 2 | 2u);
    result.push_back(t);
  }
  return result;
}

}  // namespace thalweg::test
