// The fully connected network of ann_kernel.h as a Mapping, with its parameters.
#pragma once

#include <cstdint>

#include "thalweg/flow/ann_kernel.h"

namespace thalweg {

// forward: uniform latent numbers -> sample, log|det dy/dx|. A bijection as far as its training makes it one:
// orientation() shows points where it is folded, `thalweg diagnose` the rest. Without an inverse.
class AnnMap : public TrainableMap {
 public:
  AnnMap(const AnnConfig& config, std::uint64_t seed);

  const AnnLayout& layout() const { return layout_; }
  const LayerSizes& sizes() const override { return layout_.sizes; }
  using TrainableMap::parameters;
  std::span<float> parameters() override { return parameters_; }
  std::unique_ptr<TrainableMap> clone() const override { return std::make_unique<AnnMap>(*this); }
  std::unique_ptr<MapTape> tape(bool gradient) const override { return std::make_unique<AnnTape>(layout_, gradient); }

  std::size_t dim() const override { return layout_.config.dim; }
  void forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override;
  bool has_inverse() const override { return false; }
  void inverse(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override;
  void orientation(const Batch& in, std::span<double> sign) const override;

  // Where the determinant vanishes log_density is +inf, and the gradient nothing.
  void sample_tile(std::size_t condition, double* x, double* log_density, MapTape& tape) const override;
  void density_tile(std::size_t condition, double* x, double* log_density, MapTape& tape) const override;
  void backward_tile(const double* factor, MapTape& tape, float* gradient) const override;
  const double* signs(const MapTape& tape) const override;
  void path_backward_tile(const double* by_log_density, const double* by_sample, MapTape& tape,
                          float* gradient) const override;

 private:
  AnnLayout layout_;
  AlignedVector<float> parameters_;
};

}  // namespace thalweg
