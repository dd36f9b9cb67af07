// Where the time of all threads goes, by stage of the chain.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace thalweg {

enum class Stage { random, training, maps, cuts, pdfs, matrix_elements, channel_weights, unweighting, output };
inline constexpr std::array kStageNames = {"random numbers and samplers",
                                           "training",
                                           "maps",
                                           "cuts",
                                           "pdfs",
                                           "matrix elements",
                                           "channel weights",
                                           "unweighting",
                                           "output"};

// Sums over the whole program; a chunk adds to it a few times, so that it costs nothing. Thread safe. Never decides
// anything.
class TimeBudget {
 public:
  static void add(Stage stage, std::chrono::steady_clock::duration time) {
    spent_[static_cast<std::size_t>(stage)] += std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  }
  // Seconds of each stage since the last call, by name; stages without any are left out.
  static std::map<std::string, double> take();

 private:
  static inline std::array<std::atomic<std::int64_t>, kStageNames.size()> spent_{};
};

// "maps 12 %, pdfs 40 %, ...", the largest first.
std::string describe(const std::map<std::string, double>& seconds);

// Laps of one thread: each gives the time since the one before to a stage.
class StageLaps {
 public:
  void operator()(Stage stage) {
    const auto now = std::chrono::steady_clock::now();
    TimeBudget::add(stage, now - last_);
    last_ = now;
  }
  // Time that somebody else counts.
  void skip() { last_ = std::chrono::steady_clock::now(); }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace thalweg
