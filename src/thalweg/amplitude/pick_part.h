// A choice among parts with probabilities in proportion to their sizes.
#pragma once

#include <algorithm>
#include <cstddef>

namespace thalweg {

// Index of the part that `pick` in [0, 1) falls into, part(k) being the size of part k, none negative. Afterwards
// `pick` is what is left of it, in [0, 1] again.
template <class F>
std::size_t pick_part(std::size_t parts, double& pick, F&& part) {
  double sum = 0;
  for (std::size_t k = 0; k < parts; ++k) sum += part(k);
  double left = pick * sum;
  std::size_t chosen = 0;
  for (std::size_t k = 0; k < parts; ++k) {
    const double size = part(k);
    if (!(size > 0)) continue;
    chosen = k;
    pick = left / size;
    if (left < size) break;
    left -= size;
  }
  pick = std::clamp(pick, 0.0, 1.0);
  return chosen;
}

}  // namespace thalweg
