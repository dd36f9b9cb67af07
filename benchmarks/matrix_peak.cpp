// The float ceiling for small matrix products: a 32 x 32 layer on a tile of 64 events, all in L1.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "../benchmarks/matrix_peak.cpp"
// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
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
#include "../benchmarks/peak.h"
namespace thalweg {
HWY_EXPORT(Products);
namespace {
void matrix_peak(benchmark::State& state) {
  const AlignedVector<float> w(32 * 32, 0.5F), in(32 * kFlowTile, 0.5F);
  AlignedVector<float> out(32 * kFlowTile);
  for (auto _ : state) {
    HWY_DYNAMIC_DISPATCH(Products)(100, w.data(), in.data(), out.data());
    benchmark::DoNotOptimize(out.data());
  }
  const double flops = 100.0 * 2 * 32 * 32 * kFlowTile * static_cast<double>(state.iterations());
  state.counters["flops"] = benchmark::Counter(flops, benchmark::Counter::kIsRate);
}
BENCHMARK(matrix_peak)->Name("peak/matrix/float");
}  // namespace
}  // namespace thalweg
#endif
