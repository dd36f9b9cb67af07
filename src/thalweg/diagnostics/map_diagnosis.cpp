#include "thalweg/diagnostics/map_diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "thalweg/base/interrupt.h"
#include "thalweg/base/ordered_pipeline.h"
#include "thalweg/base/random.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kPointsAtOnce = 4096;

// Points that went through a map: owned, so that they outlive the arena that they came from.
struct Points {
  std::size_t dim = 0, n = 0;
  std::vector<double> latent, image;  // [dim][n]
  std::vector<double> weight, sign;
  Batch rows(std::vector<double>& v) const { return {v.data(), n, dim, n}; }
};

enum class What { places, weights, weights_and_signs };

Points draw(const Integrand& integrand, std::size_t channel, const Foam* cells, const Mapping& map, RandomStream random,
            std::size_t n, What what, Arena& arena) {
  Points p{
      integrand.dim(), n, std::vector<double>(integrand.dim() * n), std::vector<double>(integrand.dim() * n), {}, {}};
  const Batch latent = p.rows(p.latent), image = p.rows(p.image);
  for (std::size_t e = 0; e < n; ++e)
    for (std::size_t d = 0; d < p.dim; ++d) latent.row(d)[e] = random.next();
  const auto by_cells = arena.take<double>(n), by_map = arena.take<double>(n);
  std::fill(by_cells.begin(), by_cells.end(), 0.0);
  if (cells) cells->forward(latent, latent, by_cells);
  map.forward(latent, image, by_map);
  if (what == What::places) return p;
  p.weight.resize(n);
  integrand.evaluate(channel, image, {p.weight}, arena);
  for (std::size_t e = 0; e < n; ++e) {
    const double jacobian = std::exp(by_cells[e] + by_map[e]);
    p.weight[e] = p.weight[e] == 0 ? 0 : p.weight[e] * jacobian;
  }
  if (what == What::weights) return p;
  p.sign.resize(n);
  map.orientation(latent, p.sign);
  for (std::size_t e = 0; e < n; ++e)
    if (std::isinf(by_map[e])) p.sign[e] = 0;
  return p;
}

// All points, in order; the same ones for every pass with the same iteration.
void for_all(const Integrand& integrand, std::size_t channel, const Foam* cells, const Mapping& map, What what,
             std::uint64_t points, std::uint64_t seed, std::uint32_t iteration, int threads,
             const std::function<void(Points&)>& use) {
  const std::uint64_t chunks = (points + kPointsAtOnce - 1) / kPointsAtOnce;
  ordered_pipeline<Points>(
      0, chunks, threads,
      [&](std::uint64_t k, Arena& arena) {
        throw_if_interrupted();
        const RandomStream random({seed, Phase::diagnosis, iteration, channel << 40 | k});
        return draw(integrand, channel, cells, map, random, std::min(kPointsAtOnce, points - k * kPointsAtOnce), what,
                    arena);
      },
      [&](std::uint64_t, Points& p) {
        use(p);
        return true;
      });
}

void add(WeightStatistics& statistics, std::vector<Distribution>& distributions, const Points& p) {
  for (std::size_t e = 0; e < p.n; ++e) {
    const double w = p.weight[e];
    if (!std::isfinite(w)) {
      statistics.add_non_finite();
      continue;
    }
    statistics.add(w);
    for (std::size_t d = 0; d < p.dim; ++d) {
      const auto bin =
          std::min(static_cast<std::size_t>(p.image[d * p.n + e] * kDistributionBins), kDistributionBins - 1);
      distributions[d].sum[bin] += w;
      distributions[d].square[bin] += w * w;
    }
  }
}

