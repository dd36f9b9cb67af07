// Exploration: cells in front of the maps of an integrand, so that large weights cost few trials.
//
// Unweighting accepts a point with w / w_max. A cell of volume V with mean weight m and largest weight M wastes V (M -
// m) of it. The cells that waste most are cut where that lowers sum V M most and looked at again: random points, and
// steps from the largest weight to larger ones. The density becomes M (halfway to one that was sought, and a quarter of
// its distance from the mean above), and the same for as many low cells as cost little efficiency: flat weights keep
// their small variance.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "thalweg/sampling/foam.h"
#include "thalweg/sampling/integrand.h"

namespace thalweg {

struct FoamConfig {
  std::uint64_t seed = 1;
  int threads = 1;
  std::uint64_t cells = 1000;  // of all maps together, up to a fifth more; each keeps 8 (dim + 1) cell_points bytes
  std::uint64_t cell_points = 250;  // that a cell is looked at with
};

struct Exploration {
  std::vector<Foam> cells;  // by map
  std::uint64_t evaluations = 0;
  double efficiency = 0;  // of unweighting, if the largest weights seen are the largest there are
};

// maps: by map (Integrand::maps). active: by channel, 0 for those that are not sampled. The same bits for any number of
// threads. Weights that are not finite count as 0: the integration reports them. `report` is told the evaluations so
// far.
Exploration explore(const Integrand& integrand, const std::vector<const Mapping*>& maps,
                    const std::vector<std::uint8_t>& active, const FoamConfig& config,
                    const std::function<void(std::uint64_t)>& report = {});
// The first look at the whole of a map has kFirstLook times cell_points points.
inline constexpr std::uint64_t kFirstLook = 20;
inline constexpr double kLooksPerCell = 3.4;  // of cell_points points: those of cells that are cut again count too
// Evaluations of an exploration, about.
inline double exploration_points(std::uint64_t cells, std::size_t maps, std::uint64_t cell_points) {
  return (static_cast<double>(kFirstLook * maps) + kLooksPerCell * static_cast<double>(cells)) *
         static_cast<double>(cell_points);
}

}  // namespace thalweg
