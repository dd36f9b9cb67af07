#include "thalweg/sampling/vegas.h"

#include <algorithm>
#include <cmath>

#include "thalweg/base/json_reader.h"

namespace thalweg {

VegasGrid::VegasGrid(std::size_t dim, std::size_t bins) : dim_(dim), bins_(bins), edges_(dim * (bins + 1)) {
  for (std::size_t d = 0; d < dim; ++d)
    for (std::size_t k = 0; k <= bins; ++k)
      edges_[d * (bins + 1) + k] = static_cast<double>(k) / static_cast<double>(bins);
}

void VegasGrid::set_edges(std::size_t d, std::span<const double> edges) {
  std::copy(edges.begin(), edges.end(), edges_.begin() + static_cast<std::ptrdiff_t>(d * (bins_ + 1)));
}

void VegasGrid::forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const {
  const double k = static_cast<double>(bins_);
  for (std::size_t e = 0; e < in.size; ++e) {
    double jacobian = 1;
    for (std::size_t d = 0; d < dim_; ++d) {
      const double position = in.row(d)[e] * k;
      const auto bin = std::min(static_cast<std::size_t>(position), bins_ - 1);
      const auto w = edges(d);
      const double width = w[bin + 1] - w[bin];
      out.row(d)[e] = std::min(w[bin] + (position - static_cast<double>(bin)) * width, 1.0);
      jacobian *= k * width;
    }
    log_jacobian[e] = std::log(jacobian);
  }
}

void VegasGrid::inverse(const Batch& in, const Batch& out, std::span<double> log_jacobian) const {
  const double k = static_cast<double>(bins_);
  for (std::size_t e = 0; e < in.size; ++e) {
    double jacobian = 1;
    for (std::size_t d = 0; d < dim_; ++d) {
      const auto w = edges(d);
      const double x = in.row(d)[e];
      auto bin = static_cast<std::size_t>(std::upper_bound(w.begin(), w.end(), x) - w.begin());
      bin = std::clamp<std::size_t>(bin, 1, bins_) - 1;
      const double width = w[bin + 1] - w[bin];
      out.row(d)[e] = (static_cast<double>(bin) + (x - w[bin]) / width) / k;
      jacobian *= k * width;
    }
    log_jacobian[e] = -std::log(jacobian);
  }
}

void VegasGrid::accumulate(const Batch& z, std::span<const double> weight, std::span<double> sums) const {
  for (std::size_t d = 0; d < dim_; ++d)
    for (std::size_t e = 0; e < z.size; ++e) {
      const auto bin = std::min(static_cast<std::size_t>(z.row(d)[e] * static_cast<double>(bins_)), bins_ - 1);
      sums[d * bins_ + bin] += weight[e] * weight[e];
    }
}

namespace {

// Lepage's smoothing (1 6 1)/8 with ends (7 1)/8, then d -> ((1 - d)/ln(1/d))^damping of d normalised.
std::vector<double> importance(std::span<const double> sums, double damping) {
  const std::size_t n = sums.size();
  std::vector<double> d(n);
  double total = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const double below = k > 0 ? sums[k - 1] : sums[k], above = k + 1 < n ? sums[k + 1] : sums[k];
    d[k] = (below + 6 * sums[k] + above) / 8;
    total += d[k];
  }
  if (!(total > 0) || !std::isfinite(total)) return {};
  for (double& v : d) {
    const double share = v / total;
    // the limit of (1 - d)/ln(1/d) is 0 at d = 0 and 1 at d = 1
    const double damped = share <= 0 ? 0 : share >= 1 ? 1 : (1 - share) / std::log(1 / share);
    v = std::pow(damped, damping);
  }
  return d;
}

}  // namespace

void VegasGrid::adapt(std::span<const double> sums, double damping) {
  for (std::size_t d = 0; d < dim_; ++d) {
    const auto weight = importance(sums.subspan(d * bins_, bins_), damping);
    if (weight.empty()) continue;
    double total = 0;
    for (double w : weight) total += w;
    const auto old = edges(d);
    std::vector<double> moved(bins_ + 1);
    moved[0] = 0;
    moved[bins_] = 1;
    double collected = 0;
    std::size_t bin = 0;
    const double share = total / static_cast<double>(bins_);
    for (std::size_t k = 1; k < bins_; ++k) {
      const double wanted = share * static_cast<double>(k);
      while (bin + 1 < bins_ && collected + weight[bin] < wanted) collected += weight[bin++];
      const double part = weight[bin] > 0 ? (wanted - collected) / weight[bin] : 0;
      moved[k] = old[bin] + std::clamp(part, 0.0, 1.0) * (old[bin + 1] - old[bin]);
    }
    // A bin must keep a width: a density stays finite and the inverse defined.
    bool good = true;
    for (std::size_t k = 0; k < bins_; ++k) good &= moved[k + 1] - moved[k] > 1e-13;
    if (good) set_edges(d, moved);
  }
}

nlohmann::json VegasGrid::to_json() const {
  nlohmann::json json = nlohmann::json::array();
  for (std::size_t d = 0; d < dim_; ++d) json.push_back(std::vector<double>(edges(d).begin(), edges(d).end()));
  return json;
}

VegasGrid VegasGrid::from_json(const JsonReader& json) {
  constexpr std::size_t kMostDim = 1000, kMostBins = 1'000'000;
  const std::size_t dim = json.size(1, kMostDim), bins = json.at(0).size(2, kMostBins + 1) - 1;
  for (std::size_t d = 1; d < dim; ++d) json.at(d).size(bins + 1, bins + 1);  // before the memory is taken
  VegasGrid grid(dim, bins);
  for (std::size_t d = 0; d < dim; ++d) {
    const JsonReader row = json.at(d);
    const auto edges = row.numbers(bins + 1, 0, 1);
    bool good = edges.front() == 0 && edges.back() == 1;
    for (std::size_t k = 0; good && k < bins; ++k) good = edges[k + 1] > edges[k];
    if (!good) row.fail("the edges of a VEGAS grid that do not ascend from 0 to 1");
    grid.set_edges(d, edges);
  }
  return grid;
}

}  // namespace thalweg
