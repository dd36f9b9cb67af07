// Uniform numbers for tests of maps.
#pragma once

#include <random>

#include "thalweg/base/aligned.h"

namespace thalweg::test {

inline Batch uniform_points(Arena& arena, std::size_t dim, std::size_t n, unsigned seed) {
  const Batch y = Batch::take(arena, dim, n);
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> u(0, 1);
  for (std::size_t e = 0; e < n; ++e)
    for (std::size_t d = 0; d < dim; ++d) y.row(d)[e] = u(random);
  return y;
}

}  // namespace thalweg::test
