// What is concluded from a diagnosis, and how it is written.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "thalweg/diagnostics/map_diagnosis.h"

namespace thalweg {

ShapeComparison compare_shapes(const Distribution& a, const Distribution& b) {
  const double sum_a = std::accumulate(a.sum.begin(), a.sum.end(), 0.0);
  const double sum_b = std::accumulate(b.sum.begin(), b.sum.end(), 0.0);
  ShapeComparison result;
  if (!(sum_a != 0 && sum_b != 0)) return result;
  auto effective = [](double sum, double square) { return square > 0 ? sum * sum / square : 0; };
  for (std::size_t i = 0; i < a.sum.size(); ++i) {
    if (std::min(effective(a.sum[i], a.square[i]), effective(b.sum[i], b.square[i])) < 10) continue;
    const double error2 = a.square[i] / (sum_a * sum_a) + b.square[i] / (sum_b * sum_b);
    result.chi2 += std::pow(a.sum[i] / sum_a - b.sum[i] / sum_b, 2) / error2;
    ++result.dof;
  }
  if (--result.dof < 1) return {0, 1, 0};
  const double k = result.dof, spread = 2 / (9 * k);
  result.p = std::erfc((std::cbrt(result.chi2 / k) - (1 - spread)) / std::sqrt(2 * spread)) / 2;
  return result;
}

double Diagnosis::coverage_error() const {
  auto relative2 = [](const WeightStatistics& s) { return s.error2() / (s.mean() * s.mean()); };
  return coverage() * std::sqrt(relative2(weights) + relative2(reference));
}

double Diagnosis::flat_bimodality() const {
  double sum = 0, n = 0;
  for (const CubeResult& c : cubes)
    if (c.bimodality > 0) sum += c.bimodality, n += 1;
  return n > 0 ? sum / n : 0;
}

std::vector<std::string> Diagnosis::objections() const {
  std::vector<std::string> list;
  if (orientation.flipped_weight > kMostFlipped)
    list.push_back(fmt::format("folded: det J changes its sign; {:.3g} of the weight lies on the other side",
                               orientation.flipped_weight));
  const double off = std::abs(coverage() - 1);
  if (!(off <= kWorstCoverage || off <= 5 * coverage_error()))
    list.push_back(fmt::format("{}: the integral is {:.4f} +- {:.4f} of that of the reference",
                               coverage() < 1 ? "does not cover the cube" : "covers parts of the cube twice",
                               coverage(), coverage_error()));
  double watched = 0, two = 0;
  for (const CubeResult& c : cubes) watched += c.bimodality > 0, two += c.bimodality > kTwoClusters;
  if (two >= 3 && two > kMostTwofold * watched)
    list.push_back(
        fmt::format("not injective: of {} cubes with R >= {}, the latent points of {} form two clusters (b > {})",
                    watched, kWatchedRatio, two, kTwoClusters));
  return list;
}

nlohmann::json Diagnosis::to_json() const {
  const double maximum = weights.maximum();
  nlohmann::json json = {
      {"channel", channel},
      {"points", weights.points()},
      {"integral", {{"value", weights.mean()}, {"error", std::sqrt(weights.error2())}}},
      {"reference",
       {{"value", reference.mean()}, {"error", std::sqrt(reference.error2())}, {"points", reference.points()}}},
      {"coverage", {{"value", coverage()}, {"error", coverage_error()}}},
      {"efficiency", maximum > 0 ? weights.mean() / maximum : 0},
      {"relative_std_dev", weights.mean() != 0 ? std::sqrt(weights.variance()) / std::abs(weights.mean()) : 0},
      {"non_finite", weights.non_finite()},
      {"zero_weights", weights.points() - weights.non_zero() - weights.non_finite()},
      {"orientation",
       {{"flipped_weight", orientation.flipped_weight},
        {"flipped_points", orientation.flipped_points},
        {"degenerate", orientation.degenerate}}},
      {"weight_histogram",
       {{"counts", weight_histogram}, {"log10_from", -kWeightDecades}, {"log10_to", kWeightDecades}}},
      {"objections", objections()},
      {"usable", objections().empty()}};
  if (cubes_tested) {
    nlohmann::json worst = nlohmann::json::array(), ratios = nlohmann::json::array();
    for (const CubeResult& c : cubes) {
      ratios.push_back(c.ratio);
      if (c.ratio >= kWatchedRatio && worst.size() < kMostWatched)
        worst.push_back({{"centre", c.centre}, {"points", c.points}, {"ratio", c.ratio}, {"bimodality", c.bimodality}});
    }
    json["cubes"] = {{"side", 1.0 / kCubesAlong},  {"seen", cubes_seen},
                     {"tested", cubes.size()},     {"largest_ratio", cubes.empty() ? 0 : cubes[0].ratio},
                     {"watched", worst},           {"mean_bimodality", flat_bimodality()},
                     {"ratios", std::move(ratios)}};
  }
  for (std::size_t d = 0; d < distributions.size(); ++d) {
    const ShapeComparison shape = compare_shapes(distributions[d], reference_distributions[d]);
    json["coordinates"].push_back({{"chi2", shape.chi2},
                                   {"dof", shape.dof},
                                   {"p", shape.p},
                                   {"sum", distributions[d].sum},
                                   {"square", distributions[d].square},
                                   {"reference_sum", reference_distributions[d].sum},
                                   {"reference_square", reference_distributions[d].square}});
  }
  return json;
}

}  // namespace thalweg
