#include "thalweg/sampling/point_buffer.h"

namespace thalweg {

PointBuffer::PointBuffer(const Integrand& integrand, bool with_features) : rows_(integrand.channels()) {
  for (std::size_t c = 0; c < integrand.channels(); ++c)
    width_.push_back(integrand.dim() + 2 + integrand.part_of(c).size + (with_features ? integrand.features() : 0));
}

void PointBuffer::clear() {
  for (auto& rows : rows_) rows.clear();
}

void PointBuffer::append(std::size_t channel, const std::vector<double>& rows) {
  rows_[channel].insert(rows_[channel].end(), rows.begin(), rows.end());
}

const double* PointBuffer::draw(std::size_t channel, double u) const {
  const auto i = static_cast<std::size_t>(u * static_cast<double>(points(channel)));
  return rows_[channel].data() + i * width_[channel];
}

}  // namespace thalweg
