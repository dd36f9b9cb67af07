// Phase-space maps and the whole chain up to the weight; one item a point. Bound of the maps: two to four
// transcendental functions a coordinate.
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

// The first channel of a process, and densities of all of them.
struct Process {
  explicit Process(const char* text, ChannelKinds kinds) {
    Parameters parameters = Parameters::defaults("sm");
    parameters.set("width.t", 0);
    const auto definition = parse_process(text, model, default_multiparticles(4));
    const auto sets = diagrams_of(definition, model, model.vertices(parameters));
    for (std::size_t l = 2; l < definition.labels.size(); ++l)
      masses.push_back(model.mass(sets[0].process.pdg[l], parameters));
    std::vector<Cut> cuts;
    for (std::size_t l = 0; l < masses.size(); ++l)
      if (masses[l] == 0) cuts.push_back({"pt", Observable::pt, {{static_cast<int>(l + 2)}}, 20});
    for (std::size_t k = 0; k < masses.size(); ++k)
      for (std::size_t l = 0; l < k; ++l)
        if (masses[k] == 0 && masses[l] == 0)
          cuts.push_back({"dr", Observable::delta_r, {{static_cast<int>(l + 2), static_cast<int>(k + 2)}}, 0.4});
    const CutBounds bounds(Cuts(cuts), 2, masses, 13000);
    set.emplace(sets, model, parameters, Beams{Beams::Kind::hadrons, 13000, 0, 0}, bounds, kinds);
  }
  Model model{"sm"};
  std::vector<double> masses;
  std::optional<ChannelSet> set;
};

void forward(benchmark::State& state, const char* text, ChannelKinds kinds) {
  const Process process(text, kinds);
  const Channel& channel = (*process.set)[0];
  Arena points, arena;
  const Batch y = uniform(points, channel.dim());
  for (auto _ : state) {
    arena.reset();
    const auto out = PhaseSpacePoints::take(arena, 2 + process.masses.size(), kPoints);
    channel.forward(y, out);
    benchmark::DoNotOptimize(out.jacobian.data());
  }
  bench::report(state, kPoints, 0, 0);
}
BENCHMARK_CAPTURE(forward, ttxg_tree, "g g > t t~ g", ChannelKinds::diagrams)->Name("forward/gg_ttxg/tree");
BENCHMARK_CAPTURE(forward, ttxg_lab, "g g > t t~ g", ChannelKinds::lab)->Name("forward/gg_ttxg/lab");
BENCHMARK_CAPTURE(forward, ttxggg_tree, "g g > t t~ g g g", ChannelKinds::diagrams)->Name("forward/gg_ttxggg/tree");
BENCHMARK_CAPTURE(forward, ttxggg_lab, "g g > t t~ g g g", ChannelKinds::lab)->Name("forward/gg_ttxggg/lab");

// Channel weights by propagators or by densities: one item is a point and a channel.
void weights(benchmark::State& state, const char* text, bool densities) {
  const Process process(text, ChannelKinds::diagrams);
  const ChannelSet& set = *process.set;
  Arena arena;
  const Batch y = uniform(arena, set[0].dim());
  const auto points = PhaseSpacePoints::take(arena, 2 + process.masses.size(), kPoints);
  set[0].forward(y, points);
  const Batch table = Batch::take(arena, set.invariants().rows(), kPoints);
  const auto out = arena.take<double>(kPoints);
  Arena scratch;
  for (auto _ : state) {
    scratch.reset();
    set.invariants().evaluate(points, table, scratch);
    for (std::size_t c = 0; c < set.size(); ++c) {
      if (densities)
        set[c].density(points, table, out);
      else
        set.propagators(c, points, table, out);
      benchmark::DoNotOptimize(out.data());
    }
  }
  bench::report(state, static_cast<double>(kPoints * set.size()), 0, 0);
}
BENCHMARK_CAPTURE(weights, ttxgg_propagators, "g g > t t~ g g", false)->Name("weights/gg_ttxgg/propagators");
BENCHMARK_CAPTURE(weights, ttxgg_densities, "g g > t t~ g g", true)->Name("weights/gg_ttxgg/densities");

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
