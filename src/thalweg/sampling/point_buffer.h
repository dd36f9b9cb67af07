// Points of online batches that later batches train on again (thesis, section 8.2 "buffered training").
#pragma once

#include <cstdint>
#include <vector>

#include "thalweg/sampling/integrand.h"

namespace thalweg {

// By channel. Points of weight zero teach, too, where density is wasted.
class PointBuffer {
 public:
  // A row: coordinates, log of the density it was drawn with, weight, prior channel weights of its part of the
  // integrand and, with_features, features.
  PointBuffer(const Integrand& integrand, bool with_features);

  void clear();
  void append(std::size_t channel, const std::vector<double>& rows);
  std::size_t points(std::size_t channel) const { return rows_[channel].size() / width_[channel]; }
  // The row of one of the points of a channel, 0 <= u < 1.
  const double* draw(std::size_t channel, double u) const;

 private:
  std::vector<std::size_t> width_;
  std::vector<std::vector<double>> rows_;
};

}  // namespace thalweg
