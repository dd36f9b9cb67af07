// What is integrated: a function on several channels, each a map of the unit hypercube.
#pragma once

#include <span>
#include <string>

#include "thalweg/base/aligned.h"

namespace thalweg {

// I = sum_i integral alpha_i f over channel i:  a point y of channel i stands for the value
// weight(y) = f(x(y)) / g_i(x(y)), and alpha_j are the prior channel weights there, sum_j alpha_j = 1.
class Integrand {
 public:
  virtual ~Integrand() = default;
  virtual std::size_t dim() const = 0;
  virtual std::size_t channels() const = 0;
  virtual std::string channel_name(std::size_t channel) const = 0;
  virtual std::string unit() const { return ""; }  // of the integral
  // What a point costs, in nanoseconds on one core: counted, never clocked, so that decisions that rest on it are the
  // same everywhere.
  virtual double cost() const { return 1000; }
  // points: dim() rows in [0,1]; weight: one value a point, 0 where cuts remove it, not finite where
  // the evaluation failed (counted by the caller); alpha: channels() rows, defined where weight is not
  // zero. Thread safe; the same bits for any split of the batch. `arena` gives scratch memory.
  virtual void evaluate(std::size_t channel, const Batch& points, std::span<double> weight, const Batch& alpha,
                        Arena& arena) const = 0;
};

}  // namespace thalweg
