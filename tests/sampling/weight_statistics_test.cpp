#include "thalweg/sampling/weight_statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "thalweg/base/json_reader.h"

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
  double fourth = 0;
  for (double x : w) fourth += std::pow(x - mean, 4) / 10'000;
  EXPECT_NEAR(whole.variance_of_variance() / ((fourth - variance * variance) / 10'000), 1, 0.02);
}

TEST(WeightStatistics, TailIsExact) {
  const auto w = weights(50'000);
  WeightStatistics s;
  for (double x : w) s.add(x);
  const auto tail = s.tail();
  EXPECT_EQ(tail[0].w_max, s.maximum());
  EXPECT_EQ(tail[0].over, 0);
  for (std::size_t k = 0; k < tail.size(); k += 1 + tail.size() / 20) {
    double above = 0, over = 0;
    for (double x : w) {
      above += k > 0 && x >= tail[k].w_max;
      over += std::max(0.0, x - tail[k].w_max);
    }
    EXPECT_NEAR(tail[k].share * 50'000, above, 1e-6);
    EXPECT_NEAR(tail[k].over * 50'000, over, 1e-9 * s.absolute_sum());
    if (k > 0) {
      EXPECT_LT(tail[k].w_max, tail[k - 1].w_max);
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
  EXPECT_EQ(WeightStatistics().tail()[0].w_max, 0);
}

TEST(WeightStatistics, JsonRoundTripIsExact) {
  WeightStatistics s;
  for (double x : weights(5000)) s.add(x);
  const auto back = WeightStatistics::from_json(nlohmann::json::parse(s.to_json().dump()));
  EXPECT_EQ(back.mean(), s.mean());
  EXPECT_EQ(back.variance(), s.variance());
  EXPECT_EQ(back.tail().back().over, s.tail().back().over);
  EXPECT_EQ(back.bootstrap_maximum(500), s.bootstrap_maximum(500));
}

}  // namespace
}  // namespace thalweg
