// The float ceiling for small matrix products: a 32 x 32 layer on a tile of 64 events, all in L1.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "../benchmarks/matrix_peak.cpp"
// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
#include "thalweg/base/aligned.h"
#include "thalweg/flow/linear_kernel-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace thalweg {
namespace HWY_NAMESPACE {
void Products(int rounds, const float* w, const float* in, float* out) {
  for (int i = 0; i < rounds; ++i) multiply(w, 32, 1, 32, 32, in, nullptr, out);
}
}  // namespace HWY_NAMESPACE
}  // namespace thalweg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "../benchmarks/matrix_peak.h"

#include <chrono>

namespace thalweg {
HWY_EXPORT(Products);

double bench::matrix_peak_flops() {
  static const double value = [] {
    const AlignedVector<float> w(32 * 32, 0.5F), in(32 * kFlowTile, 0.5F);
    AlignedVector<float> out(32 * kFlowTile);
    constexpr int kRounds = 2000;
    double best = 0;
    for (int repeat = 0; repeat < 50; ++repeat) {
      const auto begin = std::chrono::steady_clock::now();
      HWY_DYNAMIC_DISPATCH(Products)(kRounds, w.data(), in.data(), out.data());
      const double t = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      best = std::max(best, kRounds * 2.0 * 32 * 32 * kFlowTile / t);
    }
    benchmark::DoNotOptimize(out.data());
    return best;
  }();
  return value;
}

void bench::report_float(benchmark::State& state, double items, double flops) {
  using Flags = benchmark::Counter;
  const double count = items * static_cast<double>(state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(count));
  state.counters["matrix_peak_flops"] = matrix_peak_flops();
  state.counters["share_of_matrix_peak"] = Flags(count * flops / matrix_peak_flops(), Flags::kIsRate);
}

}  // namespace thalweg
#endif
