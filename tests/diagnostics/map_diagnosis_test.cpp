// Bimodality and R on samples with known answers; maps that are bijections, folded, and too small.
#include "thalweg/diagnostics/map_diagnosis.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "thalweg/base/errors.h"
#include "thalweg/base/random.h"
#include "thalweg/diagnostics/bimodality.h"
#include "thalweg/sampling/vegas.h"

namespace thalweg {
namespace {

TEST(Bimodality, KnownDistributions) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::normal_distribution<double> normal(0, 1);
  std::vector<double> flat(200'000), gauss(200'000), two(1000);
  for (double& v : flat) v = uniform(random);
  for (double& v : gauss) v = normal(random);
  for (std::size_t i = 0; i < two.size(); ++i) two[i] = i % 2 ? 3 : 7;
  EXPECT_NEAR(bimodality(flat), 5.0 / 9, 0.005);
  EXPECT_NEAR(bimodality(gauss), 1.0 / 3, 0.02);
  EXPECT_NEAR(bimodality(two), 1, 0.01);
  EXPECT_EQ(bimodality(std::vector<double>(10, 4.0)), 0);
  EXPECT_EQ(bimodality(std::vector<double>{1, 2, 3}), 0);
}

TEST(Bimodality, DistancesOfTwoClustersAreBimodal) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> uniform(0, 0.05);
  std::vector<double> one, two;
  for (int i = 0; i < 200; ++i)
    for (int d = 0; d < 3; ++d) {
      one.push_back(uniform(random));
      two.push_back(uniform(random) + (i % 2 ? 0.5 : 0));
    }
  EXPECT_LT(distance_bimodality(one, 3), 0.6);
  EXPECT_GT(distance_bimodality(two, 3), 0.95);
}

class Product : public Integrand {
 public:
  std::size_t dim() const override { return 3; }
  std::size_t channels() const override { return 1; }
  std::string channel_name(std::size_t) const override { return "only"; }
  void evaluate(std::size_t, const Batch& y, const Evaluation& out, Arena&) const override {
    for (std::size_t e = 0; e < y.size; ++e) {
      out.weight[e] = 8 * y.row(0)[e] * y.row(1)[e] * y.row(2)[e];
      set_alpha(out, 0, e, std::array{1.0});
    }
  }
};

// x -> y in the first coordinate, the others as they are.
class FirstCoordinate : public Mapping {
 public:
  struct Image {
    double y, slope;
  };
  using F = Image (*)(double);
  explicit FirstCoordinate(F f) : f_(f) {}
  std::size_t dim() const override { return 3; }
  void forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const override {
    for (std::size_t e = 0; e < in.size; ++e) {
      const Image image = f_(in.row(0)[e]);
      out.row(0)[e] = image.y;
      log_jacobian[e] = std::log(std::abs(image.slope));
      for (std::size_t d = 1; d < 3; ++d) out.row(d)[e] = in.row(d)[e];
    }
  }
  bool has_inverse() const override { return false; }
  void inverse(const Batch&, const Batch&, std::span<double>) const override {}
  void orientation(const Batch& in, std::span<double> sign) const override {
    for (std::size_t e = 0; e < in.size; ++e) sign[e] = f_(in.row(0)[e]).slope > 0 ? 1 : -1;
  }

 private:
  F f_;
};

Diagnosis diagnosis_of(const Mapping& map, int threads = 1) {
  const Product f;
  const VegasGrid flat(3, 2);
  DiagnosisConfig config;
  config.threads = threads, config.points = 200'000, config.reference_points = 200'000;
  std::uint64_t reported = 0;
  const Diagnosis d = diagnose(f, 0, nullptr, map, flat, config, [&](std::uint64_t done) { reported = done; });
  EXPECT_EQ(reported, points_of_all_passes(config));
  return d;
}

TEST(MapDiagnosis, ABijectionIsUsable) {
  const Diagnosis d = diagnosis_of(FirstCoordinate([](double x) { return FirstCoordinate::Image{x * x, 2 * x}; }));
  EXPECT_TRUE(d.objections().empty());
  EXPECT_NEAR(d.weights.mean(), 1, 5 * std::sqrt(d.weights.error2()));  // false alarm 6e-7, as below
  EXPECT_NEAR(d.coverage(), 1, 5 * d.coverage_error());
  EXPECT_EQ(d.orientation.flipped_weight, 0);
  ASSERT_EQ(d.cubes.size(), 1000u);
  // 200 points of a box that the map makes long: 1:3 at most, but for the first cube.
  EXPECT_LT(d.cubes[0].ratio, 20);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_GT(compare_shapes(d.distributions[i], d.reference_distributions[i]).p, 1e-6);
  EXPECT_TRUE(d.to_json().at("usable").get<bool>());
}

