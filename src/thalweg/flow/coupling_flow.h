// A coupling flow of rational-quadratic splines (thesis, chapter 3.2) as a Mapping, with its parameters.
#pragma once

#include <cstdint>
#include <span>

#include "thalweg/base/mapping.h"
#include "thalweg/flow/coupling_kernel.h"

namespace thalweg {

// forward: uniform latent numbers -> sample, log |dx/dz| = -log g(x). inverse: sample -> latent. Points lie in
// [0,1]; the identity when the last layers are zero. Both directions cost the same. Forward and inverse agree to the
// accuracy of the networks' floats: a density is that of the pass which made the point.
class CouplingFlow : public Mapping {
 public:
  // Hidden layers uniform in +-1/sqrt(inputs) by the stream of `seed`, last layers zero.
  CouplingFlow(const FlowConfig& config, std::uint64_t seed);

  const FlowLayout& layout() const { return layout_; }
  std::span<float> parameters() { return parameters_; }
  std::span<const float> parameters() const { return parameters_; }
  // Condition used by forward and inverse.
  void set_condition(std::size_t condition) { condition_ = condition; }

  std::size_t dim() const override { return layout_.config.dim; }
  void forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override;
  void inverse(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override;

 private:
  void run(Direction direction, const Batch& in, const Batch& out, std::span<double> log_jacobian) const;
  FlowLayout layout_;
  AlignedVector<float> parameters_;
  std::size_t condition_ = 0;
};

// Rows of `batch` from event `first` on as a tile [dim][64], and back; events beyond the end are 0.5.
void load_tile(const Batch& batch, std::size_t first, double* tile);
void store_tile(const double* tile, std::size_t first, const Batch& batch);

}  // namespace thalweg
