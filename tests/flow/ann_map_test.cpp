// The fully connected map on every SIMD target: the plain reference, its Jacobian and gradients by finite differences,
// faces, folds.
#include "thalweg/flow/ann_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "simd_targets.h"
#include "thalweg/base/errors.h"
#include "thalweg/flow/reference_ann.h"

namespace thalweg {
namespace {

const std::vector<AnnConfig> kShapes = {
    {.dim = 1, .hidden = 3, .layers = 1},
    {.dim = 2, .hidden = 13, .layers = 3, .activation = Activation::silu, .inputs = AnnInputs::stretched},
    {.dim = 5, .hidden = 20, .layers = 4, .clip = 20},
    {.dim = 5, .hidden = 20, .layers = 4, .activation = Activation::leaky_relu, .inputs = AnnInputs::stretched},
    {.dim = 3, .hidden = 16, .layers = 5, .activation = Activation::elu, .inputs = AnnInputs::stretched},
    {.dim = 16, .hidden = 24, .layers = 3, .activation = Activation::silu},
};

AnnMap random_map(const AnnConfig& config) {
  AnnMap map(config, 3);
  std::mt19937_64 random(7);
  std::normal_distribution<float> normal(0, 0.02F);
  for (const LinearLayer& l : map.layout().layers)
    for (std::size_t o = 0; o < l.out; ++o) {
      for (std::size_t i = 0; i < l.in; ++i) map.parameters()[l.weights + o * l.stride + i] += normal(random);
      map.parameters()[l.bias + o] += normal(random);
    }
  return map;
}

struct Tile {
  explicit Tile(std::size_t dim, std::uint64_t seed = 11) : x(dim * kFlowTile), log_density(kFlowTile) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform(0.05, 0.95);
    for (double& v : x) v = uniform(random);
  }
  std::vector<double> point(std::size_t e) const {
    std::vector<double> p;
    for (std::size_t i = e; i < x.size(); i += kFlowTile) p.push_back(x[i]);
    return p;
  }
  AlignedVector<double> x, log_density;
};

std::vector<double> doubles(const AnnMap& map) { return {map.parameters().begin(), map.parameters().end()}; }

TEST(AnnMap, MatchesTheReferenceAndItsJacobianFiniteDifferences) {
  on_every_target([] {
    for (const AnnConfig& config : kShapes) {
      const AnnMap map = random_map(config);
      const auto p = doubles(map);
      for (const bool gradient : {false, true}) {
        Tile tile(config.dim);
        const Tile before = tile;
        AnnTape tape(map.layout(), gradient);
        ann_tile(map.layout(), map.parameters().data(), tile.x.data(), tape);
        for (std::size_t e = 0; e < kFlowTile; ++e) {
          const AnnPoint exact = reference_ann(map.layout(), p, before.point(e));
          for (std::size_t i = 0; i < config.dim; ++i) ASSERT_NEAR(tile.point(e)[i], exact.y[i], 2e-6);
          // Floats carry 1e-7 of entries that the determinant takes the differences of.
          ASSERT_NEAR(tape.log_jacobian[e], exact.log_jacobian, 2e-3);
          ASSERT_EQ(tape.sign[e], exact.sign);
        }
      }
    }
  });
}

// log|det| of central differences of y, in double.
TEST(AnnMap, JacobianOfTheReferenceMatchesFiniteDifferences) {
  for (const AnnConfig& config : kShapes) {
    if (config.dim > 3) continue;
    const AnnMap map = random_map(config);
    const auto p = doubles(map);
    const Tile tile(config.dim);
    for (std::size_t e = 0; e < 8; ++e) {
      const auto x = tile.point(e);
      double m[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
      for (std::size_t k = 0; k < config.dim; ++k) {
        auto up = x, down = x;
        const double h = 1e-6;
        up[k] += h, down[k] -= h;
        const auto a = reference_ann(map.layout(), p, up).y, b = reference_ann(map.layout(), p, down).y;
        for (std::size_t i = 0; i < config.dim; ++i) m[i][k] = (a[i] - b[i]) / (2 * h);
      }
      const double det = m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
                         m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
                         m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
      const AnnPoint exact = reference_ann(map.layout(), p, x);
      ASSERT_NEAR(std::log(std::abs(det)), exact.log_jacobian, 1e-4);
      ASSERT_EQ(det > 0 ? 1 : -1, exact.sign);
    }
  }
}

double factor(std::size_t e) { return 0.1 * static_cast<double>(e % 7) - 0.25; }
double image_factor(std::size_t i, std::size_t e) { return 0.3 * static_cast<double>((2 * i + e) % 5) - 0.5; }

// A few parameters of every layer.
std::vector<std::size_t> some_parameters(const AnnLayout& layout) {
  std::vector<std::size_t> some;
  for (const LinearLayer& l : layout.layers)
    for (const std::size_t k : {l.weights, l.weights + (l.out - 1) * l.stride + l.in - 1, l.bias + l.out / 2})
      some.push_back(k);
  return some;
}

void compare_with_differences(const AnnMap& map, const AlignedVector<float>& gradient, double h, const auto& sum) {
  auto q = doubles(map);
  double size = 0;
  for (const float g : gradient) size = std::max(size, std::abs(static_cast<double>(g)));
  for (const std::size_t k : some_parameters(map.layout())) {
    const double before = q[k];
    q[k] = before + h;
    const double up = sum(q);
    q[k] = before - h;
    const double down = sum(q);
    q[k] = before;
    ASSERT_NEAR(gradient[k], (up - down) / (2 * h), 2e-4 * size) << k;
  }
}

TEST(AnnMap, GradientAtFixedLatentPointsMatchesFiniteDifferences) {
  on_every_target([] {
    for (const AnnConfig& config : kShapes) {
      const AnnMap map = random_map(config);
      Tile tile(config.dim);
      const Tile before = tile;
      AnnTape tape(map.layout(), true);
      ann_tile(map.layout(), map.parameters().data(), tile.x.data(), tape);
      AlignedVector<double> by_log(kFlowTile), by_image(config.dim * kFlowTile);
      for (std::size_t e = 0; e < kFlowTile; ++e) by_log[e] = factor(e);
      for (std::size_t i = 0; i < config.dim; ++i)
        for (std::size_t e = 0; e < kFlowTile; ++e) by_image[i * kFlowTile + e] = image_factor(i, e);
      AlignedVector<float> gradient(map.parameters().size());
      ann_tile_backward(map.layout(), map.parameters().data(), by_log.data(), by_image.data(), tape, gradient.data());
      compare_with_differences(map, gradient, 1e-5, [&](const std::vector<double>& q) {
        double s = 0;
        for (std::size_t e = 0; e < kFlowTile; ++e) {
          const AnnPoint point = reference_ann(map.layout(), q, before.point(e));
          s += factor(e) * point.log_jacobian;
          for (std::size_t i = 0; i < config.dim; ++i) s += image_factor(i, e) * point.y[i];
        }
        return s;
      });
    }
  });
}

// The latent point of y, by Newton's method from x with differences as derivatives.
std::vector<double> invert(const AnnLayout& layout, std::span<const double> p, const std::vector<double>& y,
                           std::vector<double> x) {
  const std::size_t n = x.size();
  for (int step = 0; step < 6; ++step) {
    std::vector<std::vector<double>> a(n, std::vector<double>(n + 1));
    const auto now = reference_ann(layout, p, x).y;
    for (std::size_t k = 0; k < n; ++k) {
      auto up = x, down = x;
      const double h = 1e-6;
      up[k] += h, down[k] -= h;
      const auto yu = reference_ann(layout, p, up).y, yd = reference_ann(layout, p, down).y;
      for (std::size_t i = 0; i < n; ++i) a[i][k] = (yu[i] - yd[i]) / (2 * h);
    }
    for (std::size_t i = 0; i < n; ++i) a[i][n] = y[i] - now[i];
    for (std::size_t c = 0; c < n; ++c) {
      std::size_t best = c;
      for (std::size_t r = c; r < n; ++r)
        if (std::abs(a[r][c]) > std::abs(a[best][c])) best = r;
      std::swap(a[best], a[c]);
      for (std::size_t r = 0; r < n; ++r)
        if (r != c)
          for (std::size_t k = n + 1; k-- > c;) a[r][k] -= a[r][c] / a[c][c] * a[c][k];
    }
    for (std::size_t i = 0; i < n; ++i) x[i] += a[i][n] / a[i][i];
  }
  return x;
}

// Image points stay where they are: the latent ones follow the parameters, far where the determinant is small.
TEST(AnnMap, GradientAtFixedImagesMatchesFiniteDifferences) {
  on_every_target([] {
    for (const AnnConfig& config : kShapes) {
      if (config.dim > 5) continue;
      const AnnMap map = random_map(config);
      Tile tile(config.dim);
      const Tile before = tile;
      AnnTape tape(map.layout(), true);
      ann_tile(map.layout(), map.parameters().data(), tile.x.data(), tape);
      AlignedVector<double> by_density(kFlowTile);
      std::vector<AnnPoint> images(kFlowTile);
      const auto p = doubles(map);
      for (std::size_t e = 0; e < kFlowTile; ++e) {
        images[e] = reference_ann(map.layout(), p, before.point(e));
        by_density[e] = factor(e);
      }
      AlignedVector<float> gradient(map.parameters().size());
      map.backward_tile(by_density.data(), tape, gradient.data());
      compare_with_differences(map, gradient, 1e-7, [&](const std::vector<double>& q) {
        double s = 0;
        for (std::size_t e = 0; e < kFlowTile; ++e) {
          const auto x = invert(map.layout(), q, images[e].y, before.point(e));
          s -= factor(e) * reference_ann(map.layout(), q, x).log_jacobian;
        }
        return s;
      });
    }
  });
}

TEST(AnnMap, ImagesStayInTheCubeHoweverLargeTheOutputs) {
  on_every_target([] {
    for (const AnnInputs inputs : {AnnInputs::cube, AnnInputs::stretched}) {
      AnnMap map({.dim = 3, .hidden = 8, .layers = 2, .inputs = inputs}, 1);
      for (float& v : map.parameters()) v *= 1e4F;
      Arena arena;
      const Batch x = Batch::take(arena, 3, 200), y = Batch::take(arena, 3, 200);
      std::mt19937_64 random(1);
      std::uniform_real_distribution<double> uniform(0, 1);
      for (std::size_t d = 0; d < 3; ++d)
        for (std::size_t e = 0; e < 200; ++e) x.row(d)[e] = uniform(random);
      std::vector<double> log_jacobian(200);
      map.forward(x, y, log_jacobian);
      for (std::size_t d = 0; d < 3; ++d)
        for (std::size_t e = 0; e < 200; ++e) {
          ASSERT_GE(y.row(d)[e], 0);
          ASSERT_LE(y.row(d)[e], 1);
          ASSERT_FALSE(std::isnan(log_jacobian[e]));
        }
    }
  });
}

// One layer, one dimension: y = SC(b + w (2 x - 1)); the sign of w is that of dy/dx.
TEST(AnnMap, OrientationIsTheSignOfTheDeterminant) {
  on_every_target([] {
    AnnMap map({.dim = 1, .hidden = 1, .layers = 1}, 1);
    Arena arena;
    const Batch x = Batch::take(arena, 1, 3);
    for (std::size_t e = 0; e < 3; ++e) x.row(0)[e] = 0.2 + 0.3 * static_cast<double>(e);
    std::vector<double> sign(3);
    for (const float w : {0.4F, -0.4F}) {
      map.parameters()[map.layout().layers[0].weights] = w;
      map.orientation(x, sign);
      for (const double s : sign) ASSERT_EQ(s, w > 0 ? 1 : -1);
    }
    map.parameters()[map.layout().layers[0].weights] = 0;
    const Batch y = Batch::take(arena, 1, 3);
    std::vector<double> log_jacobian(3);
    map.forward(x, y, log_jacobian);
    for (const double l : log_jacobian) ASSERT_EQ(std::exp(l), 0);
  });
}

TEST(AnnMap, SoftClippingOfTheReferenceIsItsOwnInverse) {
  for (const double p : {1.0, 20.0, 50.0})
    for (const double y : {1e-6, 0.01, 0.3, 0.5, 0.9, 0.999})
      EXPECT_NEAR(reference_soft_clip(p, reference_soft_clip_inverse(p, y)), y, 1e-9);
  EXPECT_DOUBLE_EQ(reference_soft_clip(50, 0.5), 0.5);
}

TEST(AnnMap, ShapesOutOfRangeAreRefused) {
  EXPECT_THROW(AnnLayout({.dim = 0}), RequestError);
  EXPECT_THROW(AnnLayout({.dim = kMaxAnnDim + 1}), RequestError);
  EXPECT_THROW(AnnLayout({.dim = 5, .layers = kMaxLayers + 1}), RequestError);
  EXPECT_EQ(AnnLayout({.dim = 5}).sizes.trainable(), 21509u);  // of the paper
}

}  // namespace
}  // namespace thalweg
