#include "thalweg/base/worker_team.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace thalweg {
namespace {

TEST(WorkerTeam, DoesEveryItemOnceInEveryRound) {
  for (const int threads : {0, 1, 2, 5}) {
    WorkerTeam team(threads);
    for (std::size_t round = 0; round < 200; ++round) {
      std::vector<int> done(round % 17);
      team.run(done.size(),
               [&](std::size_t k, Arena& arena) { done[k] += static_cast<int>(arena.take<int>(3).size()); });
      for (int d : done) ASSERT_EQ(d, 3);
    }
  }
}

TEST(WorkerTeam, RethrowsAndGoesOn) {
  WorkerTeam team(3);
  for (int round = 0; round < 50; ++round) {
    EXPECT_THROW(team.run(20,
                          [](std::size_t k, Arena&) {
                            if (k == 7) throw std::runtime_error("7");
                          }),
                 std::runtime_error);
    std::atomic<int> sum = 0;
    team.run(4, [&](std::size_t k, Arena&) { sum += static_cast<int>(k); });
    EXPECT_EQ(sum, 6);
  }
}

}  // namespace
}  // namespace thalweg
