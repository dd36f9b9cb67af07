// From a process to its program, with the configurations that vanish found and dropped.
#include <algorithm>
#include <numeric>

#include "thalweg/amplitude/evaluator.h"
#include "thalweg/kinematics/random_momenta.h"

namespace thalweg {
namespace {

constexpr std::size_t kProbes = 3;

// Not far above the masses: there helicities that masses suppress are as large as others.
bool probe_momenta(const AmplitudeProgram& program, const Momenta& p) {
  const double mass = std::accumulate(program.leg_masses.begin(), program.leg_masses.end(), 0.0);
  const double energy = mass > 0 ? 1.2 * mass : 100.0;
  return random_momenta({program.leg_masses, program.incoming, energy, 3 * energy, 0.6, 20261125}, p);
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
    std::vector<std::int8_t> helicities = program.configurations[h];
    options.skip.push_back(helicities);
    for (std::int8_t& x : helicities) x = static_cast<std::int8_t>(-x);
    if (program.parity) options.skip.push_back(helicities);
  }
  if (options.skip.empty() || options.skip.size() == parts.dim * (program.parity ? 2 : 1)) return program;
  std::sort(options.skip.begin(), options.skip.end());
  return compile(graph, model, parameters, options);
}

}  // namespace thalweg
