#include "thalweg/parton/pdf.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "parton/test_grid.h"
#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

// The published interpolation written down plainly (arXiv:1412.7420, section 4.1, and LHAPDF's manual):
// cubic Hermite in log x, then in log Q^2, inside of one sub-grid.
class PlainInterpolation {
 public:
  explicit PlainInterpolation(const SubGrid& g) : g_(g) {}

  double operator()(double x, double q2, std::size_t fl) const {
    const double lx = std::log(x), lq = std::log(q2);
    const std::size_t ix = below(g_.x, x), iq = below(g_.q, std::sqrt(q2));
    auto log_q2 = [&](std::size_t i) { return 2 * std::log(g_.q[i]); };
    auto at = [&](std::size_t i) { return in_x(lx, ix, i, fl); };
    const double vl = at(iq), vh = at(iq + 1), h = log_q2(iq + 1) - log_q2(iq), t = (lq - log_q2(iq)) / h;
    double dl = vh - vl, dh = vh - vl;
    if (iq > 0) dl = (dl + (vl - at(iq - 1)) * h / (log_q2(iq) - log_q2(iq - 1))) / 2;
    if (iq + 2 < g_.q.size()) dh = (dh + (at(iq + 2) - vh) * h / (log_q2(iq + 2) - log_q2(iq + 1))) / 2;
    return hermite(t, vl, dl, vh, dh);
  }

 private:
  static std::size_t below(const std::vector<double>& knots, double v) {
    std::size_t i = 0;
    while (i + 2 < knots.size() && knots[i + 1] <= v) ++i;
    return i;
  }
  static double hermite(double t, double p0, double m0, double p1, double m1) {
    const double t2 = t * t, t3 = t2 * t;
    return (2 * t3 - 3 * t2 + 1) * p0 + (t3 - 2 * t2 + t) * m0 + (3 * t2 - 2 * t3) * p1 + (t3 - t2) * m1;
  }
  double slope(std::size_t i, std::size_t iq, std::size_t fl) const {
    return (g_.value(i + 1, iq, fl) - g_.value(i, iq, fl)) / (std::log(g_.x[i + 1]) - std::log(g_.x[i]));
  }
  double derivative(std::size_t i, std::size_t iq, std::size_t fl) const {
    if (i == 0) return slope(0, iq, fl);
    if (i + 1 == g_.x.size()) return slope(i - 1, iq, fl);
    return (slope(i - 1, iq, fl) + slope(i, iq, fl)) / 2;
  }
  double in_x(double lx, std::size_t ix, std::size_t iq, std::size_t fl) const {
    const double h = std::log(g_.x[ix + 1]) - std::log(g_.x[ix]);
    return hermite((lx - std::log(g_.x[ix])) / h, g_.value(ix, iq, fl), h * derivative(ix, iq, fl),
                   g_.value(ix + 1, iq, fl), h * derivative(ix + 1, iq, fl));
  }
  const SubGrid& g_;
};

std::vector<std::vector<double>> evaluate(const PdfEvaluator& pdf, const std::vector<double>& x,
                                          const std::vector<double>& q2, std::uint64_t* outside = nullptr) {
  Arena arena;
  const Batch out = Batch::take(arena, pdf.flavours().size(), x.size());
  pdf.evaluate(x, q2, out, arena, outside);
  std::vector<std::vector<double>> result;
  for (std::size_t k = 0; k < out.dim; ++k) result.emplace_back(out.row(k), out.row(k) + x.size());
  return result;
}

struct Points {
  std::vector<double> x, q2;
};
Points random_points(const GridFile& grid, std::size_t n, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> u(0, 1);
  Points p;
  const double lx = std::log(grid.subgrids[0].x.front()), lq0 = std::log(grid.subgrids.front().q.front()),
               lq1 = std::log(grid.subgrids.back().q.back());
  for (std::size_t i = 0; i < n; ++i) {
    p.x.push_back(std::exp(lx * u(random)));
    const double q = std::exp(lq0 + (lq1 - lq0) * u(random));
    p.q2.push_back(q * q);
  }
  return p;
}

