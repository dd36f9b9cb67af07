#include "thalweg/diagnostics/bimodality.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace thalweg {

double bimodality(std::span<const double> values) {
  const double n = static_cast<double>(values.size());
  if (n < 4) return 0;
  double mean = 0, m2 = 0, m3 = 0, m4 = 0;
  for (const double v : values) mean += v / n;
  for (const double v : values) {
    const double d = v - mean;
    m2 += d * d / n, m3 += d * d * d / n, m4 += d * d * d * d / n;
  }
  if (!(m2 > 1e-28 * mean * mean)) return 0;  // rounding
  // Sample skewness and excess kurtosis without bias for a normal distribution.
  const double g = m3 / std::pow(m2, 1.5) * std::sqrt(n * (n - 1)) / (n - 2);
  const double k = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (m4 / (m2 * m2) - 3) + 6);
  return (g * g + 1) / (k + 3 * (n - 1) * (n - 1) / ((n - 2) * (n - 3)));
}

double distance_bimodality(std::span<const double> points, std::size_t dim) {
  const std::size_t n = std::min(points.size() / dim, kMostPoints);
  std::vector<double> distances;
  distances.reserve(n * (n - 1) / 2);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      double square = 0;
      for (std::size_t d = 0; d < dim; ++d) square += std::pow(points[i * dim + d] - points[j * dim + d], 2);
      distances.push_back(std::sqrt(square));
    }
  return bimodality(distances);
}

}  // namespace thalweg
