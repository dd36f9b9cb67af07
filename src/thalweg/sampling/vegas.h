// A VEGAS grid: product of piecewise constant densities (Lepage 1978, arXiv:2009.05112; Heimel, thesis,
// eqs. 2.32 to 2.41).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "thalweg/base/mapping.h"

namespace thalweg {

class JsonReader;

// Every bin has probability 1/K, the density in a bin of width w is 1/(K w). forward takes uniform
// numbers to the sample.
class VegasGrid : public Mapping {
 public:
  VegasGrid(std::size_t dim, std::size_t bins);

  std::size_t dim() const override { return dim_; }
  std::size_t bins() const { return bins_; }
  // bins() + 1 edges of dimension d, from 0 to 1.
  std::span<const double> edges(std::size_t d) const { return {edges_.data() + d * (bins_ + 1), bins_ + 1}; }
  void set_edges(std::size_t d, std::span<const double> edges);

  void forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override;
  void inverse(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override;

  // The sums an adaptation needs: sums[d * bins + k] += w^2 for a point in bin k, z its uniform numbers.
  void accumulate(const Batch& z, std::span<const double> weight, std::span<double> sums) const;
  // Moves the edges so that the smoothed and damped sums are equal in all bins; damping 0 keeps the grid.
  // Dimensions in which all sums vanish stay.
  void adapt(std::span<const double> sums, double damping);

  nlohmann::json to_json() const;
  static VegasGrid from_json(const JsonReader& json);  // RequestError for edges that do not ascend from 0 to 1

 private:
  std::size_t dim_, bins_;
  std::vector<double> edges_;
};

}  // namespace thalweg
