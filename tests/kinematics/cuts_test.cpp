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

// Every event that survives obeys the bound, and the bound is reached within a few per cent.
TEST(Cuts, MinimalEnergyIsABound) {
  Arena arena;
  const std::vector<std::vector<Cut>> sets = {
      {cut(Observable::mass, {{2, 3}}, 60)},
      {cut(Observable::pt, {{2}, {3}}, 25)},
      {cut(Observable::pt, {{2}}, 30)},
      {cut(Observable::mass, {{2, 3}}, 40), cut(Observable::pt, {{2}, {3}}, 35)},
  };
  for (const auto& set : sets) {
    const Cuts cuts(set);
    const std::vector<double> masses = {0.0, 10.0};
    const double bound = cuts.minimal_energy(2, masses);
    const Momenta p = test::two_body_events(arena, 200'000, {0, 0, 0, 10}, 11, 120, 5);
    std::vector<std::uint8_t> pass(p.size());
    cuts.apply(p, arena, pass);
    double lowest = 1e300;
    for (std::size_t i = 0; i < p.size(); ++i)
      if (pass[i]) lowest = std::min(lowest, p.component(0, 0)[i] + p.component(1, 0)[i]);
    EXPECT_GE(lowest, bound * (1 - 1e-12));
    if (set[0].tuples.size() == 2 || set[0].observable == Observable::mass) {
      EXPECT_LT(lowest, bound * 1.03);
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
