// A coupling flow of rational-quadratic splines (thesis, chapter 3.2) as a Mapping, with its parameters.
#pragma once

#include <cstdint>
#include <span>

#include "thalweg/flow/coupling_kernel.h"
#include "thalweg/flow/trainable_map.h"

namespace thalweg {

// forward: uniform latent numbers -> sample, log |dx/dz| = -log g(x). inverse: sample -> latent. Points lie in
// [0,1]; the identity when the last layers are zero. Both directions cost the same. Forward and inverse agree to the
// accuracy of the networks' floats: a density is that of the pass which made the point. forward and inverse are those
// of condition 0.
class CouplingFlow : public TrainableMap {
 public:
  // Hidden layers uniform in +-1/sqrt(inputs) by the stream of `seed`, last layers zero.
  CouplingFlow(const FlowConfig& config, std::uint64_t seed);

  const FlowLayout& layout() const { return layout_; }
  const LayerSizes& sizes() const override { return layout_.sizes; }
  using TrainableMap::parameters;
  std::span<float> parameters() override { return parameters_; }
  std::unique_ptr<TrainableMap> clone() const override { return std::make_unique<CouplingFlow>(*this); }

  std::size_t dim() const override { return layout_.config.dim; }
  void forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override;
  void inverse(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override;

  std::unique_ptr<MapTape> tape(bool gradient) const override { return std::make_unique<FlowTape>(layout_, gradient); }
  void sample_tile(std::size_t condition, double* x, double* log_density, MapTape& tape) const override;
  void density_tile(std::size_t condition, double* x, double* log_density, MapTape& tape) const override;
  void backward_tile(const double* factor, MapTape& tape, float* gradient) const override;

 private:
  FlowLayout layout_;
  AlignedVector<float> parameters_;
};

}  // namespace thalweg
