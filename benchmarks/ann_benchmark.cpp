// The fully connected map of the paper: 6 hidden layers by 64 nodes, ELU. One item a point. Bound: float multiply-adds;
// forward 1 + dim passes through the network (the first layer's tangents are its columns), a gradient twice as many.
#include <random>

#include "../benchmarks/matrix_peak.h"
#include "thalweg/flow/adam.h"
#include "thalweg/flow/ann_map.h"
#include "thalweg/flow/coupling_flow.h"

namespace thalweg {
namespace {

struct Setup {
  Setup(std::unique_ptr<TrainableMap> m, std::size_t points)
      : map(std::move(m)),
        batch(points),
        with_gradient(map->tape(true)),
        plain(map->tape(false)),
        tile(map->dim() * kFlowTile),
        log_density(kFlowTile),
        factor(kFlowTile, 0.01),
        by_sample(map->dim() * kFlowTile, 0.01),
        gradient(map->parameters().size()),
        adam(gradient.size()),
        z(map->dim() * (batch + kFlowTile)) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> u(0, 1);
    for (double& v : z) v = u(random);
  }
  void sample(std::size_t t, MapTape& tape) {
    std::copy_n(z.data() + t * tile.size(), tile.size(), tile.data());
    map->sample_tile(0, tile.data(), log_density.data(), tape);
  }
  std::unique_ptr<TrainableMap> map;
  std::size_t batch;
  std::unique_ptr<MapTape> with_gradient, plain;
  AlignedVector<double> tile, log_density, factor, by_sample;
  AlignedVector<float> gradient;
  Adam adam;
  AlignedVector<double> z;
};

Setup ann(const benchmark::State& state) {
  const AnnConfig config{.dim = static_cast<std::size_t>(state.range(0)), .clip = 20, .inputs = AnnInputs::stretched};
  return {std::make_unique<AnnMap>(config, 1), static_cast<std::size_t>(state.range(1))};
}

double forward_flops(const TrainableMap& map) {
  double sum = 0;
  const AnnLayout& layout = dynamic_cast<const AnnMap&>(map).layout();
  for (std::size_t l = 0; l < layout.layers.size(); ++l)
    sum += 2.0 * static_cast<double>(layout.layers[l].in * layout.layers[l].out * (l == 0 ? 1 : 1 + map.dim()));
  return sum;
}

void sample(benchmark::State& state) {
  Setup s = ann(state);
  for (auto _ : state)
    for (std::size_t t = 0; t < s.batch / kFlowTile; ++t) {
      s.sample(t, *s.plain);
      benchmark::DoNotOptimize(s.tile.data());
    }
  bench::report_float(state, static_cast<double>(s.batch), forward_flops(*s.map));
}

// The reverse KL divergence with a free integrand: pass, gradient along the path, Adam.
void path(benchmark::State& state) {
  Setup s = ann(state);
  for (auto _ : state) {
    std::fill(s.gradient.begin(), s.gradient.end(), 0.0F);
    for (std::size_t t = 0; t < s.batch / kFlowTile; ++t) {
      s.sample(t, *s.with_gradient);
      s.map->path_backward_tile(s.factor.data(), s.by_sample.data(), *s.with_gradient, s.gradient.data());
    }
    s.adam.step(s.map->parameters(), s.gradient, 1e-9);
  }
  bench::report_float(state, static_cast<double>(s.batch), 3 * forward_flops(*s.map));
}

// The same with the gradient at fixed images: one pass without tangents more.
void fixed(benchmark::State& state) {
  Setup s = ann(state);
  for (auto _ : state) {
    std::fill(s.gradient.begin(), s.gradient.end(), 0.0F);
    for (std::size_t t = 0; t < s.batch / kFlowTile; ++t) {
      s.sample(t, *s.with_gradient);
      s.map->backward_tile(s.factor.data(), *s.with_gradient, s.gradient.data());
    }
    s.adam.step(s.map->parameters(), s.gradient, 1e-9);
  }
  bench::report_float(state, static_cast<double>(s.batch), 3 * forward_flops(*s.map));
}

// For comparison: the coupling flow that the neural sampler uses, per point.
void coupling_sample(benchmark::State& state) {
  const FlowConfig config{.dim = static_cast<std::size_t>(state.range(0))};
  Setup s(std::make_unique<CouplingFlow>(config, 1), static_cast<std::size_t>(state.range(1)));
  for (auto _ : state)
    for (std::size_t t = 0; t < s.batch / kFlowTile; ++t) {
      s.sample(t, *s.plain);
      benchmark::DoNotOptimize(s.tile.data());
    }
  double flops = 0;
  for (const CouplingBlock& b : dynamic_cast<const CouplingFlow&>(*s.map).layout().blocks)
    for (const LinearLayer& l : b.layers) flops += 2.0 * static_cast<double>(l.in * l.out);
  bench::report_float(state, static_cast<double>(s.batch), flops);
}

const std::vector<std::vector<std::int64_t>> kSizes = {{2, 5, 10, 16}, {1024}};
BENCHMARK(path)->ArgNames({"dim", "batch"})->ArgsProduct(kSizes);
BENCHMARK(fixed)->ArgNames({"dim", "batch"})->ArgsProduct(kSizes);
BENCHMARK(sample)->ArgNames({"dim", "batch"})->ArgsProduct(kSizes);
BENCHMARK(coupling_sample)->ArgNames({"dim", "batch"})->ArgsProduct(kSizes);

}  // namespace
}  // namespace thalweg

BENCHMARK_MAIN();
