// |M|^2 summed over all helicities, one item a point. Bound: FLOP of the program (divisions and square
// roots counted as one).
#include <numeric>

#include "../benchmarks/peak.h"
#include "../tests/test_momenta.h"
#include "thalweg/amplitude/evaluator.h"

namespace thalweg {
namespace {

void matrix_element(benchmark::State& state, const char* process, const char* name, bool diagrams) {
  const Model model(name);
  const Parameters parameters = model.default_parameters();
  const auto vertices = model.vertices(parameters);
  const auto sets = diagrams_of(parse_process(process, model, default_multiparticles(4)), model, vertices);
  const AmplitudeProgram program = compile(sets[0], model, parameters, vertices);
  constexpr std::size_t n = 4096;
  Arena points, arena;
  const Momenta p = test::two_body_events(points, n, program.leg_masses, 20, 1000, 1);
  const Batch single = diagrams ? Batch::take(points, program.diagrams, n) : Batch{};
  std::vector<int> order(program.legs);
  std::iota(order.begin(), order.end(), 0);
  std::vector<double> me2(n);
  for (auto _ : state) {
    arena.reset();
    evaluate(program, p, order, me2, single, arena);
    benchmark::DoNotOptimize(me2.data());
  }
  bench::report(state, n, program.flops, 0);
}

BENCHMARK_CAPTURE(matrix_element, ee_mumu, "e+ e- > mu+ mu-", "sm", false)->Name("matrix_element/ee_mumu/double");
BENCHMARK_CAPTURE(matrix_element, uux_ee, "u u~ > e+ e-", "sm", false)->Name("matrix_element/uux_ee/double");
BENCHMARK_CAPTURE(matrix_element, uux_ee_zprime, "u u~ > e+ e-", "sm_zprime", false)
    ->Name("matrix_element/uux_ee_zprime/double");
BENCHMARK_CAPTURE(matrix_element, uux_ee_zprime_with_diagrams, "u u~ > e+ e-", "sm_zprime", true)
    ->Name("matrix_element/uux_ee_zprime_with_diagrams/double");
BENCHMARK_CAPTURE(matrix_element, ee_aa, "e+ e- > a a", "sm", false)->Name("matrix_element/ee_aa/double");

}  // namespace
}  // namespace thalweg

BENCHMARK_MAIN();