// |2 x - 1| counts everything twice: orientation, integral, R and b all show it.
TEST(MapDiagnosis, AFoldIsFound) {
  const Diagnosis d = diagnosis_of(FirstCoordinate([](double x) {
    return x < 0.4 ? FirstCoordinate::Image{1 - x / 0.4, -2.5} : FirstCoordinate::Image{(x - 0.4) / 0.6, 1 / 0.6};
  }));
  EXPECT_NEAR(d.orientation.flipped_weight, 0.5, 0.01);
  EXPECT_NEAR(d.orientation.flipped_points, 0.4, 0.01);
  EXPECT_NEAR(d.coverage(), 2, 5 * d.coverage_error());
  EXPECT_GT(d.cubes[0].ratio, 50);
  EXPECT_GT(d.flat_bimodality(), 0.8);
  EXPECT_EQ(d.objections().size(), 3u);
  EXPECT_FALSE(d.to_json().at("usable").get<bool>());
}

TEST(MapDiagnosis, AMapThatDoesNotCoverIsFound) {
  const Diagnosis d = diagnosis_of(FirstCoordinate([](double x) { return FirstCoordinate::Image{0.9 * x, 0.9}; }));
  EXPECT_NEAR(d.coverage(), 0.81, 5 * d.coverage_error());
  ASSERT_EQ(d.objections().size(), 1u);
  EXPECT_NE(d.objections()[0].find("does not cover"), std::string::npos);
}

TEST(MapDiagnosis, IsTheSameForAnyNumberOfThreads) {
  const FirstCoordinate map([](double x) { return FirstCoordinate::Image{x * x, 2 * x}; });
  EXPECT_EQ(diagnosis_of(map, 1).to_json(), diagnosis_of(map, 3).to_json());
}

TEST(MapDiagnosis, ZeroDeterminantsAreCountedAndDoNotMatter) {
  const Diagnosis d = diagnosis_of(FirstCoordinate([](double x) {
    return x < 0.5 ? FirstCoordinate::Image{0.25, 0} : FirstCoordinate::Image{2 * x - 1, 2};
  }));
  EXPECT_NEAR(static_cast<double>(d.orientation.degenerate), 100'000, 2000);
  EXPECT_NEAR(d.coverage(), 1, 5 * d.coverage_error());
}

// The p of equal shapes is uniform: its mean over many pairs, and that of shapes that differ is tiny.
TEST(ShapeComparison, PValuesAreUniformForEqualShapes) {
  std::mt19937_64 random(3);
  double sum = 0;
  const int pairs = 300;
  for (int k = 0; k < pairs; ++k) {
    Distribution a, b;
    for (auto* d : {&a, &b}) {
      std::uniform_real_distribution<double> weight(0, 2);
      for (int i = 0; i < 20'000; ++i) {
        const std::size_t bin = random() % kDistributionBins;
        const double w = weight(random);
        d->sum[bin] += w, d->square[bin] += w * w;
      }
    }
    sum += compare_shapes(a, b).p;
  }
  EXPECT_NEAR(sum / pairs, 0.5, 5 / std::sqrt(12.0 * pairs));
  Distribution flat, tilted;
  for (std::size_t i = 0; i < kDistributionBins; ++i)
    flat.sum[i] = flat.square[i] = 1000, tilted.sum[i] = tilted.square[i] = 700 + 12.0 * static_cast<double>(i);
  EXPECT_LT(compare_shapes(flat, tilted).p, 1e-6);
  EXPECT_EQ(compare_shapes(Distribution(), flat).dof, 0);
}

TEST(CubeTest, DimensionsOutOfRangeAreRefused) {
  EXPECT_THROW(CubeTest(0), RequestError);
  EXPECT_THROW(CubeTest(kMostTestedDim + 1), RequestError);
}

}  // namespace
}  // namespace thalweg
