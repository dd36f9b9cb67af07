#include "thalweg/base/ordered_pipeline.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace thalweg {
namespace {

std::vector<std::uint64_t> run(int threads, std::uint64_t last, std::uint64_t stop_at) {
  std::vector<std::uint64_t> order;
  ordered_pipeline<std::uint64_t>(
      2, last, threads,
      [](std::uint64_t k, Arena& arena) {
        arena.take<double>(k % 7 * 1000);
        return k * k;
      },
      [&](std::uint64_t k, std::uint64_t& item) {
        EXPECT_EQ(item, k * k);
        order.push_back(k);
        return k != stop_at;
      });
  return order;
}

TEST(OrderedPipeline, ConsumesInOrderForAnyNumberOfThreads) {
  const auto one = run(1, 500, ~0ull);
  ASSERT_EQ(one.size(), 498u);
  for (int threads : {2, 3, 8}) EXPECT_EQ(run(threads, 500, ~0ull), one);
}

TEST(OrderedPipeline, StopsWhereTheConsumerSays) {
  for (int threads : {1, 4}) EXPECT_EQ(run(threads, ~0ull, 100).back(), 100u);
}

TEST(OrderedPipeline, RethrowsOfBothSides) {
  for (int threads : {1, 4}) {
    auto fail_producing = [&] {
      ordered_pipeline<int>(
          0, 100, threads,
          [](std::uint64_t k, Arena&) -> int {
            if (k == 50) throw std::runtime_error("producer");
            return 0;
          },
          [](std::uint64_t, int&) { return true; });
    };
    auto fail_consuming = [&] {
      ordered_pipeline<int>(
          0, 100, threads, [](std::uint64_t, Arena&) { return 0; },
          [](std::uint64_t k, int&) -> bool {
            if (k == 50) throw std::runtime_error("consumer");
            return true;
          });
    };
    EXPECT_THROW(fail_producing(), std::runtime_error);
    EXPECT_THROW(fail_consuming(), std::runtime_error);
  }
}

TEST(Arena, AlignsAndReuses) {
  Arena arena;
  const double* first = arena.take<double>(3).data();
  for (std::size_t n : {1u, 100u, 1'000'000u, 5u}) {
    const auto span = arena.take<double>(n);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(span.data()) % kAlignment, 0u);
    span.back() = 1;
  }
  arena.reset();
  EXPECT_EQ(arena.take<double>(3).data(), first);
}

}  // namespace
}  // namespace thalweg