// Sums by orientation: +1, -1.
struct Signs {
  double weight[2] = {0, 0};
  std::uint64_t points[2] = {0, 0}, degenerate = 0;
  void add(const Points& p) {
    for (std::size_t e = 0; e < p.n; ++e) {
      if (p.sign[e] == 0) {
        ++degenerate;
        continue;
      }
      const std::size_t side = p.sign[e] < 0;
      ++points[side];
      if (std::isfinite(p.weight[e])) weight[side] += std::abs(p.weight[e]);
    }
  }
  Orientation result() const {
    const std::size_t other = weight[0] >= weight[1];
    const double all = weight[0] + weight[1], n = static_cast<double>(points[0] + points[1]);
    return {all > 0 ? weight[other] / all : 0, n > 0 ? static_cast<double>(points[other]) / n : 0, degenerate};
  }
};

std::size_t weight_bin(double relative) {
  const double place =
      (std::log10(relative) + kWeightDecades) / (2 * kWeightDecades) * static_cast<double>(kWeightBins);
  return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(kWeightBins) - 0.5));
}

}  // namespace

std::uint64_t points_of_all_passes(const DiagnosisConfig& config) {
  return 3 * config.points + config.reference_points;
}

Orientation orientation_of(const Integrand& integrand, std::size_t channel, const Mapping& map, std::uint64_t points,
                           std::uint64_t seed, int threads) {
  Signs signs;
  for_all(integrand, channel, nullptr, map, What::weights_and_signs, points, seed, 2, threads,
          [&](Points& p) { signs.add(p); });
  return signs.result();
}

WeightStatistics weigh(const Integrand& integrand, std::size_t channel, const Mapping& map, std::uint64_t points,
                       std::uint64_t seed, int threads) {
  WeightStatistics statistics;
  std::vector<Distribution> ignored(integrand.dim());
  for_all(integrand, channel, nullptr, map, What::weights, points, seed, 3, threads,
          [&](Points& p) { add(statistics, ignored, p); });
  return statistics;
}

Diagnosis diagnose(const Integrand& integrand, std::size_t channel, const Foam* cells, const Mapping& map,
                   const Mapping& reference, const DiagnosisConfig& config,
                   const std::function<void(std::uint64_t)>& report) {
  const std::size_t dim = integrand.dim();
  Diagnosis result;
  result.channel = integrand.channel_name(channel);
  result.distributions.resize(dim);
  result.reference_distributions.resize(dim);
  result.weight_histogram.resize(kWeightBins);
  std::uint64_t done = 0;
  auto pass = [&](const Foam* front, const Mapping& through, What what, std::uint64_t points, std::uint32_t iteration,
                  const std::function<void(Points&)>& use) {
    for_all(integrand, channel, front, through, what, points, config.seed, iteration, config.threads, [&](Points& p) {
      use(p);
      report(done += p.n);
    });
  };
  pass(nullptr, reference, What::weights, config.reference_points, 0,
       [&](Points& p) { add(result.reference, result.reference_distributions, p); });
  Signs signs;
  std::optional<CubeTest> cubes;
  if (dim <= kMostTestedDim) cubes.emplace(dim);
  pass(cells, map, What::weights_and_signs, config.points, 1, [&](Points& p) {
    add(result.weights, result.distributions, p);
    signs.add(p);
    if (cubes) cubes->count(p.rows(p.image));
  });
  result.orientation = signs.result();
  // The histogram needs the mean; the cubes their counts.
  const double scale = 1 / std::max(std::abs(result.weights.mean()), 1e-300);
  pass(cells, map, What::weights, config.points, 1, [&](Points& p) {
    for (const double w : p.weight)
      if (w != 0 && std::isfinite(w)) ++result.weight_histogram[weight_bin(std::abs(w) * scale)];
    if (cubes) cubes->measure(p.rows(p.latent), p.rows(p.image));
  });
  if (!cubes) return result;
  pass(cells, map, What::places, config.points, 1, [&](Points& p) { cubes->watch(p.rows(p.latent), p.rows(p.image)); });
  result.cubes_tested = true;
  result.cubes_seen = cubes->cubes_seen();
  result.cubes = cubes->results();
  return result;
}

}  // namespace thalweg
