#include "thalweg/sampling/point_buffer.h"

namespace thalweg {

void PointBuffer::clear() {
  for (Channel& c : channels_) c.rows.clear(), c.points = 0;
}

void PointBuffer::append(std::size_t channel, const std::vector<double>& rows, std::uint64_t points) {
  Channel& c = channels_[channel];
  c.rows.insert(c.rows.end(), rows.begin(), rows.end());
  c.points += points;
}

const double* PointBuffer::draw(std::size_t channel, double u) const {
  const Channel& c = channels_[channel];
  const auto i = static_cast<std::size_t>(u * static_cast<double>(c.points));
  return (i + 1) * width_ <= c.rows.size() ? c.rows.data() + i * width_ : nullptr;
}

}  // namespace thalweg
