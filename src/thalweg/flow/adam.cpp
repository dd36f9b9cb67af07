#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thalweg/flow/adam.cpp"
#include "thalweg/flow/adam.h"

#include <cmath>
#include <numbers>
#include <numeric>

// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Sizes are multiples of 16: no target has more lanes of float.
void Step(std::size_t n, float* HWY_RESTRICT p, const float* HWY_RESTRICT g, float* HWY_RESTRICT m,
          float* HWY_RESTRICT v, float rate, float correction) {
  const hn::CappedTag<float, 16> f;
  const auto b1 = hn::Set(f, Adam::kBeta1), c1 = hn::Set(f, 1 - Adam::kBeta1);
  const auto b2 = hn::Set(f, Adam::kBeta2), c2 = hn::Set(f, 1 - Adam::kBeta2);
  const auto eps = hn::Set(f, Adam::kEpsilon), scale = hn::Set(f, correction), lr = hn::Set(f, rate);
  for (std::size_t i = 0; i < n; i += hn::Lanes(f)) {
    const auto gi = hn::Load(f, g + i);
    const auto mi = hn::MulAdd(b1, hn::Load(f, m + i), hn::Mul(c1, gi));
    const auto vi = hn::MulAdd(b2, hn::Load(f, v + i), hn::Mul(hn::Mul(c2, gi), gi));
    hn::Store(mi, f, m + i);
    hn::Store(vi, f, v + i);
    const auto size = hn::Add(hn::Mul(hn::Sqrt(vi), scale), eps);
    hn::Store(hn::NegMulAdd(lr, hn::Div(mi, size), hn::Load(f, p + i)), f, p + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {
HWY_EXPORT(Step);

void Adam::step(std::span<float> parameters, std::span<const float> gradient, double learning_rate) {
  ++steps;
  const double t = static_cast<double>(steps);
  const double rate = learning_rate / (1 - std::pow(static_cast<double>(kBeta1), t));
  const double correction = 1 / std::sqrt(1 - std::pow(static_cast<double>(kBeta2), t));
  HWY_DYNAMIC_DISPATCH(Step)
  (parameters.size(), parameters.data(), gradient.data(), first.data(), second.data(), static_cast<float>(rate),
   static_cast<float>(correction));
}

double norm(std::span<const float> gradient) {
  constexpr std::size_t kSums = 16;  // independent, so that the compiler may use vectors
  double sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums <= gradient.size(); i += kSums)
    for (std::size_t k = 0; k < kSums; ++k) {
      const double g = gradient[i + k];
      sums[k] += g * g;
    }
  for (; i < gradient.size(); ++i) sums[0] += static_cast<double>(gradient[i]) * static_cast<double>(gradient[i]);
  return std::sqrt(std::accumulate(std::begin(sums), std::end(sums), 0.0));
}

double scheduled_rate(Schedule schedule, double initial, double final, std::uint64_t step, std::uint64_t steps) {
  const double t = steps > 1 ? static_cast<double>(step) / static_cast<double>(steps - 1) : 0;
  switch (schedule) {
    case Schedule::cosine: return final + (initial - final) * (1 + std::cos(std::numbers::pi * t)) / 2;
    case Schedule::exponential: return initial * std::pow(final / initial, t);
    case Schedule::inverse: return initial / (1 + (initial / final - 1) * t);
    default: return initial;
  }
}

}  // namespace thalweg
#endif
