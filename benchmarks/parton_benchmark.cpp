// Look-ups of parton densities: one item is one (x, Q) for all flavours listed. Bound: 32 FLOP and up to
// 128 bytes of table a flavour (rounded up to 8 flavours); at a fixed scale the rows stay in L2.
#include <cmath>
#include <random>

#include "../benchmarks/peak.h"
#include "thalweg/parton/pdf.h"

namespace thalweg {
namespace {

void lookup(benchmark::State& state, bool fixed_scale, std::vector<int> flavours) {
  const PdfSet set = PdfSet::load(kDefaultPdfSet);
  const PdfEvaluator pdf(set.grid, flavours);
  constexpr std::size_t n = 4096;
  std::vector<double> x(n), q2(n);
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> u(0, 1);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = std::pow(10.0, -5 * u(random));
    q2[i] = fixed_scale ? 8315.25 : std::pow(10.0, 1 + 5 * u(random));
  }
  Arena arena;
  for (auto _ : state) {
    arena.reset();
    const Batch out = Batch::take(arena, flavours.size(), n);
    pdf.evaluate(x, q2, out, arena);
    benchmark::DoNotOptimize(out.data);
  }
  const double padded_flavours = static_cast<double>(padded(flavours.size()));
  bench::report(state, n, 40 * padded_flavours, 128 * padded_flavours);
}

const std::vector<int> kQuarks = {2, -2, 1, -1, 3, -3, 4, -4};
const std::vector<int> kAll = {21, 2, -2, 1, -1, 3, -3, 4, -4, 5, -5};

BENCHMARK_CAPTURE(lookup, quarks_fixed, true, kQuarks)->Name("lookup/flavours:8/scale:fixed");
BENCHMARK_CAPTURE(lookup, quarks_dynamic, false, kQuarks)->Name("lookup/flavours:8/scale:dynamic");
BENCHMARK_CAPTURE(lookup, all_fixed, true, kAll)->Name("lookup/flavours:11/scale:fixed");
BENCHMARK_CAPTURE(lookup, all_dynamic, false, kAll)->Name("lookup/flavours:11/scale:dynamic");

}  // namespace
}  // namespace thalweg

BENCHMARK_MAIN();
