// From a process to its program, with the configurations that vanish found and dropped.
#include <algorithm>
#include <numeric>

#include "thalweg/amplitude/evaluator.h"
#include "thalweg/kinematics/random_momenta.h"

namespace thalweg {
namespace {

constexpr std::size_t kProbes = 3;

bool probe_momenta(const AmplitudeProgram& program, const Momenta& p) {
  const double mass = std::accumulate(program.leg_masses.begin(), program.leg_masses.end(), 0.0);
  const double energy = 3 * mass + 100 * static_cast<double>(program.legs);
  return random_momenta({program.leg_masses, program.incoming, energy, 2 * energy, 0.6, 20261125}, p);
}

}  // namespace

AmplitudeProgram compile(const SelectedProcess& selected, const Model& model, const Parameters& parameters,
                         const std::vector<Vertex>& vertices) {
  const CurrentGraph graph = build_graph(selected, model, parameters, vertices);
  AmplitudeProgram program = compile(graph, model, parameters);
  Arena arena;
  const Momenta p = Momenta::take(arena, program.legs, kProbes);
  if (!probe_momenta(program, p)) return program;
  std::vector<int> order(program.legs);
  std::iota(order.begin(), order.end(), 0);
  std::vector<double> me2(kProbes);
  const Batch parts = Batch::take(arena, program.configurations.size(), kProbes);
  const double alpha_s = 0.118;
  evaluate(program, {p, order, {&alpha_s, 1}}, {me2, parts}, arena);
  // Rounding leaves about 1e-31 of a sum of squares; a part that matters anywhere is far above.
  constexpr double kVanishes = 1e-24;
  CompileOptions options;
  for (std::size_t h = 0; h < parts.dim; ++h) {
    bool vanishes = true;
    for (std::size_t i = 0; i < kProbes; ++i) vanishes = vanishes && parts.row(h)[i] < kVanishes * me2[i];
    if (!vanishes) continue;
    options.skip.push_back(program.configurations[h]);
  }
  if (options.skip.empty() || options.skip.size() == parts.dim) return program;
  std::sort(options.skip.begin(), options.skip.end());
  return compile(graph, model, parameters, options);
}

}  // namespace thalweg
