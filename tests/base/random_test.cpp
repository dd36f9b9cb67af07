#include "thalweg/base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace thalweg {
namespace {

// Known answer of Philox4x64-10 for counter 0 and key 0 (Random123, kat_vectors): 16554d9eca36314c first.
TEST(RandomStream, IsPhilox4x64) {
  RandomStream stream({0, static_cast<Phase>(0), 0, 0});
  const double expected = (static_cast<double>(0x16554d9eca36314cull >> 12) + 0.5) * 0x1p-52;
  EXPECT_EQ(stream.next(), expected);
}

TEST(RandomStream, SameNameSameNumbers) {
  RandomStream a({7, Phase::integration, 3, 11}), b({7, Phase::integration, 3, 11});
  std::vector<double> block(100);
  a.fill(block);
  for (double x : block) EXPECT_EQ(x, b.next());
}

TEST(RandomStream, EveryPartOfTheNameCounts) {
  std::set<double> first;
  for (std::uint64_t seed : {1, 2})
    for (Phase phase : {Phase::adaptation, Phase::integration, Phase::generation})
      for (std::uint32_t iteration : {0u, 1u})
        for (std::uint64_t chunk : {0, 1}) first.insert(RandomStream({seed, phase, iteration, chunk}).next());
  EXPECT_EQ(first.size(), 24u);
}

// chi^2 of 10^6 numbers in 1000 bins and the lag-1 correlation; false alarms below 1e-6 (5 sigma).
TEST(RandomStream, IsUniform) {
  RandomStream stream({1, Phase::adaptation, 0, 0});
  std::vector<int> bins(1000);
  double correlation = 0, previous = 0.5;
  constexpr int n = 1'000'000;
  for (int i = 0; i < n; ++i) {
    const double x = stream.next();
    ASSERT_GT(x, 0.0);
    ASSERT_LT(x, 1.0);
    ++bins[static_cast<std::size_t>(1000 * x)];
    correlation += (x - 0.5) * (previous - 0.5);
    previous = x;
  }
  double chi2 = 0;
  for (int count : bins) chi2 += std::pow(count - n / 1000.0, 2) / (n / 1000.0);
  EXPECT_NEAR(chi2, 999, 5 * std::sqrt(2 * 999.0));
  EXPECT_NEAR(correlation / n, 0, 5 / 12.0 / std::sqrt(n));
}

}  // namespace
}  // namespace thalweg
