// Adam that a few bad batches cannot lead astray: long gradients are shortened, destructive ones undo the step, and
// what is used in the end is a running mean of the parameters.
#pragma once

#include <cstdint>
#include <span>

#include "thalweg/flow/adam.h"

namespace thalweg {

struct GuardedAdam {
  explicit GuardedAdam(std::span<const float> parameters);

  enum class Step { none, taken, shortened, undone };
  // Gradients longer than kClip running means are shortened; one that is not finite or longer than kGuard of them
  // takes `parameters` back to their running mean and forgets where they were going. It keeps the second moments: with
  // new ones the next step would move every parameter by `rate`. A zero gradient changes nothing. With a `limit`,
  // gradients are shortened to that length instead, and only such that are not finite undo anything.
  Step step(std::span<float> parameters, std::span<float> gradient, double rate, std::uint64_t batch, double limit = 0);

  static constexpr double kMemory = 0.98, kClip = 3, kGuard = 1e4;
  Adam adam;
  AlignedVector<float> average;  // over a window that grows with the training, and so forgets its beginning
  double norm = 0;               // running mean of the gradient's length
  double length = 0;             // of the last gradient
};

}  // namespace thalweg
