#include "thalweg/sampling/training_budget.h"

#include <gtest/gtest.h>

#include "thalweg/sampling/foam_builder.h"

namespace thalweg {
namespace {

TEST(TrainingBudget, ModelsAreMonotonicAndStartAtVegas) {
  EXPECT_EQ(training_gain(0, 4, 10), 1);
  EXPECT_DOUBLE_EQ(expected_efficiency(0.02, 1), 0.02);
  EXPECT_DOUBLE_EQ(expected_spread(1.5, 1), 1.5);
  EXPECT_EQ(training_gain(40 * kFirstPoints, 40, 10), 1) << "a few points a map teach nothing";
  for (double n = 41 * kFirstPoints; n < 1e8; n *= 3) {
    EXPECT_LT(training_gain(n, 4, 10), training_gain(3 * n, 4, 10));
    EXPECT_GT(training_gain(n, 4, 10), training_gain(n, 40, 10));
    EXPECT_GT(training_gain(n, 4, 7), training_gain(n, 4, 13));
    EXPECT_LT(expected_efficiency(0.02, training_gain(n, 4, 10)), 1);
  }
  EXPECT_EQ(usual_batch(1), 1024U);
  EXPECT_EQ(usual_batch(15), 2048U);
  EXPECT_EQ(usual_batch(800), 4096U);
  EXPECT_EQ(usual_reuse(100, 1000), 1U);
  EXPECT_EQ(usual_reuse(100'000, 1000), 5U);
}

TEST(TrainingBudget, TrainsWhereItPays) {
  TrainingCosts costs{.point = 1000, .network = 1000, .efficiency = 0.6, .events = 10'000};
  EXPECT_EQ(decide_training(costs).batches, 0U) << "a hundred times as long";
  costs.least_points = 200'000;
  EXPECT_GT(decide_training(costs).batches, 0U) << "seconds are worth an efficiency";
  EXPECT_LT(decide_training(costs).neural_seconds, kPatience);
  costs.efficiency = 0.8;
  EXPECT_EQ(decide_training(costs).batches, 0U);
  costs = {.point = 100'000, .network = 1000, .efficiency = 0.02, .events = 1'000'000};
  const TrainingDecision few = decide_training(costs);
  EXPECT_GT(few.batches, 0U);
  EXPECT_LT(few.neural_seconds, few.vegas_seconds);
  costs.events *= 100;
  EXPECT_GE(decide_training(costs).batches, few.batches);
  // Few events, but an accuracy that a wide distribution of weights makes dear.
  costs = {.point = 100, .network = 500, .efficiency = 0.8, .spread = 2.6, .events = 10'000, .accuracy = 1e-2};
  EXPECT_EQ(decide_training(costs).batches, 0U);
  costs.accuracy = 1e-4;
  EXPECT_GT(decide_training(costs).batches, 0U);
  costs.points = 1000;
  EXPECT_EQ(decide_training(costs).batches, 0U);
}

// Up to some seconds, or a multiple of the run, for an efficiency that holds.
TEST(TrainingBudget, TrainsLongerWhereWeightsAreBad) {
  TrainingCosts costs{.point = 100'000, .network = 1000, .efficiency = 0.3, .events = 100'000};
  const TrainingDecision dear = decide_training(costs);
  EXPECT_LE(dear.batches > 0 ? dear.neural_seconds : 0, std::max(kPatience, kLonger * dear.vegas_seconds));
  costs.efficiency = 0.01;
  const TrainingDecision poor = decide_training(costs);
  EXPECT_GT(poor.batches, dear.batches);
  EXPECT_LE(poor.neural_seconds, kMuchLonger * poor.vegas_seconds);
  EXPECT_GT(poor.efficiency, 0.01);
}

// A share of the points to come, the first look at each map included.
TEST(TrainingBudget, CellsAreExploredWhereTheyPay) {
  for (const std::size_t maps : {1, 4, 100})
    for (const double points : {1e5, 1e6, 1e7}) {
      const std::uint64_t cells = affordable_cells(points, maps, 7, 250);
      if (cells == 1) continue;
      EXPECT_LE(exploration_points(cells, maps, 250), kExplored * points);
      EXPECT_GE(cells, kFewestCells * maps);
      EXPECT_LE(cells, affordable_cells(2 * points, maps, 7, 250));
      EXPECT_LE(cells, affordable_cells(points, 1, 7, 250));
    }
  EXPECT_EQ(affordable_cells(1e4, 1, 7, 250), 1U);
  EXPECT_GT(affordable_cells(1e6, 1, 7, 250), 300U);
  EXPECT_EQ(affordable_cells(1e6, 525, 13, 250), 1U) << "2.6 million points look at each map once";
  EXPECT_EQ(affordable_cells(1e12, 4, 7, 250), kMostCells);
  EXPECT_LT(affordable_cells(1e12, 4, 30, 250), kMostCells) << "100 MB";
}

}  // namespace
}  // namespace thalweg
