// Phase-space maps and the whole chain up to the weight; one item a point. Bound of the maps: about ten
// transcendental functions a point.
#include <random>

#include "../benchmarks/peak.h"
#include "thalweg/run/cross_section.h"

namespace thalweg {
namespace {

constexpr std::size_t kPoints = 4096;

Batch uniform(Arena& arena, std::size_t dim) {
  const Batch y = Batch::take(arena, dim, kPoints);
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> u(0, 1);
  for (std::size_t d = 0; d < dim; ++d)
    for (std::size_t e = 0; e < kPoints; ++e) y.row(d)[e] = u(random);
  return y;
}

void forward(benchmark::State& state, bool massive) {
  const double a = 225, b = 1.69e8;
  const Channel channel("c", {Beams::Kind::hadrons, 13000, 0, 0}, {0, 0},
                        massive ? PropagatorMap::massive(91.188, 2.44, a, b) : PropagatorMap::massless(2, a, b));
  Arena points, arena;
  const Batch y = uniform(points, 4);
  for (auto _ : state) {
    arena.reset();
    const auto out = PhaseSpacePoints::take(arena, 4, kPoints);
    channel.forward(y, out);
    benchmark::DoNotOptimize(out.jacobian.data());
  }
  bench::report(state, kPoints, 0, 0);
}
BENCHMARK_CAPTURE(forward, massive, true)->Name("forward/map:massive");
BENCHMARK_CAPTURE(forward, massless, false)->Name("forward/map:massless");

void vegas(benchmark::State& state) {
  const VegasGrid grid(4, 64);
  Arena points;
  const Batch z = uniform(points, 4), y = Batch::take(points, 4, kPoints);
  std::vector<double> log_jacobian(kPoints);
  for (auto _ : state) {
    grid.forward(z, y, log_jacobian);
    benchmark::DoNotOptimize(y.data);
  }
  bench::report(state, kPoints, 0, 0);
}
BENCHMARK(vegas)->Name("vegas/dim:4");

void whole_chain(benchmark::State& state, const char* card) {
  const CrossSection f(load_card(std::string(THALWEG_SOURCE "/cards/") + card, {}));
  Arena points, arena;
  const Batch y = uniform(points, f.dim()), alpha = Batch::take(points, f.channels(), kPoints);
  std::vector<double> weight(kPoints);
  for (auto _ : state) {
    arena.reset();
    f.evaluate(1, y, {weight, alpha}, arena);
    benchmark::DoNotOptimize(weight.data());
  }
  bench::report(state, kPoints, 0, 0);
}
BENCHMARK_CAPTURE(whole_chain, drell_yan, "drell_yan.toml");
BENCHMARK_CAPTURE(whole_chain, drell_yan_zprime, "drell_yan_zprime.toml");

}  // namespace
}  // namespace thalweg

BENCHMARK_MAIN();
