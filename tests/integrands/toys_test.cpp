#include "thalweg/integrands/toys.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

using std::numbers::pi;

struct Point {
  double weight;
  std::vector<double> alpha, x;
};

Point at(const ToyIntegrand& f, std::size_t channel, const std::vector<double>& y) {
  Arena arena;
  const Batch points = Batch::take(arena, f.dim(), 1), alpha = Batch::take(arena, f.channels(), 1),
              x = Batch::take(arena, f.dim(), 1);
  for (std::size_t i = 0; i < y.size(); ++i) points.row(i)[0] = y[i];
  Point p;
  f.evaluate(channel, points, {.weight = {&p.weight, 1}, .alpha = alpha, .records = x}, arena);
  for (std::size_t c = 0; c < f.channels(); ++c) p.alpha.push_back(alpha.row(c)[0]);
  for (std::size_t i = 0; i < f.dim(); ++i) p.x.push_back(x.row(i)[0]);
  return p;
}

// Midpoint sums of alpha_i f / g_i over all channels.
double integral(const ToyIntegrand& f, std::size_t n) {
  Arena arena;
  const Batch points = Batch::take(arena, f.dim(), n), alpha = Batch::take(arena, f.channels(), n);
  std::vector<double> weight(n);
  double sum = 0;
  const std::size_t rows = f.dim() == 2 ? n : 1;
  for (std::size_t c = 0; c < f.channels(); ++c)
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        points.row(0)[j] = (static_cast<double>(j) + 0.5) / static_cast<double>(n);
        if (rows > 1) points.row(1)[j] = (static_cast<double>(i) + 0.5) / static_cast<double>(n);
      }
      f.evaluate(c, points, {weight, alpha}, arena);
      for (std::size_t j = 0; j < n; ++j) sum += weight[j] == 0 ? 0 : alpha.row(c)[j] * weight[j];
    }
  return sum / static_cast<double>(n * rows);
}

double normal(double x, double mu, double sigma) {
  return std::exp(-(x - mu) * (x - mu) / (2 * sigma * sigma)) / std::sqrt(2 * pi * sigma * sigma);
}

TEST(ToyIntegrands, Integrals) {
  for (const bool prior : {false, true}) {
    EXPECT_NEAR(integral(*make_toy({.name = "camel_back", .optimal_prior = prior}), 20000), 1, 1e-9);
    // An edge inside: the midpoint sum is good to one cell.
    EXPECT_NEAR(integral(*make_toy({.name = "camel_back", .cut = 2.5, .optimal_prior = prior}), 200000), 0.705529,
                3e-5);
  }
  EXPECT_NEAR(integral(*make_toy({.name = "camel", .dimension = 1}), 20000), 1, 1e-5);
  EXPECT_NEAR(integral(*make_toy({.name = "camel", .dimension = 2}), 500), 1, 1e-5);
  EXPECT_NEAR(integral(*make_toy({.name = "crossed_ring", .channels = {"ring", "line"}}), 1000), 1, 1e-4);
  EXPECT_NEAR(integral(*make_toy({.name = "crossed_ring", .channels = {"line", "flat", "ring"}}), 1000), 1, 1e-4);
}

// weight * g = f, with g = 1 / |dx/dy| from finite differences of the map.
TEST(ToyIntegrands, DensitiesAreThoseOfTheMaps) {
  const auto back = make_toy({.name = "camel_back"});
  for (std::size_t c = 0; c < 2; ++c)
    for (const double y : {0.2, 0.47, 0.5, 0.61}) {
      const double h = 1e-6, slope = (at(*back, c, {y + h}).x[0] - at(*back, c, {y - h}).x[0]) / (2 * h);
      const Point p = at(*back, c, {y});
      const double f = 0.35 * normal(p.x[0], 2, 0.5) + 0.65 * normal(p.x[0], 5, 0.1);
      EXPECT_NEAR(p.weight / (f * slope), 1, 1e-8);
    }
  const auto ring = make_toy({.name = "crossed_ring", .channels = {"ring", "line", "flat"}});
  for (std::size_t c = 0; c < 3; ++c)
    for (const double y0 : {0.3, 0.44, 0.5})
      for (const double y1 : {0.49, 0.52}) {
        const double h = 1e-6;
        const auto a = at(*ring, c, {y0 + h, y1}).x, b = at(*ring, c, {y0 - h, y1}).x;
        const auto d = at(*ring, c, {y0, y1 + h}).x, e = at(*ring, c, {y0, y1 - h}).x;
        const double det = ((a[0] - b[0]) * (d[1] - e[1]) - (a[1] - b[1]) * (d[0] - e[0])) / (4 * h * h);
        const Point p = at(*ring, c, {y0, y1});
        const double x = p.x[0], z = p.x[1];
        const double line = normal((x - z) / std::sqrt(2), 0, 3) * normal((x + z) / std::sqrt(2), 0, 0.05);
        const double f = 0.5 * line + 0.5 * normal(std::hypot(x, z), 1, 0.05) / (2 * pi);
        EXPECT_NEAR(p.weight / (f * std::abs(det)), 1, 1e-6) << c << " " << y0 << " " << y1;
        EXPECT_NEAR(p.alpha[0] + p.alpha[1] + p.alpha[2], 1, 1e-14);
      }
}

TEST(ToyIntegrands, CamelHasTwoPeaksInAnyDimension) {
  for (const std::uint64_t d : {1, 4, 16, 64}) {
    const auto f = make_toy({.name = "camel", .dimension = d});
    const double top = 0.5 * std::pow(0.1 * std::sqrt(pi), -static_cast<double>(d));
    for (const double c : {1.0 / 3, 2.0 / 3}) {
      const double other = std::exp(-static_cast<double>(d) * 100.0 / 9);
      EXPECT_NEAR(at(*f, 0, std::vector<double>(d, c)).weight / (top * (1 + other)), 1, 1e-12);
    }
  }
}

TEST(ToyIntegrands, UserLibraries) {
  const auto f = make_toy({.name = "library", .library = THALWEG_USER_FUNCTION, .cost = 3});
  EXPECT_EQ(f->dim(), 3);
  EXPECT_EQ(f->cost(0), 3000);
  EXPECT_DOUBLE_EQ(at(*f, 0, {0.25, 0.5, 0.75}).weight, 8 * 0.25 * std::sin(1.5) * 0.75);
  EXPECT_EQ(at(*f, 0, {0.75, 0.5, 0.75}).weight, 0);
  EXPECT_THROW(make_toy({.name = "library", .library = THALWEG_USER_FUNCTION_INCOMPLETE}), RequestError);
  EXPECT_THROW(make_toy({.name = "library", .library = "/nowhere/f.so"}), RequestError);
  EXPECT_THROW(make_toy({.name = "library", .library = __FILE__}), RequestError);
}

TEST(ToyIntegrands, WrongRequestsAreRefused) {
  EXPECT_THROW(make_toy({.name = "kamel"}), RequestError);
  EXPECT_THROW(make_toy({.name = "camel", .dimension = 65}), RequestError);
  EXPECT_THROW(make_toy({.name = "camel", .dimension = 0}), RequestError);
  EXPECT_THROW(make_toy({.name = "crossed_ring", .channels = {}}), RequestError);
  EXPECT_THROW(make_toy({.name = "crossed_ring", .channels = {"rings"}}), RequestError);
}

}  // namespace
}  // namespace thalweg
