// Injectivity by small cubes of the image (Chen, Klimek, Perelstein, SciPost Phys. 10, 023 (2021), section 5.2): the
// latent points that map into one form a single cluster where the map is injective, several where it is folded.
//
//   R = largest / second largest eigenvalue of the covariance of the latent points of a cube
//   b = bimodality of their pairwise distances, for cubes with R >= kWatchedRatio
// Three passes over the same points: count, then measure, then watch. Foldings smaller than a cube are not seen.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "thalweg/base/aligned.h"

namespace thalweg {

inline constexpr std::size_t kCubesAlong = 10;      // cubes of side 0.1
inline constexpr std::uint64_t kFewestInCube = 20;  // points; cubes with fewer are left out
inline constexpr double kWatchedRatio = 20;         // R from which on distances are looked at
inline constexpr std::size_t kMostWatched = 1000;   // cubes, those with the largest R
inline constexpr std::size_t kMostTestedDim = 16;

struct CubeResult {
  std::vector<double> centre;  // of the cube
  std::uint64_t points = 0;
  double ratio = 0;       // R; 1 in one dimension
  double bimodality = 0;  // b; 0 where it was not looked at
};

class CubeTest {
 public:
  explicit CubeTest(std::size_t dim);  // 1 to kMostTestedDim

  // Latent points x and their images y, rows of [0,1].
  void count(const Batch& y);
  void measure(const Batch& x, const Batch& y);  // begins when all is counted
  void watch(const Batch& x, const Batch& y);    // begins when all is measured
  // Of cubes with enough points, by falling R; with b after `watch`.
  std::vector<CubeResult> results();
  std::uint64_t cubes_seen() const { return counts_.size(); }

 private:
  struct Moments {
    std::uint64_t n = 0;
    std::vector<double> mean, product;  // running means; sums of products of deviations, upper triangle by rows
  };
  std::uint64_t cube_of(const Batch& y, std::size_t e) const;
  double ratio(const Moments& moments) const;

  std::size_t dim_;
  std::unordered_map<std::uint64_t, std::uint64_t> counts_;
  std::unordered_map<std::uint64_t, Moments> moments_;
  std::unordered_map<std::uint64_t, std::vector<double>> watched_;  // latent points
};

}  // namespace thalweg
