#include "thalweg/sampling/point_buffer.h"

namespace thalweg {

void PointBuffer::clear() {
  for (auto& rows : rows_) rows.clear();
}

void PointBuffer::append(std::size_t channel, const std::vector<double>& rows) {
  rows_[channel].insert(rows_[channel].end(), rows.begin(), rows.end());
}

const double* PointBuffer::draw(std::size_t channel, double u) const {
  const auto i = static_cast<std::size_t>(u * static_cast<double>(points(channel)));
  return rows_[channel].data() + i * width_;
}

}  // namespace thalweg
