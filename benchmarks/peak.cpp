#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "../benchmarks/peak.cpp"
#include "../benchmarks/peak.h"

// The order matters.
// clang-format off
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace thalweg::bench {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Ten chains hide the latency of two units; returns FLOP done.
double multiply_adds(std::size_t rounds, double* out) {
  const hn::ScalableTag<double> d;
  auto a0 = hn::Set(d, 1.0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0, a8 = a0, a9 = a0;
  const auto m = hn::Set(d, 0.999999), c = hn::Set(d, 1e-6);
  for (std::size_t i = 0; i < rounds; ++i) {
    a0 = hn::MulAdd(a0, m, c), a1 = hn::MulAdd(a1, m, c), a2 = hn::MulAdd(a2, m, c), a3 = hn::MulAdd(a3, m, c);
    a4 = hn::MulAdd(a4, m, c), a5 = hn::MulAdd(a5, m, c), a6 = hn::MulAdd(a6, m, c), a7 = hn::MulAdd(a7, m, c);
    a8 = hn::MulAdd(a8, m, c), a9 = hn::MulAdd(a9, m, c);
  }
  const auto sum = hn::Add(hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)),
                           hn::Add(hn::Add(hn::Add(a4, a5), hn::Add(a6, a7)), hn::Add(a8, a9)));
  *out = hn::GetLane(sum);
  return 20.0 * static_cast<double>(rounds) * static_cast<double>(hn::Lanes(d));
}

double read_all(const double* data, std::size_t n) {
  const hn::ScalableTag<double> d;
  const std::size_t lanes = hn::Lanes(d);
  auto a = hn::Zero(d), b = a, c = a, e = a;
  for (std::size_t i = 0; i + 4 * lanes <= n; i += 4 * lanes) {
    a = hn::Add(a, hn::Load(d, data + i)), b = hn::Add(b, hn::Load(d, data + i + lanes));
    c = hn::Add(c, hn::Load(d, data + i + 2 * lanes)), e = hn::Add(e, hn::Load(d, data + i + 3 * lanes));
  }
  return hn::GetLane(hn::Add(hn::Add(a, b), hn::Add(c, e)));
}

}  // namespace HWY_NAMESPACE
}  // namespace thalweg::bench
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <chrono>

#include "thalweg/base/aligned.h"

namespace thalweg::bench {

HWY_EXPORT(multiply_adds);
HWY_EXPORT(read_all);

namespace {

double seconds_of(const auto& body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

double peak_flops() {
  static const double value = [] {
    double best = 0, out = 0;
    for (int repeat = 0; repeat < 10; ++repeat) {
      double flops = 0;
      const double t = seconds_of([&] { flops = HWY_DYNAMIC_DISPATCH(multiply_adds)(2'000'000, &out); });
      best = std::max(best, flops / t);
    }
    benchmark::DoNotOptimize(out);
    return best;
  }();
  return value;
}

double peak_l2_bytes() {
  static const double value = [] {
    const AlignedVector<double> data(32'768, 1.0);
    double best = 0, sum = 0;
    for (int repeat = 0; repeat < 10; ++repeat) {
      const double t = seconds_of([&] {
        for (int i = 0; i < 200; ++i) sum += HWY_DYNAMIC_DISPATCH(read_all)(data.data(), data.size());
      });
      best = std::max(best, 200.0 * 8 * static_cast<double>(data.size()) / t);
    }
    benchmark::DoNotOptimize(sum);
    return best;
  }();
  return value;
}

void report(benchmark::State& state, double items, double flops, double bytes) {
  using Flags = benchmark::Counter;
  const double count = items * static_cast<double>(state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(count));
  if (flops > 0) state.counters["share_of_fma_peak"] = Flags(count * flops / peak_flops(), Flags::kIsRate);
  if (bytes > 0) state.counters["share_of_l2_peak"] = Flags(count * bytes / peak_l2_bytes(), Flags::kIsRate);
}

namespace {

// The peaks themselves, as rows of the same table.
void fma_peak(benchmark::State& state) {
  double out = 0, flops = 0;
  for (auto _ : state) flops += HWY_DYNAMIC_DISPATCH(multiply_adds)(100'000, &out);
  benchmark::DoNotOptimize(out);
  state.counters["flops"] = benchmark::Counter(flops, benchmark::Counter::kIsRate);
}
BENCHMARK(fma_peak)->Name("peak/fma/double");

}  // namespace
}  // namespace thalweg::bench
#endif
