// |M|^2 summed over all helicities and colours, one item a point. Bound: multiply-adds of the program (currents with
// every helicity computed once, and the colour sum); currents stay in L2.
#include <numeric>

#include "../benchmarks/peak.h"
#include "thalweg/amplitude/evaluator.h"
#include "thalweg/kinematics/random_momenta.h"

namespace thalweg {
namespace {

struct Process {
  const char* name;
  const char* text;
  const char* model = "sm";
};

// The processes of madgraph4gpu's tables (width.t = 0, as there), and more gluons.
const Process kProcesses[] = {{"ee_mumu", "e+ e- > mu+ mu-"},
                              {"uux_ee", "u u~ > e+ e-"},
                              {"uux_ee_zprime", "u u~ > e+ e-", "sm_zprime"},
                              {"ee_aa", "e+ e- > a a"},
                              {"gg_ttx", "g g > t t~"},
                              {"gu_ttxu", "g u > t t~ u"},
                              {"gg_ttxg", "g g > t t~ g"},
                              {"gg_ttxgg", "g g > t t~ g g"},
                              {"gg_ttxggg", "g g > t t~ g g g"},
                              {"udx_wwpw", "u d~ > w+ w+ w-"},
                              {"uc_wwds", "u c > w+ w+ d s QCD=99 QED=99"},
                              {"uux_z", "u u~ > z g"},
                              {"uux_zg", "u u~ > z g g"},
                              {"uux_zgg", "u u~ > z g g g"},
                              {"uux_zggg", "u u~ > z g g g g"},
                              {"uux_eegg", "u u~ > e+ e- g g"},
                              {"gg_wdux", "g g > w+ d u~"},
                              {"gg_wduxg", "g g > w+ d u~ g"},
                              {"gg_wduxgg", "g g > w+ d u~ g g"},
                              {"gg_gg", "g g > g g"},
                              {"gg_ggg", "g g > g g g"},
                              {"gg_gggg", "g g > g g g g"},
                              {"gg_ggggg", "g g > g g g g g"}};

struct Compiled {
  Model model;
  Parameters parameters;
  std::vector<Vertex> vertices;
  SelectedProcess selected;

  explicit Compiled(const Process& p) : model(p.model), parameters(model.default_parameters()) {
    parameters.set("width.t", 0);
    vertices = model.vertices(parameters);
    selected = select_processes(parse_process(p.text, model, default_multiparticles(4)), model, vertices)[0];
  }
  AmplitudeProgram program() const { return compile(selected, model, parameters, vertices); }
};

constexpr std::size_t kPoints = 512;

Momenta points(const AmplitudeProgram& program, Arena& arena) {
  const double mass = std::accumulate(program.leg_masses.begin(), program.leg_masses.end(), 0.0);
  const Momenta p = Momenta::take(arena, program.legs, kPoints);
  random_momenta({program.leg_masses, program.incoming, mass + 200, 3 * mass + 1000, 0, 1}, p);
  return p;
}

void matrix_element(benchmark::State& state, const Process& process, Precision precision) {
  const AmplitudeProgram program = Compiled(process).program();
  Arena kept, arena;
  const Momenta p = points(program, kept);
  std::vector<int> order(program.legs);
  std::iota(order.begin(), order.end(), 0);
  std::vector<double> me2(kPoints);
  const double alpha_s = 0.118;
  std::size_t rescued = 0;
  for (auto _ : state) {
    arena.reset();
    rescued = evaluate(program, {p, order, {&alpha_s, 1}, precision}, {me2}, arena);
    benchmark::DoNotOptimize(me2.data());
  }
  bench::report(state, kPoints, program.flops, 0);
  if (precision == Precision::mixed)
    state.counters["rescued"] = static_cast<double>(rescued) / static_cast<double>(kPoints);
  else
    state.counters["flop"] = program.flops;
}

void single_diagrams(benchmark::State& state, const Process& process) {
  const Compiled c(process);
  const DiagramSet set{c.selected, enumerate_diagrams(c.selected, c.model, c.vertices)};
  const SingleDiagrams diagrams = compile_single_diagrams(set, c.model, c.parameters, c.vertices);
  Arena kept, arena;
  const Momenta p = points(diagrams.program, kept);
  std::vector<int> order(diagrams.program.legs);
  std::iota(order.begin(), order.end(), 0);
  const Batch out = Batch::take(kept, set.diagrams.size(), kPoints);
  const double alpha_s = 0.118;
  for (auto _ : state) {
    arena.reset();
    evaluate(diagrams, {p, order, {&alpha_s, 1}}, out, arena);
    benchmark::DoNotOptimize(out.data);
  }
  bench::report(state, kPoints, 0, 0);
}

// From the process string to a program that is ready to run.
void compile_process(benchmark::State& state, const Process& process) {
  for (auto _ : state) benchmark::DoNotOptimize(Compiled(process).program().flops);
}

void register_all() {
  for (const Process& p : kProcesses) {
    const std::string name = p.name;
    benchmark::RegisterBenchmark(("matrix_element/" + name + "/double").c_str(), matrix_element, p, Precision::full);
    benchmark::RegisterBenchmark(("matrix_element/" + name + "/mixed").c_str(), matrix_element, p, Precision::mixed);
  }
  for (const Process& p : {kProcesses[2], kProcesses[6], kProcesses[7]})
    benchmark::RegisterBenchmark((std::string("single_diagrams/") + p.name).c_str(), single_diagrams, p);
  for (const char* name : {"gg_ttxggg", "uux_zggg", "gg_ggggg"})
    for (const Process& p : kProcesses)
      if (std::string(p.name) == name)
        benchmark::RegisterBenchmark((std::string("compile/") + name).c_str(), compile_process, p)
            ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace thalweg

int main(int argc, char** argv) {
  thalweg::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
