#include "thalweg/flow/coupling_flow.h"

#include <algorithm>
#include <cmath>

#include "thalweg/base/random.h"

namespace thalweg {

void load_tile(const Batch& batch, std::size_t first, double* tile) {
  const std::size_t n = std::min(kFlowTile, batch.size - first);
  for (std::size_t d = 0; d < batch.dim; ++d) {
    double* row = tile + d * kFlowTile;
    std::copy_n(batch.row(d) + first, n, row);
    std::fill(row + n, row + kFlowTile, 0.5);
  }
}

void store_tile(const double* tile, std::size_t first, const Batch& batch) {
  const std::size_t n = std::min(kFlowTile, batch.size - first);
  for (std::size_t d = 0; d < batch.dim; ++d) std::copy_n(tile + d * kFlowTile, n, batch.row(d) + first);
}

CouplingFlow::CouplingFlow(const FlowConfig& config, std::uint64_t seed)
    : layout_(config), parameters_(layout_.sizes.parameters) {
  RandomStream random({seed, Phase::initialisation, 0, 0});
  for (const CouplingBlock& block : layout_.blocks)
    draw_hidden_layers(block.layers, config.conditions, random, parameters_);
}

void CouplingFlow::run(Direction direction, const Batch& in, const Batch& out, std::span<double> log_jacobian) const {
  FlowTape tape(layout_, false);
  AlignedVector<double> tile(dim() * kFlowTile), log_density(kFlowTile);
  const double sign = direction == Direction::sample ? -1 : 1;
  for (std::size_t first = 0; first < in.size; first += kFlowTile) {
    load_tile(in, first, tile.data());
    flow_tile(direction, layout_, parameters_.data(), condition_, tile.data(), log_density.data(), tape);
    store_tile(tile.data(), first, out);
    for (std::size_t e = 0; e < std::min(kFlowTile, in.size - first); ++e)
      log_jacobian[first + e] = sign * log_density[e];
  }
}

void CouplingFlow::forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const {
  run(Direction::sample, in, out, log_jacobian);
}
void CouplingFlow::inverse(const Batch& in, const Batch& out, std::span<double> log_jacobian) const {
  run(Direction::density, in, out, log_jacobian);
}

}  // namespace thalweg
