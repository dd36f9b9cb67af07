#include "thalweg/diagnostics/cube_test.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <limits>

#include "thalweg/base/errors.h"
#include "thalweg/diagnostics/bimodality.h"

namespace thalweg {

CubeTest::CubeTest(std::size_t dim) : dim_(dim) {
  if (dim < 1 || dim > kMostTestedDim) request_error("cubes need 1 to {} dimensions, not {}", kMostTestedDim, dim);
}

std::uint64_t CubeTest::cube_of(const Batch& y, std::size_t e) const {
  std::uint64_t cube = 0;
  for (std::size_t d = 0; d < dim_; ++d) {
    const auto along = static_cast<std::uint64_t>(y.row(d)[e] * static_cast<double>(kCubesAlong));
    cube = cube * kCubesAlong + std::min<std::uint64_t>(along, kCubesAlong - 1);
  }
  return cube;
}

void CubeTest::count(const Batch& y) {
  for (std::size_t e = 0; e < y.size; ++e) ++counts_[cube_of(y, e)];
}

void CubeTest::measure(const Batch& x, const Batch& y) {
  if (moments_.empty())
    for (const auto& [cube, n] : counts_)
      if (n >= kFewestInCube)
        moments_[cube] = {0, std::vector<double>(dim_), std::vector<double>(dim_ * (dim_ + 1) / 2)};
  std::vector<double> before(dim_);
  for (std::size_t e = 0; e < y.size; ++e) {
    const auto found = moments_.find(cube_of(y, e));
    if (found == moments_.end()) continue;
    Moments& m = found->second;
    const double n = static_cast<double>(++m.n);
    for (std::size_t d = 0; d < dim_; ++d) {
      before[d] = x.row(d)[e] - m.mean[d];
      m.mean[d] += before[d] / n;
    }
    for (std::size_t i = 0, k = 0; i < dim_; ++i)
      for (std::size_t j = i; j < dim_; ++j) m.product[k++] += before[i] * (x.row(j)[e] - m.mean[j]);
  }
}

double CubeTest::ratio(const Moments& m) const {
  if (dim_ == 1) return 1;
  const auto n = static_cast<Eigen::Index>(dim_);
  Eigen::MatrixXd covariance(n, n);
  std::size_t k = 0;
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = i; j < n; ++j) covariance(i, j) = covariance(j, i) = m.product[k++];
  const auto values = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(covariance, Eigen::EigenvaluesOnly).eigenvalues();
  const double second = values(n - 2);
  return second > 0 ? values(n - 1) / second : std::numeric_limits<double>::max();
}

void CubeTest::watch(const Batch& x, const Batch& y) {
  if (watched_.empty()) {
    std::vector<std::pair<double, std::uint64_t>> large;
    for (const auto& [cube, m] : moments_)
      if (const double r = ratio(m); r >= kWatchedRatio) large.emplace_back(-r, cube);
    std::sort(large.begin(), large.end());
    for (std::size_t i = 0; i < std::min(large.size(), kMostWatched); ++i) watched_[large[i].second];
  }
  for (std::size_t e = 0; e < y.size; ++e)
    if (const auto found = watched_.find(cube_of(y, e));
        found != watched_.end() && found->second.size() < kMostPoints * dim_)
      for (std::size_t d = 0; d < dim_; ++d) found->second.push_back(x.row(d)[e]);
}

std::vector<CubeResult> CubeTest::results() {
  std::vector<CubeResult> results;
  for (const auto& [cube, m] : moments_) {
    CubeResult& r = results.emplace_back(CubeResult{std::vector<double>(dim_), m.n, ratio(m), 0});
    std::uint64_t rest = cube;
    for (std::size_t d = dim_; d-- > 0; rest /= kCubesAlong)
      r.centre[d] = (static_cast<double>(rest % kCubesAlong) + 0.5) / static_cast<double>(kCubesAlong);
    if (const auto found = watched_.find(cube); found != watched_.end())
      r.bimodality = distance_bimodality(found->second, dim_);
  }
  std::sort(results.begin(), results.end(), [](const CubeResult& a, const CubeResult& b) {
    return a.ratio != b.ratio ? a.ratio > b.ratio : a.centre < b.centre;
  });
  return results;
}

}  // namespace thalweg
