#include "thalweg/kinematics/cuts.h"

#include <gtest/gtest.h>

#include "test_momenta.h"

namespace thalweg {
namespace {

Cut cut(Observable o, std::vector<std::vector<int>> tuples, double min, double max = 1e300) {
  return {"c", o, std::move(tuples), min, max};
}

TEST(Cuts, KeepTheRightSide) {
  Arena arena;
  const Momenta p = test::two_body_events(arena, 1000, {0, 0, 0, 0}, 10, 100, 1);
  std::vector<double> pt(1000);
  evaluate(Observable::pt, p, std::vector<int>{2}, pt);
  std::vector<std::uint8_t> pass(1000);
  Cuts({cut(Observable::pt, {{2}, {3}}, 20, 30)}).apply(p, arena, pass);
  for (std::size_t i = 0; i < 1000; ++i) EXPECT_EQ(pass[i], pt[i] >= 20 && pt[i] <= 30);
}

// Cuts on pairs compute directions once; the observables are the same.
TEST(Cuts, PairsAreThoseOfTheObservables) {
  Arena arena;
  const Momenta p = Momenta::take(arena, 5, 1000);
  ASSERT_TRUE(random_momenta({std::vector<double>{0, 0, 0, 10, 0}, 2, 11, 300, 0.3, 7}, p));
  std::vector<double> values(1000);
  std::vector<std::uint8_t> pass(1000);
  for (const Observable o : {Observable::delta_r, Observable::delta_phi, Observable::delta_eta}) {
    Cuts({cut(o, {{2, 3}, {4, 3}}, 1, 2)}).apply(p, arena, pass);
    for (std::size_t i = 0; i < 1000; ++i) {
      bool expected = true;
      for (const std::vector<int>& pair : {std::vector<int>{2, 3}, {4, 3}}) {
        evaluate(o, p, pair, values);
        expected = expected && values[i] >= 1 && values[i] <= 2;
      }
      EXPECT_EQ(pass[i] != 0, expected);
    }
  }
}

TEST(Cuts, NaNDoesNotPass) {
  Arena arena;
  const Momenta p = test::two_body_events(arena, 4, {0, 0, 0, 0}, 10, 100, 1);
  p.component(2, 1)[1] = std::nan("");
  std::vector<std::uint8_t> pass(4);
  Cuts({cut(Observable::pt, {{2}}, 0)}).apply(p, arena, pass);
  EXPECT_EQ(pass[0], 1);
  EXPECT_EQ(pass[1], 0);
}

}  // namespace
}  // namespace thalweg