void compare_with_plain(const GridFile& grid) {
  const std::vector<int> flavours = {2, -2, 1, -1, 21};
  const PdfEvaluator pdf(grid, flavours);
  const Points p = random_points(grid, 20'000, 1);
  const auto values = evaluate(pdf, p.x, p.q2);
  for (std::size_t k = 0; k < flavours.size(); ++k)
    for (std::size_t i = 0; i < p.x.size(); ++i) {
      std::size_t s = grid.subgrids.size() - 1;
      while (s > 0 && std::sqrt(p.q2[i]) < grid.subgrids[s].q.front()) --s;
      const SubGrid& sub = grid.subgrids[s];
      const auto fl = static_cast<std::size_t>(std::find(sub.flavours.begin(), sub.flavours.end(), flavours[k]) -
                                               sub.flavours.begin());
      const double expected = PlainInterpolation(sub)(p.x[i], p.q2[i], fl);
      // relative to the size of the density: differences of rounding in cancelling polynomials at x near 1
      ASSERT_NEAR(values[k][i], expected, 1e-10 * std::abs(expected) + 1e-15) << p.x[i] << " " << p.q2[i];
    }
}

TEST(PdfEvaluator, IsThePublishedInterpolation) { compare_with_plain(read_grid_file(test::toy_grid_text(), "toy")); }

TEST(PdfEvaluator, IsThePublishedInterpolationForRealSets) { compare_with_plain(PdfSet::load(kDefaultPdfSet).grid); }

TEST(PdfEvaluator, ReproducesKnots) {
  const GridFile grid = read_grid_file(test::toy_grid_text(), "toy");
  const PdfEvaluator pdf(grid, {1});
  const SubGrid& sub = grid.subgrids[1];  // its lowest Q is the threshold: it belongs to the upper grid
  for (std::size_t ix = 0; ix < sub.x.size(); ++ix)
    for (std::size_t iq = 0; iq < sub.q.size(); ++iq)
      EXPECT_NEAR(evaluate(pdf, {sub.x[ix]}, {sub.q[iq] * sub.q[iq]})[0][0], sub.value(ix, iq, 2),
                  1e-13 * sub.value(ix, iq, 2) + 1e-16);
}

TEST(PdfEvaluator, SplitAndSimdTargetChangeNothing) {
  const PdfSet set = PdfSet::load(kDefaultPdfSet);
  const PdfEvaluator pdf(set.grid, {2, -2, 1, -1, 4, -4, 3, -3, 21});
  Points p = random_points(set.grid, 1001, 3);
  std::fill(p.q2.begin() + 300, p.q2.begin() + 700, 8315.0);
  const auto whole = evaluate(pdf, p.x, p.q2);
  for (std::size_t i = 0; i < 1001; i += 13)
    for (std::size_t k = 0; k < 9; ++k) EXPECT_EQ(evaluate(pdf, {p.x[i]}, {p.q2[i]})[k][0], whole[k][i]);
  for (std::int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    hwy::SetSupportedTargetsForTest(targets & -targets);
    const auto other = evaluate(pdf, p.x, p.q2);
    for (std::size_t k = 0; k < 9; ++k)
      for (std::size_t i = 0; i < 1001; ++i)
        EXPECT_NEAR(other[k][i], whole[k][i], 1e-11 * std::abs(whole[k][i]) + 1e-15);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(PdfEvaluator, ContinuesOutsideAndCounts) {
  const GridFile grid = read_grid_file(test::toy_grid_text(), "toy");
  const PdfEvaluator pdf(grid, {2, 6});
  std::uint64_t outside = 0;
  const double x_min = grid.subgrids[0].x.front(), q_min = 1.5, q_max = 1000;
  const auto v = evaluate(pdf, {0.1, x_min / 10, 0.1, 0.1, x_min / 10}, {100, 100, 1, 4e6, 1e8}, &outside);
  EXPECT_EQ(outside, 4u);
  for (double value : v[0]) EXPECT_TRUE(std::isfinite(value) && value > 0);
  for (double value : v[1]) EXPECT_EQ(value, 0);  // a flavour that the set lacks
  // continuous at the edges
  for (const auto& [x, q2] : {std::pair{x_min, 100.0}, {0.1, q_min * q_min}, {0.1, q_max * q_max}}) {
    const auto a = evaluate(pdf, {x * (1 - 1e-9), x * (1 + 1e-9)}, {q2 * (1 - 1e-9), q2 * (1 + 1e-9)})[0];
    EXPECT_NEAR(a[0], a[1], 1e-6 * a[1]);
  }
}

TEST(PdfSet, AnUnknownNameListsWhatIsThere) {
  try {
    PdfSet::load("NNPDF31_lo_as_0119");
    FAIL();
  } catch (const RequestError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("NNPDF31_lo_as_0118"), std::string::npos);
    EXPECT_NE(text.find("pdfdata"), std::string::npos);
  }
  for (const char* bad :
       {"", "../x", "a/b", "NNPDF31_lo_as_0118@x", "NNPDF31_lo_as_0118@-1", "NNPDF31_lo_as_0118@99999"})
    EXPECT_THROW(PdfSet::load(bad), RequestError) << bad;
}

TEST(PdfSet, TheDefaultCarriesItsNumbers) {
  const PdfSet set = PdfSet::load(kDefaultPdfSet);
  EXPECT_EQ(set.lhapdf_id, 315000);
  EXPECT_NEAR(set.alpha_s(91.1876), 0.118, 1e-12);
}

}  // namespace
}  // namespace thalweg
