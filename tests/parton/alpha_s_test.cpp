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
  const AlphaS a = AlphaS::from_running({});
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
  const AlphaS a = AlphaS::from_running({0.13, 91.188, 0, {1.4, 4.75, 175}});
  for (double q = 4.75; q < 175; q *= 1.0137) {
    const double exact = 0.13 / (1 + 0.13 * 23 / (12 * std::numbers::pi) * 2 * std::log(q / 91.188));
    EXPECT_NEAR(a(q), exact, 1e-11);
  }
  EXPECT_NEAR(a(0.999999), a(1.000001), 1e-6);
  EXPECT_NEAR(a(999'999), a(1'000'001), 1e-8);
}

// d alpha / d log Q^2 by finite differences against the beta function at three loops, nf = 5.
TEST(AlphaS, ThreeLoopRunningObeysItsEquation) {
  const AlphaS a = AlphaS::from_running({.order = 2});
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
  EXPECT_THROW(AlphaS::from_table({1, 1}, {0.1, 0.1}), RequestError);
  EXPECT_THROW(AlphaS::from_table({1, 2, 2, 2, 3}, {0.4, 0.3, 0.3, 0.3, 0.2}), RequestError);
}

TEST(AlphaS, ThresholdsAtTheEndsOfATableAreNone) {
  const AlphaS a = AlphaS::from_table({1, 1, 2, 5, 5}, {0.4, 0.4, 0.3, 0.2, 0.2});
  const AlphaS b = AlphaS::from_table({1, 2, 5}, {0.4, 0.3, 0.2});
  for (double q : {0.7, 1.0, 1.5, 3.0, 5.0, 9.0}) EXPECT_EQ(a(q), b(q));
  EXPECT_EQ(a.lowest(), 1);
}

TEST(AlphaS, RunningWithWrongNumbersIsRefused) {
  for (const double value : {0.0, -0.1, 1.0, 2.0}) EXPECT_THROW(AlphaS::from_running({value}), RequestError) << value;
  EXPECT_THROW(AlphaS::from_running({0.118, 0}), RequestError);
  EXPECT_THROW(AlphaS::from_running({.order = 4}), RequestError);
  EXPECT_THROW(AlphaS::from_running({.order = -1}), RequestError);
  EXPECT_THROW(AlphaS::from_running({.thresholds = {5, 4, 170}}), RequestError);
}

// One loop: 1 / alpha_s is linear in log Q^2, with the slope of the flavours that are allowed.
TEST(AlphaS, FlavourSchemesLimitTheFlavours) {
  auto slope = [](const AlphaS& a, double q) { return (1 / a(q * 1.1) - 1 / a(q)) / (2 * std::log(1.1)); };
  auto b0 = [](int nf) { return (33 - 2 * nf) / (12 * std::numbers::pi); };
  const double scales[] = {2, 3, 20, 400};
  const int free[] = {4, 4, 5, 6};
  for (int most = 3; most <= 6; ++most)
    for (const bool fixed : {false, true}) {
      AlphaS::Running running;
      running.most = most;
      running.least = fixed ? most : 3;
      const AlphaS a = AlphaS::from_running(running);
      EXPECT_NEAR(a(91.1876), 0.118, 1e-15);
      for (std::size_t i = 0; i < 4; ++i)
        EXPECT_NEAR(slope(a, scales[i]), b0(fixed ? most : std::min(free[i], most)), 1e-8) << most << " " << scales[i];
    }
}

// The running may begin anywhere.
TEST(AlphaS, TheScaleOfTheGivenValueDoesNotMatter) {
  const AlphaS a = AlphaS::from_running({.order = 1});
  for (const double scale : {1.2, 3.0, 60.0, 1000.0}) {
    const AlphaS b = AlphaS::from_running({a(scale), scale, 1});
    for (double q : {1.1, 2.0, 4.0, 10.0, 100.0, 500.0}) EXPECT_NEAR(b(q), a(q), 1e-8 * a(q)) << scale << " " << q;
  }
}

// Couplings of nl and nl + 1 flavours at a threshold that is the mass differ by 11/72 (alpha/pi)^2, at three loops.
TEST(AlphaS, MatchingAtThresholds) {
  AlphaS::Running running{.order = 2};
  const AlphaS a = AlphaS::from_running(running);
  const double above = a(4.92 * (1 + 1e-12)), below = a(4.92 * (1 - 1e-12));
  EXPECT_NEAR(below / above - 1, 11.0 / 72 * std::pow(above / std::numbers::pi, 2), 1e-9);
  EXPECT_NEAR(a(172.5 * (1 + 1e-12)) / a(172.5 * (1 - 1e-12)) - 1,
              -11.0 / 72 * std::pow(a(172.5) / std::numbers::pi, 2), 1e-9);
  // away from the mass: alpha(nl) = alpha(nl + 1) (1 - L/6 alpha/pi), L = log(threshold^2/mass^2)
  running = {.order = 1, .thresholds = {1.51, 9.84, 172.5}, .masses = {1.51, 4.92, 172.5}};
  const AlphaS b = AlphaS::from_running(running);
  const double high = b(9.84 * (1 + 1e-12)), low = b(9.84 * (1 - 1e-12));
  EXPECT_NEAR(low / high - 1, -std::log(4.0) / 6 * high / std::numbers::pi, 1e-9);
}

// The same solver and expansions in LHAPDF 6.2.3, from alpha_s(91.1876 GeV) = 0.118 with up to five flavours, c, b and
// t at 1.51, 4.92 and 172.5 GeV, and from Lambda = 0.339, 0.296, 0.213 GeV. It solves to 1e-4.
TEST(AlphaS, AgreesWithLhapdf) {
  const AlphaS::Running two_loops{.order = 1, .most = 5}, four_loops{.order = 3, .most = 5};
  const std::pair<double, double> solved2[] = {{6, 0.2019679679},
                                               {30, 0.1418896449},
                                               {173, 0.107627895},
                                               {450, 0.09519205275},
                                               {1500, 0.08314926345}},
                                  solved4[] = {{2, 0.3039098954},  {4, 0.2295576721},    {6, 0.2026264198},
                                               {30, 0.1419773044}, {450, 0.09515592381}, {1500, 0.08310759743}};
  for (const auto& [q, value] : solved2) EXPECT_NEAR(AlphaS::from_running(two_loops)(q), value, 1e-4 * value) << q;
  for (const auto& [q, value] : solved4) EXPECT_NEAR(AlphaS::from_running(four_loops)(q), value, 1e-4 * value) << q;
  const std::pair<double, double> expanded[] = {
      {1.3, 0.3865463689}, {3, 0.2550462427}, {20, 0.154049626}, {450, 0.0954182597}};
  const AlphaS a = AlphaS::from_lambdas({{3, 0.339}, {4, 0.296}, {5, 0.213}}, 2, {1.51, 4.92, 172.5}, 3, 5);
  for (const auto& [q, value] : expanded) EXPECT_NEAR(a(q), value, 1e-8 * value) << q;
}

TEST(AlphaS, LambdasWithoutSenseAreRefused) {
  const std::array<double, 3> thresholds = {1.5, 5, 170};
  EXPECT_THROW(AlphaS::from_lambdas({}, 0, thresholds, 3, 5), RequestError);
  EXPECT_THROW(AlphaS::from_lambdas({{3, 0.3}, {5, 0.2}}, 0, thresholds, 3, 5), RequestError);
  EXPECT_THROW(AlphaS::from_lambdas({{5, -0.2}}, 0, thresholds, 3, 5), RequestError);
  EXPECT_THROW(AlphaS::from_lambdas({{5, 0.2}}, 4, thresholds, 3, 5), RequestError);
  EXPECT_THROW(AlphaS::from_lambdas({{5, 0.2}}, 0, thresholds, 4, 4), RequestError);
}

TEST(AlphaS, BelowTheLandauPoleItIsInfinite) {
  const AlphaS run = AlphaS::from_running({0.3}), expanded = AlphaS::from_lambdas({{5, 0.2}}, 2, {1, 5, 170}, 3, 5);
  const AlphaS table = AlphaS::from_table({1, 2}, {0.9, 0.3});
  for (const AlphaS* a : {&run, &expanded, &table}) {
    EXPECT_TRUE(std::isinf((*a)(0.19)));
    EXPECT_TRUE(std::isinf((*a)(1e-9)));
    for (double q = 0.05; q < 1e7; q *= 1.01) EXPECT_GT((*a)(q), 0) << q;
  }
  EXPECT_GT(run(91.2), 0.29);
}

// MadGraph without parton densities: two loops, five flavours above 4.7 GeV at any energy.
TEST(AlphaS, WithoutASet) {
  const AlphaS a = AlphaS::without_set(0.118, 91.188);
  EXPECT_EQ(a(91.188), 0.118);
  const AlphaS same = AlphaS::from_running({0.118, 91.188, 1, {1.42, 4.7, 1e9}});
  for (double q : {1.5, 3.0, 30.0, 450.0, 3000.0}) EXPECT_NEAR(a(q), same(q), 1e-11);
}

}  // namespace
}  // namespace thalweg
