#include "thalweg/flow/trainable_map.h"

#include <algorithm>

#include "thalweg/base/errors.h"

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

void TrainableMap::path_backward_tile(const double*, const double*, MapTape&, float*) const {
  run_error("this map has no gradient along its path");
}

namespace {

void run_tiles(const TrainableMap& map, bool sample, std::size_t condition, const Batch& in, const Batch& out,
               std::span<double> log_jacobian) {
  const auto scratch = map.tape(false);
  AlignedVector<double> tile(map.dim() * kFlowTile), log_density(kFlowTile);
  for (std::size_t first = 0; first < in.size; first += kFlowTile) {
    load_tile(in, first, tile.data());
    if (sample)
      map.sample_tile(condition, tile.data(), log_density.data(), *scratch);
    else
      map.density_tile(condition, tile.data(), log_density.data(), *scratch);
    store_tile(tile.data(), first, out);
    for (std::size_t e = 0; e < std::min(kFlowTile, in.size - first); ++e)
      log_jacobian[first + e] = sample ? -log_density[e] : log_density[e];
  }
}

}  // namespace

void TrainableMap::sample(std::size_t condition, const Batch& in, const Batch& out,
                          std::span<double> log_jacobian) const {
  run_tiles(*this, true, condition, in, out, log_jacobian);
}
void TrainableMap::density(std::size_t condition, const Batch& in, const Batch& out,
                           std::span<double> log_jacobian) const {
  run_tiles(*this, false, condition, in, out, log_jacobian);
}

}  // namespace thalweg
