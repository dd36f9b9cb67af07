// What a trained map is worth: a bijection or not, the cube covered or not, its weights, its distributions (Chen,
// Klimek, Perelstein, SciPost Phys. 10, 023 (2021), sections 4 and 5). For any Mapping.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "thalweg/base/mapping.h"
#include "thalweg/diagnostics/cube_test.h"
#include "thalweg/sampling/foam.h"
#include "thalweg/sampling/integrand.h"
#include "thalweg/sampling/weight_statistics.h"

namespace thalweg {

struct DiagnosisConfig {
  std::uint64_t seed = 1;
  int threads = 1;
  std::uint64_t points = 1'000'000, reference_points = 4'000'000;
};

// Shares of |weight| and of points where the orientation is not that of most of the weight, and points where the
// determinant vanishes.
struct Orientation {
  double flipped_weight = 0, flipped_points = 0;
  std::uint64_t degenerate = 0;
};

// A coordinate of the cube: sums of weights and of their squares in equal bins.
inline constexpr std::size_t kDistributionBins = 50;
struct Distribution {
  std::vector<double> sum = std::vector<double>(kDistributionBins), square = sum;
};
// Of the shapes of two distributions; bins with fewer than about 10 effective entries are left out. p by Wilson and
// Hilferty's approximation, good to a few per cent of itself for 10 degrees of freedom or more.
struct ShapeComparison {
  double chi2 = 0, p = 1;
  int dof = 0;
};
ShapeComparison compare_shapes(const Distribution& a, const Distribution& b);

struct Diagnosis {
  std::string channel;
  WeightStatistics weights, reference;  // of map and reference, alpha f / g
  Orientation orientation;
  bool cubes_tested = false;
  std::uint64_t cubes_seen = 0;
  std::vector<CubeResult> cubes;                                     // with enough points, by falling R
  std::vector<Distribution> distributions, reference_distributions;  // by coordinate
  std::vector<std::uint64_t> weight_histogram;                       // of log10(|w| / <w>), see kWeightEdges

  double coverage() const { return weights.mean() / reference.mean(); }  // I_MC / I_true
  double coverage_error() const;
  double flat_bimodality() const;  // mean b of the watched cubes
  // Why the map must not be used for unweighting; empty if it may.
  std::vector<std::string> objections() const;
  nlohmann::json to_json() const;
};

// Weights from 10^-4 to 10^4 of their mean, in quarter decades; what lies beyond is in the first or the last.
inline constexpr double kWeightDecades = 4;
inline constexpr std::size_t kWeightBins = 32;

// Limits of `objections`.
inline constexpr double kMostFlipped = 1e-3;    // share of the weight
inline constexpr double kWorstCoverage = 0.01;  // |1 - I_MC / I_true|, if it is 5 errors off, too
inline constexpr double kTwoClusters = 0.7;     // b; 5/9 is one flat cluster, 1 two points
inline constexpr double kMostTwofold = 0.25;  // share of such cubes: a long cluster of uneven density reaches 0.7, too

// cells (or null) lie in front of `map`; `reference` is a map that surely covers the cube, such as a VEGAS grid. The
// R test sees the points between cells and map. `report` gets the points done of all passes.
Diagnosis diagnose(const Integrand& integrand, std::size_t channel, const Foam* cells, const Mapping& map,
                   const Mapping& reference, const DiagnosisConfig& config,
                   const std::function<void(std::uint64_t)>& report);
std::uint64_t points_of_all_passes(const DiagnosisConfig& config);

// Orientation alone, with `points` points.
Orientation orientation_of(const Integrand& integrand, std::size_t channel, const Mapping& map, std::uint64_t points,
                           std::uint64_t seed, int threads);

// Weights alone.
WeightStatistics weigh(const Integrand& integrand, std::size_t channel, const Mapping& map, std::uint64_t points,
                       std::uint64_t seed, int threads);

}  // namespace thalweg
