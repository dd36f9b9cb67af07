#include "thalweg/flow/ann_map.h"

#include <algorithm>

#include "thalweg/base/errors.h"

namespace thalweg {

AnnMap::AnnMap(const AnnConfig& config, std::uint64_t seed)
    : layout_(config), parameters_(initial_parameters(layout_, seed)) {}

void AnnMap::forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const {
  sample(0, in, out, log_jacobian);
}

void AnnMap::inverse(const Batch&, const Batch&, std::span<double>) const {
  run_error("a fully connected map has no inverse");
}
void AnnMap::density_tile(std::size_t, double*, double*, MapTape&) const {
  run_error("a fully connected map has no inverse");
}

void AnnMap::orientation(const Batch& in, std::span<double> sign) const {
  AnnTape tape(layout_, false);
  AlignedVector<double> tile(dim() * kFlowTile);
  for (std::size_t first = 0; first < in.size; first += kFlowTile) {
    load_tile(in, first, tile.data());
    ann_tile(layout_, parameters_.data(), tile.data(), tape);
    std::copy_n(tape.sign.begin(), std::min(kFlowTile, in.size - first),
                sign.begin() + static_cast<std::ptrdiff_t>(first));
  }
}

void AnnMap::sample_tile(std::size_t, double* x, double* log_density, MapTape& tape) const {
  auto& t = static_cast<AnnTape&>(tape);
  ann_tile(layout_, parameters_.data(), x, t);
  for (std::size_t e = 0; e < kFlowTile; ++e) log_density[e] = -t.log_jacobian[e];
}

const double* AnnMap::signs(const MapTape& tape) const { return static_cast<const AnnTape&>(tape).sign.data(); }

void AnnMap::backward_tile(const double* factor, MapTape& tape, float* gradient) const {
  ann_tile_density_backward(layout_, parameters_.data(), factor, static_cast<AnnTape&>(tape), gradient);
}

void AnnMap::path_backward_tile(const double* by_log_density, const double* by_sample, MapTape& tape,
                                float* gradient) const {
  AlignedVector<double> by_log_jacobian(kFlowTile);
  for (std::size_t e = 0; e < kFlowTile; ++e) by_log_jacobian[e] = -by_log_density[e];
  ann_tile_backward(layout_, parameters_.data(), by_log_jacobian.data(), by_sample, static_cast<AnnTape&>(tape),
                    gradient);
}

}  // namespace thalweg
