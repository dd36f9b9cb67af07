#include "thalweg/sampling/guarded_adam.h"

#include <algorithm>
#include <cmath>

namespace thalweg {

GuardedAdam::GuardedAdam(std::span<const float> parameters)
    : adam(parameters.size()), average(parameters.begin(), parameters.end()) {}

GuardedAdam::Step GuardedAdam::step(std::span<float> parameters, std::span<float> gradient, double rate,
                                    std::uint64_t batch, double limit) {
  length = thalweg::norm(gradient);
  if (length == 0) return Step::none;
  if (!std::isfinite(length) || (limit == 0 && norm > 0 && length > kGuard * norm)) {
    std::copy(average.begin(), average.end(), parameters.begin());
    std::fill(adam.first.begin(), adam.first.end(), 0.0F);
    return Step::undone;
  }
  const double longest = limit > 0 ? limit : norm > 0 ? kClip * norm : length;
  const bool shorten = length > longest;
  const double counted = std::min(length, longest);
  if (shorten)
    for (float& g : gradient) g *= static_cast<float>(counted / length);
  norm = norm > 0 ? kMemory * norm + (1 - kMemory) * counted : counted;
  adam.step(parameters, gradient, rate);
  const double t = static_cast<double>(batch);
  const auto follow = static_cast<float>(1 / std::min(1 + t, 20 + t / 20));
  for (std::size_t i = 0; i < parameters.size(); ++i) average[i] += follow * (parameters[i] - average[i]);
  return shorten ? Step::shortened : Step::taken;
}

}  // namespace thalweg
