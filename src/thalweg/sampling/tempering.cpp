#include "thalweg/sampling/tempering.h"

#include <algorithm>

namespace thalweg {

std::size_t choose_rung(const std::array<EffectivePoints, kRungs>& rungs, double points) {
  const double least = std::min(100.0, points / 20);
  for (std::size_t k = 0; k < kRungs; ++k)
    if (rungs[k].count() >= least || rungs[k].square == 0) return k;
  return kRungs - 1;
}

double next_power(double beta) { return std::min(1.0, 1.1 * beta); }

double move_power(double beta, const std::array<EffectivePoints, 2>& batch, double points) {
  if (batch[1].count() >= 0.2 * points) return next_power(beta);
  if (batch[0].square > 0 && batch[0].count() < 0.05 * points) return std::max(beta / 1.2, rung_power(kRungs - 1));
  return beta;
}

}  // namespace thalweg
