// A bijection of the unit hypercube onto itself, evaluated in batches: the interface of identity,
// VEGAS grid, coupling flow and fully connected network alike; the last is one only as far as it is trained to be.
//
// forward:  random numbers z -> sample x, with log |det dx/dz|; the density of the sample is
//           g(x) = exp(-log_jacobian).
// inverse:  x -> z with log |det dz/dx|. Optional: has_inverse() says whether it exists.
//
// Points are SoA batches of doubles in [0,1]; `log_jacobian` has one double a point and is
// overwritten. `in` and `out` may be the same batch. Const methods are safe to call from any
// number of threads.
#pragma once

#include <algorithm>
#include <span>

#include "thalweg/base/aligned.h"

namespace thalweg {

class Mapping {
 public:
  virtual ~Mapping() = default;
  virtual std::size_t dim() const = 0;
  virtual void forward(const Batch& in, const Batch& out, std::span<double> log_jacobian) const = 0;
  virtual bool has_inverse() const { return true; }
  virtual void inverse(const Batch& in, const Batch& out, std::span<double> log_jacobian) const = 0;
  // Sign of det dx/dz, +1 or -1, where it may change: such a map is folded between the two.
  virtual void orientation(const Batch& in, std::span<double> sign) const { std::fill_n(sign.begin(), in.size, 1.0); }
};

}  // namespace thalweg
