#include "thalweg/sampling/channel_weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "two_peaks.h"

namespace thalweg {
namespace {

struct Points {
  Arena arena;
  Batch features, alpha;
  std::vector<double> weight;
  explicit Points(std::size_t channels, std::size_t n = 100)
      : features(Batch::take(arena, 2, n)), alpha(Batch::take(arena, channels, n)), weight(n, 1.0) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> u(0.1, 1);
    for (std::size_t e = 0; e < n; ++e) {
      for (std::size_t i = 0; i < 2; ++i) features.row(i)[e] = 10 + 5 * u(random);
      double sum = 0;
      for (std::size_t c = 0; c < channels; ++c) sum += alpha.row(c)[e] = u(random);
      for (std::size_t c = 0; c < channels; ++c) alpha.row(c)[e] /= sum;
    }
  }
  std::vector<double> row(std::size_t c) const { return {alpha.row(c), alpha.row(c) + alpha.size}; }
};

ChannelWeightNetwork network(const Points& p, bool trained) {
  ChannelWeightNetwork n({.inputs = 2, .outputs = p.alpha.dim, .hidden = 8}, 3);
  n.standardise(p.features, p.weight);
  std::mt19937_64 random(2);
  std::normal_distribution<float> normal(0, 0.3F);
  if (trained)
    for (const LinearLayer& l : n.layout().layers)
      for (std::size_t o = 0; o < l.out; ++o) {
        for (std::size_t i = 0; i < l.in; ++i) n.parameters()[l.weights + o * l.stride + i] += normal(random);
        n.parameters()[l.bias + o] += normal(random);
      }
  return n;
}

void apply(const ChannelWeightNetwork& n, Points& p) {
  MlpTape tape(n.layout());
  for (std::size_t first = 0; first < p.weight.size(); first += kFlowTile)
    n.apply_tile(0, p.features, p.weight, first, p.alpha, tape);
}

TEST(ChannelWeights, ANewNetworkLeavesThePriors) {
  Points p(3);
  const auto before = p.row(1);
  apply(network(p, false), p);
  for (std::size_t e = 0; e < before.size(); ++e) EXPECT_NEAR(p.alpha.row(1)[e], before[e], 1e-15);
}

TEST(ChannelWeights, AddUpToOneAndKeepZeros) {
  Points p(3);
  const auto before = p.row(0);
  p.alpha.row(2)[5] = 0;  // out by its prior
  p.weight[7] = 0;        // a point that cuts remove: its features may be anything
  p.features.row(0)[7] = NAN;
  p.features.row(0)[8] = 1e300;  // and far from all others
  apply(network(p, true), p);
  double moved = 0;
  for (std::size_t e = 0; e < before.size(); ++e) {
    double sum = 0;
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_GE(p.alpha.row(c)[e], 0);
      sum += p.alpha.row(c)[e];
    }
    EXPECT_NEAR(sum, 1, 1e-14);
    moved = std::max(moved, std::abs(p.alpha.row(0)[e] - before[e]));
  }
  EXPECT_EQ(p.alpha.row(2)[5], 0);
  EXPECT_GT(moved, 0.01);
}

TEST(ChannelWeights, StandardisedFeaturesHaveMeanZeroAndDeviationOne) {
  Points p(2);
  p.weight[3] = 0, p.features.row(1)[3] = 1e9;
  ChannelWeightNetwork n = network(p, false);
  double sum = 0, square = 0;
  for (std::size_t e = 0; e < p.weight.size(); ++e) {
    if (p.weight[e] == 0) continue;
    const double x = (p.features.row(1)[e] - n.shift[1]) * n.scale[1];
    sum += x, square += x * x;
  }
  EXPECT_NEAR(sum, 0, 1e-9);
  EXPECT_NEAR(square, static_cast<double>(p.weight.size() - 1), 1e-9);
}

// Of sum_e factor_e log alpha_c(e), for single parameters: central differences of the float network.
TEST(ChannelWeights, GradientMatchesFiniteDifferences) {
  Points p(3, kFlowTile);
  ChannelWeightNetwork n = network(p, true);
  const std::size_t channel = 1;
  std::vector<double> factor(kFlowTile);
  for (std::size_t e = 0; e < kFlowTile; ++e) factor[e] = 0.5 + 0.1 * static_cast<double>(e % 3);
  const Points priors(3, kFlowTile);
  auto sum = [&] {
    for (std::size_t c = 0; c < 3; ++c) std::copy_n(priors.alpha.row(c), kFlowTile, p.alpha.row(c));
    apply(n, p);
    double s = 0;
    for (std::size_t e = 0; e < kFlowTile; ++e) s += factor[e] * std::log(p.alpha.row(channel)[e]);
    return s;
  };
  sum();
  MlpTape tape(n.layout());
  for (std::size_t c = 0; c < 3; ++c) std::copy_n(priors.alpha.row(c), kFlowTile, p.alpha.row(c));
  n.apply_tile(0, p.features, p.weight, 0, p.alpha, tape);
  AlignedVector<float> gradient(n.layout().sizes.gradient());
  n.backward_tile(channel, factor, 0, p.alpha, tape, gradient.data());
  for (const LinearLayer& l : n.layout().layers)
    for (const std::size_t k : {l.weights + 1, l.bias + l.out - 1}) {
      float& q = n.parameters()[k];
      const float before = q, h = 1e-2F;
      q = before + h;
      const double up = sum();
      q = before - h;
      const double down = sum();
      q = before;
      // h^2 of third derivatives, kinks of leaky ReLU and 1e-7 / h of floats.
      EXPECT_NEAR(gradient[k], (up - down) / (2 * static_cast<double>(h)), 0.02 * (1 + std::abs(gradient[k]))) << k;
    }
}

TEST(ChannelWeights, DroppedChannelsGiveTheirShareToTheOthers) {
  Points p(3);
  const auto a = p.row(0), c = p.row(2);
  const std::uint8_t active[] = {1, 0, 1};
  use_channels(active, p.weight, p.alpha);
  for (std::size_t e = 0; e < a.size(); ++e) {
    EXPECT_EQ(p.alpha.row(1)[e], 0);
    EXPECT_NEAR(p.alpha.row(0)[e], a[e] / (a[e] + c[e]), 1e-15);
  }
}

TEST(WeightedIntegrand, ChangesNoWeightAndEverythingElsePasses) {
  const TwoPeaks prior(3);
  const WeightedIntegrand f(prior, {1, 1, 0}, std::nullopt);
  EXPECT_EQ(f.dim(), 2U);
  EXPECT_EQ(f.channels(), 3U);
  EXPECT_EQ(f.features(), 2U);
  Arena arena;
  const Batch y = Batch::take(arena, 2, 70), alpha = Batch::take(arena, 3, 70), alpha2 = Batch::take(arena, 3, 70);
  for (std::size_t e = 0; e < 70; ++e) y.row(0)[e] = y.row(1)[e] = (static_cast<double>(e) + 0.5) / 70;
  std::vector<double> w(70), w2(70);
  prior.evaluate(0, y, {w, alpha}, arena);
  f.evaluate(0, y, {w2, alpha2}, arena);
  EXPECT_EQ(w, w2);
  for (std::size_t e = 0; e < 70; ++e) EXPECT_NEAR(w[e] != 0 ? alpha2.row(0)[e] : 0.5, 0.5, 1e-15);
}

}  // namespace
}  // namespace thalweg
