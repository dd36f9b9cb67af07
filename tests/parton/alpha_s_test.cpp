#include "thalweg/parton/alpha_s.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

TEST(AlphaS, TableGoesThroughItsKnotsAndIsContinuous) {
  const std::vector<double> q = {1, 2, 5, 5, 10, 50, 100}, v = {0.5, 0.35, 0.25, 0.25, 0.2, 0.15, 0.12};
  const AlphaS a = AlphaS::from_table(q, v);
  for (std::size_t i = 0; i < q.size(); ++i) EXPECT_NEAR(a(q[i]), v[i], 1e-13);
  for (double x : {1.0, 2.0, 5.0, 50.0}) EXPECT_NEAR(a(x * (1 - 1e-10)), a(x * (1 + 1e-10)), 1e-9);
  EXPECT_EQ(a(1e4), 0.12);
  EXPECT_GT(a(0.5), 0.5);
}

TEST(AlphaS, OneLoopRunningIsTheClosedForm) {
  const AlphaS a = AlphaS::from_running(0.118, 91.1876, 0, 1.51, 4.92, 172.5);
  auto evolve = [](double from, double l, int nf) {
    return from / (1 + from * (33 - 2 * nf) / (12 * std::numbers::pi) * l);
  };
  EXPECT_NEAR(a(91.1876), 0.118, 1e-15);
  EXPECT_NEAR(a(20), evolve(0.118, 2 * std::log(20 / 91.1876), 5), 1e-9);
  const double at_mb = evolve(0.118, 2 * std::log(4.92 / 91.1876), 5);
  EXPECT_NEAR(a(3), evolve(at_mb, 2 * std::log(3 / 4.92), 4), 1e-9);
  const double at_mt = evolve(0.118, 2 * std::log(172.5 / 91.1876), 5);
  EXPECT_NEAR(a(1000), evolve(at_mt, 2 * std::log(1000 / 172.5), 6), 1e-9);
}

// What lies between the knots of the table: the closed form at one loop.
TEST(AlphaS, TheTableOfTheRunningIsExactEnough) {
  const AlphaS a = AlphaS::from_running(0.13, 91.188, 0, 1.4, 4.75, 175);
  for (double q = 4.75; q < 175; q *= 1.0137) {
    const double exact = 0.13 / (1 + 0.13 * 23 / (12 * std::numbers::pi) * 2 * std::log(q / 91.188));
    EXPECT_NEAR(a(q), exact, 1e-11);
  }
  EXPECT_NEAR(a(0.999999), a(1.000001), 1e-6);
  EXPECT_NEAR(a(999'999), a(1'000'001), 1e-8);
}

// d alpha / d log Q^2 by finite differences against the beta function at three loops, nf = 5.
TEST(AlphaS, ThreeLoopRunningObeysItsEquation) {
  const AlphaS a = AlphaS::from_running(0.118, 91.1876, 2, 1.51, 4.92, 172.5);
  const double pi = std::numbers::pi, h = 1e-4;
  for (double q : {10.0, 50.0, 150.0}) {
    const double slope = (a(q * std::exp(h / 2)) - a(q * std::exp(-h / 2))) / (2 * h);
    const double x = a(q) / pi;  // PDG: b0 = 23/3 / 4, b1 = 116/3 / 16, b2 = 9769/54 / 64 for nf = 5
    const double expected = -pi * x * x * (23.0 / 12 + 116.0 / 48 * x + 9769.0 / 54 / 64 * x * x);
    EXPECT_NEAR(slope, expected, 1e-6 * std::abs(expected));
  }
}

TEST(AlphaS, WrongTablesAreRefused) {
  EXPECT_THROW(AlphaS::from_table({1, 2}, {0.1}), RequestError);
  EXPECT_THROW(AlphaS::from_table({2, 1}, {0.1, 0.2}), RequestError);
  EXPECT_THROW(AlphaS::from_table({1, 2}, {0.1, -0.2}), RequestError);
  EXPECT_THROW(AlphaS::from_table({1, 1, 2}, {0.1, 0.1, 0.2}), RequestError);
  EXPECT_THROW(AlphaS::from_running(2, 91, 0, 1, 5, 170), RequestError);
  EXPECT_THROW(AlphaS::from_info({{"AlphaS_Qs", "[1, x]"}, {"AlphaS_Vals", "[1, 2]"}}, "info"), RequestError);
}

}  // namespace
}  // namespace thalweg
