// Points of online batches that later batches train on again (thesis, section 8.2 "buffered training").
#pragma once

#include <cstdint>
#include <vector>

#include "thalweg/base/aligned.h"

namespace thalweg {

// By channel. Points of weight zero teach, too, where density is wasted.
class PointBuffer {
 public:
  // Doubles of a stored point: coordinates, log of the density it was drawn with, weight, prior channel weights,
  // features.
  static std::size_t width(std::size_t dim, std::size_t channels, std::size_t features) {
    return dim + 2 + channels + features;
  }
  PointBuffer(std::size_t channels, std::size_t width) : width_(width), rows_(channels) {}

  void clear();
  void append(std::size_t channel, const std::vector<double>& rows);
  std::size_t width() const { return width_; }
  std::size_t points(std::size_t channel) const { return rows_[channel].size() / width_; }
  // The row of one of the points of a channel, 0 <= u < 1.
  const double* draw(std::size_t channel, double u) const;

 private:
  std::size_t width_;
  std::vector<std::vector<double>> rows_;
};

}  // namespace thalweg
