// The coupling flow of the peers: 10 bins, 2 ceil(log2 d) networks of three layers with 32 hidden nodes. One item a
// point. Bound: float multiply-adds of the networks. A pass over the network costs 2 FLOP a weight; a gradient costs
// two.
#include <random>

#include "../benchmarks/matrix_peak.h"
#include "thalweg/flow/adam.h"
#include "thalweg/flow/coupling_flow.h"

namespace thalweg {
namespace {

struct Setup {
  explicit Setup(const benchmark::State& state)
      : flow({.dim = static_cast<std::size_t>(state.range(0)), .layers = 3}, 1),
        batch(static_cast<std::size_t>(state.range(1))),
        tape(flow.layout(), true),
        plain(flow.layout(), false),
        tile(flow.dim() * kFlowTile),
        log_density(kFlowTile),
        factor(kFlowTile, 0.01),
        gradient(flow.layout().sizes.parameters()),
        adam(flow.layout().sizes.parameters()),
        z(flow.dim() * (batch + kFlowTile)) {
    std::mt19937_64 random(1);
    std::normal_distribution<float> normal(0, 0.05F);
    for (float& p : flow.parameters()) p += normal(random);
    std::uniform_real_distribution<double> u(0, 1);
    for (double& v : z) v = u(random);
  }
  double network_flops() const {
    double sum = 0;
    for (const CouplingBlock& b : flow.layout().blocks)
      for (const LinearLayer& l : b.layers) sum += 2.0 * static_cast<double>(l.in * l.out);
    return sum;
  }
  void load(std::size_t t) { std::copy_n(z.data() + t * tile.size(), tile.size(), tile.data()); }
  void pass(Direction direction, FlowTape& to) {
    flow_tile(direction, flow.layout(), flow.parameters().data(), 0, tile.data(), log_density.data(), to);
  }
  void backward() { flow_tile_backward(flow.layout(), flow.parameters().data(), factor.data(), tape, gradient.data()); }
  CouplingFlow flow;
  std::size_t batch;
  FlowTape tape, plain;
  AlignedVector<double> tile, log_density, factor;
  AlignedVector<float> gradient;
  Adam adam;
  AlignedVector<double> z;
};

void passes(benchmark::State& state, Direction direction) {
  Setup s(state);
  for (auto _ : state)
    for (std::size_t t = 0; t < s.batch / kFlowTile; ++t) {
      s.load(t);
      s.pass(direction, s.plain);
      benchmark::DoNotOptimize(s.tile.data());
    }
  bench::report_float(state, static_cast<double>(s.batch), s.network_flops());
}

// `train`: sample, integrand (free), gradient, Adam. `adam`: density, gradient, Adam.
void step(benchmark::State& state, Direction direction) {
  Setup s(state);
  for (auto _ : state) {
    std::fill(s.gradient.begin(), s.gradient.end(), 0.0F);
    for (std::size_t t = 0; t < s.batch / kFlowTile; ++t) {
      s.load(t);
      s.pass(direction, s.tape);
      s.backward();
    }
    s.adam.step(s.flow.parameters(), s.gradient, 1e-9);
  }
  bench::report_float(state, static_cast<double>(s.batch), 3 * s.network_flops());
}

const std::vector<std::vector<std::int64_t>> kSizes = {{4, 10, 16}, {256, 1024, 8192}};
BENCHMARK_CAPTURE(step, train, Direction::sample)->Name("train")->ArgNames({"dim", "batch"})->ArgsProduct(kSizes);
BENCHMARK_CAPTURE(step, adam, Direction::density)->Name("adam")->ArgNames({"dim", "batch"})->ArgsProduct(kSizes);
BENCHMARK_CAPTURE(passes, sample, Direction::sample)->Name("sample")->ArgNames({"dim", "batch"})->ArgsProduct(kSizes);
BENCHMARK_CAPTURE(passes, density, Direction::density)
    ->Name("density")
    ->ArgNames({"dim", "batch"})
    ->ArgsProduct(kSizes);

}  // namespace
}  // namespace thalweg

BENCHMARK_MAIN();
