#include "thalweg/amplitude/colour_flow.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <complex>
#include <numeric>

namespace thalweg {
namespace {

using Number = std::complex<double>;
using Matrix = std::array<std::array<Number, 3>, 3>;

// sqrt2 times the generators T^a = lambda^a / 2: Tr(T T) = 1.
std::array<Matrix, 8> generators() {
  std::array<Matrix, 8> t{};
  const double r = std::sqrt(0.5), s = std::sqrt(1.0 / 6);
  const Number i(0, 1);
  t[0][0][1] = t[0][1][0] = r;
  t[1][0][1] = -i * r, t[1][1][0] = i * r;
  t[2][0][0] = r, t[2][1][1] = -r;
  t[3][0][2] = t[3][2][0] = r;
  t[4][0][2] = -i * r, t[4][2][0] = i * r;
  t[5][1][2] = t[5][2][1] = r;
  t[6][1][2] = -i * r, t[6][2][1] = i * r;
  t[7][0][0] = t[7][1][1] = s, t[7][2][2] = -2 * s;
  return t;
}

Matrix operator*(const Matrix& a, const Matrix& b) {
  Matrix c{};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 3; ++k) c[i][j] += a[i][k] * b[k][j];
  return c;
}

Number inner(const Matrix& a, const Matrix& b) {
  Number sum = 0;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) sum += a[i][j] * std::conj(b[i][j]);
  return sum;
}

// A line from leg 0 through gluons to leg n - 1.
ColourFlow open_line(const std::vector<int>& legs) {
  ColourFlow flow;
  for (std::size_t i = 0; i + 1 < legs.size(); ++i) connect(flow, std::int8_t(legs[i]), std::int8_t(legs[i + 1]));
  return flow;
}

// Sum over the colours of three gluons and a quark line, with the matrices of SU(3).
TEST(ColourFlow, QuarkLineIsTheProductOfGenerators) {
  const auto t = generators();
  const std::array<bool, 5> gluon = {false, true, true, true, false};
  std::vector<int> a = {1, 2, 3};
  do {
    std::vector<int> b = {1, 2, 3};
    do {
      Number expected = 0;
      for (std::size_t x = 0; x < 8; ++x)
        for (std::size_t y = 0; y < 8; ++y)
          for (std::size_t z = 0; z < 8; ++z) {
            const std::array<std::size_t, 4> colour = {0, x, y, z};
            auto chain = [&](const std::vector<int>& order) {
              return t[colour[std::size_t(order[0])]] * t[colour[std::size_t(order[1])]] *
                     t[colour[std::size_t(order[2])]];
            };
            expected += inner(chain(a), chain(b));
          }
      const double product =
          colour_product(open_line({0, a[0], a[1], a[2], 4}), open_line({0, b[0], b[1], b[2], 4}), gluon);
      EXPECT_NEAR(product, expected.real(), 1e-12 * std::abs(expected.real()));
      EXPECT_NEAR(expected.imag(), 0, 1e-12);
    } while (std::next_permutation(b.begin(), b.end()));
  } while (std::next_permutation(a.begin(), a.end()));
}

// Tr(T1 [T2, [T3, T4]]) of four gluons, with the matrices of SU(3); the U(1) part drops out by itself.
TEST(ColourFlow, AdjointBasis) {
  const auto t = generators();
  std::array<std::vector<std::int8_t>, 2> chains = {std::vector<std::int8_t>{0, 1, 2, 3}, {0, 2, 1, 3}};
  const std::array<bool, 4> none{}, all = {true, true, true, true};
  for (const auto& a : chains)
    for (const auto& b : chains) {
      Number expected = 0;
      for (std::size_t code = 0; code < 4096; ++code) {
        const std::array<std::size_t, 4> colour = {code % 8, code / 8 % 8, code / 64 % 8, code / 512};
        auto trace = [&](const std::vector<std::int8_t>& order) {
          auto of = [&](int i) { return t[colour[std::size_t(order[std::size_t(i)])]]; };
          auto commutator = [](const Matrix& x, const Matrix& y) {
            Matrix c = x * y;
            const Matrix d = y * x;
            for (int i = 0; i < 3; ++i)
              for (int j = 0; j < 3; ++j) c[i][j] -= d[i][j];
            return c;
          };
          const Matrix m = of(0) * commutator(of(1), commutator(of(2), of(3)));
          return m[0][0] + m[1][1] + m[2][2];
        };
        expected += trace(a) * std::conj(trace(b));
      }
      const ColourVector basis[] = {adjoint_vector(a), adjoint_vector(b)};
      EXPECT_NEAR(colour_matrix(basis, none)[1], expected.real(), 1e-10 * std::abs(expected.real()));
      EXPECT_NEAR(colour_matrix(basis, all)[1], expected.real(), 1e-10 * std::abs(expected.real()));
    }
}

// Two quark lines: delta delta against the exchanged one, N^2 and N.
TEST(ColourFlow, QuarkLines) {
  const std::array<bool, 4> none{};
  ColourFlow straight, crossed;
  connect(straight, 0, 1), connect(straight, 2, 3);
  connect(crossed, 0, 3), connect(crossed, 2, 1);
  EXPECT_EQ(colour_product(straight, straight, none), 9);
  EXPECT_EQ(colour_product(straight, crossed, none), 3);
}

// n! flows on a quark line; the product depends on the relative permutation alone and is symmetric, and one more
// gluon at the end of both lines multiplies by C_F of sqrt2 T, (N^2 - 1) / N.
TEST(ColourFlow, MatrixOfAQuarkLine) {
  const std::array<bool, 6> gluon = {false, true, true, true, true, false};
  std::vector<ColourVector> basis;
  std::vector<std::vector<int>> orders;
  std::vector<int> order = {1, 2, 3, 4};
  do {
    orders.push_back(order);
    basis.push_back({{{open_line({0, order[0], order[1], order[2], order[3], 5}), 1.0}}});
  } while (std::next_permutation(order.begin(), order.end()));
  ASSERT_EQ(basis.size(), 24u);
  const auto matrix = colour_matrix(basis, gluon);
  for (std::size_t i = 0; i < 24; ++i)
    for (std::size_t j = 0; j < 24; ++j) {
      std::vector<int> relative(4);
      for (std::size_t k = 0; k < 4; ++k)
        relative[k] = 1 + int(std::find(orders[i].begin(), orders[i].end(), orders[j][k]) - orders[i].begin());
      const auto row = std::find(orders.begin(), orders.end(), relative) - orders.begin();
      EXPECT_DOUBLE_EQ(matrix[i * 24 + j], matrix[std::size_t(row)]);
      EXPECT_EQ(matrix[i * 24 + j], matrix[j * 24 + i]);
    }
  EXPECT_NEAR(matrix[0], 3 * std::pow(8.0 / 3, 4), 1e-9);
}

}  // namespace
}  // namespace thalweg
