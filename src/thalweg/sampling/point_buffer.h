// Points of online batches that later batches train on again (thesis, section 8.2 "buffered training").
#pragma once

#include <cstdint>
#include <vector>

#include "thalweg/base/aligned.h"

namespace thalweg {

// By channel. Points of weight zero teach nothing: they are counted, not stored.
class PointBuffer {
 public:
  // Doubles of a stored point: coordinates, log of the density it was drawn with, weight, prior channel weights,
  // features.
  static std::size_t width(std::size_t dim, std::size_t channels, std::size_t features) {
    return dim + 2 + channels + features;
  }
  PointBuffer(std::size_t channels, std::size_t width) : width_(width), channels_(channels) {}

  void clear();
  void append(std::size_t channel, const std::vector<double>& rows, std::uint64_t points);
  std::size_t width() const { return width_; }
  // The row of one of `points()` of a channel, 0 <= u < 1; null for one of weight zero.
  const double* draw(std::size_t channel, double u) const;
  std::uint64_t points(std::size_t channel) const { return channels_[channel].points; }

 private:
  struct Channel {
    std::vector<double> rows;
    std::uint64_t points = 0;
  };
  std::size_t width_;
  std::vector<Channel> channels_;
};

}  // namespace thalweg
