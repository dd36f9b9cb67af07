#include "thalweg/sampling/weight_statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

namespace thalweg {
namespace {

std::vector<double> weights(std::size_t n) {
  std::mt19937_64 random(1);
  std::exponential_distribution<double> exponential(1);
  std::vector<double> w(n);
  for (double& x : w) x = exponential(random) < 0.2 ? 0 : exponential(random);
  return w;
}

TEST(WeightStatistics, MomentsAndMerging) {
  const auto w = weights(10'000);
  WeightStatistics whole, a, b;
  double sum = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    whole.add(w[i]);
    (i < 3000 ? a : b).add(w[i]);
    sum += w[i];
  }
  a.merge(b);
  const double mean = sum / 10'000;
  double variance = 0;
  for (double x : w) variance += (x - mean) * (x - mean) / 9'999;
  for (const auto& s : {whole, a}) {
    EXPECT_EQ(s.points(), 10'000u);
    EXPECT_NEAR(s.mean(), mean, 1e-12);
    EXPECT_NEAR(s.variance(), variance, 1e-11);
    EXPECT_EQ(s.maximum(), *std::max_element(w.begin(), w.end()));
  }
}

TEST(WeightStatistics, BudgetMaximumKeepsItsPromise) {
  const auto w = weights(50'000);
  WeightStatistics s;
  for (double x : w) s.add(x);
  for (double share : {0.0, 1e-3, 1e-2, 0.1}) {
    const double w_max = s.budget_maximum(share);
    double above = 0, total = 0, above_lower = 0;
    for (double x : w) {
      above += std::max(0.0, x - w_max);
      above_lower += std::max(0.0, x - w_max * (1 - 0.0042));
      total += x;
    }
    EXPECT_LE(above, share * total);
    EXPECT_NEAR(s.overweight(w_max), above, 1e-9 * total);
    if (share > 0) {
      EXPECT_GT(above_lower, share * total * 0.99);  // and not lower than it must be
    }
  }
}

// The median of replica maxima against real replicas.
TEST(WeightStatistics, BootstrapMaximumIsTheMedianOfReplicas) {
  const auto w = weights(20'000);
  WeightStatistics s;
  std::vector<double> non_zero;
  for (double x : w) {
    s.add(x);
    if (x > 0) non_zero.push_back(x);
  }
  std::mt19937_64 random(2);
  std::uniform_int_distribution<std::size_t> draw(0, non_zero.size() - 1);
  std::vector<double> maxima;
  for (int replica = 0; replica < 2001; ++replica) {
    double m = 0;
    for (int i = 0; i < 1500; ++i) m = std::max(m, non_zero[draw(random)]);
    maxima.push_back(m);
  }
  std::sort(maxima.begin(), maxima.end());
  // the median of 2001 replicas lies between their 44.4 % and 55.6 % quantiles at 5 sigma
  EXPECT_GE(s.bootstrap_maximum(1500), maxima[888]);
  EXPECT_LE(s.bootstrap_maximum(1500), maxima[1112]);
}

TEST(WeightStatistics, SignsAndZerosAreHandled) {
  WeightStatistics s;
  for (double x : {1.0, -2.0, 0.0, 0.5}) s.add(x);
  s.add_non_finite();
  EXPECT_EQ(s.non_zero(), 3u);
  EXPECT_EQ(s.points(), 5u);
  EXPECT_EQ(s.non_finite(), 1u);
  EXPECT_EQ(s.maximum(), 2.0);
  EXPECT_EQ(s.absolute_sum(), 3.5);
  EXPECT_EQ(WeightStatistics().budget_maximum(0.1), 0);
}

TEST(WeightStatistics, JsonRoundTripIsExact) {
  WeightStatistics s;
  for (double x : weights(5000)) s.add(x);
  const auto back = WeightStatistics::from_json(nlohmann::json::parse(s.to_json().dump()));
  EXPECT_EQ(back.mean(), s.mean());
  EXPECT_EQ(back.variance(), s.variance());
  EXPECT_EQ(back.budget_maximum(1e-3), s.budget_maximum(1e-3));
  EXPECT_EQ(back.bootstrap_maximum(500), s.bootstrap_maximum(500));
}

}  // namespace
}  // namespace thalweg
