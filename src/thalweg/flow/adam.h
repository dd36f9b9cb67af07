// The Adam optimiser (Kingma, Ba, arXiv:1412.6980, algorithm 1) on float parameters.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "thalweg/base/aligned.h"

namespace thalweg {

struct Adam {
  explicit Adam(std::size_t parameters) : first(parameters), second(parameters) {}
  // One step; all spans have the same size. A parameter whose gradients were all zero does not move. Gradients
  // must be finite.
  void step(std::span<float> parameters, std::span<const float> gradient, double learning_rate);

  static constexpr float kBeta1 = 0.9F, kBeta2 = 0.999F, kEpsilon = 1e-8F;
  AlignedVector<float> first, second;
  std::uint64_t steps = 0;
};

// The Euclidean norm, in double.
double norm(std::span<const float> gradient);

// Learning rates at `step` of `steps`, from `initial` to `final`.
enum class Schedule { constant, cosine, exponential, inverse };
inline const std::vector<std::string> kScheduleNames = {"constant", "cosine", "exponential", "inverse"};
double scheduled_rate(Schedule schedule, double initial, double final, std::uint64_t step, std::uint64_t steps);

}  // namespace thalweg
