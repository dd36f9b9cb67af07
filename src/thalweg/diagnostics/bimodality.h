// Bimodality of a sample, and of the pairwise distances of points (Chen, Klimek, Perelstein, SciPost Phys. 10, 023
// (2021), eq. 12).
#pragma once

#include <cstddef>
#include <span>

namespace thalweg {

// b = (g^2 + 1) / (k + 3 (n - 1)^2 / ((n - 2) (n - 3))) with skewness g and excess kurtosis k of n values: 5/9 for a
// flat distribution, 1 for two points. 0 for fewer than 4 values or no spread.
double bimodality(std::span<const double> values);

// Of the distances of all pairs of points, rows of `dim` doubles; of the first kMostPoints.
double distance_bimodality(std::span<const double> points, std::size_t dim);
inline constexpr std::size_t kMostPoints = 1000;

}  // namespace thalweg
