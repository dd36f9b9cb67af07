#include <fmt/format.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "thalweg/amplitude/draw.h"
#include "thalweg/amplitude/program.h"
#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/cli/commands.h"

namespace thalweg {
namespace {

struct Arguments {
  std::string process, model = "sm", output;
  int flavours = 4;
  bool json = false;
};

// Distinct sets of propagators: the channels that diagrams open.
std::size_t count_channels(const std::vector<DiagramSet>& sets, const Model& model) {
  std::set<std::string> names;
  for (const DiagramSet& set : sets)
    for (const Diagram& d : set.diagrams) names.insert(describe(d, set.process, model));
  return names.size();
}

nlohmann::json describe_set(const DiagramSet& set, const Model& model, const Parameters& parameters,
                            const std::vector<Vertex>& vertices) {
  nlohmann::json json = {{"process", to_string(set.process, model)}};
  for (const Diagram& d : set.diagrams)
    json["diagrams"].push_back({{"propagators", describe(d, set.process, model)},
                                {"QCD", d.qcd},
                                {"QED", d.qed},
                                {"fermion_sign", d.fermion_sign}});
  try {
    const AmplitudeProgram program = compile(set, model, parameters, vertices);
    json["helicities"] = {{"all", program.all_helicities}, {"non_zero", program.helicities}};
    json["currents"] = program.currents;
    json["flops"] = program.flops;
    bool quarks = false;
    for (int pdg : set.process.pdg) quarks |= model.particle(pdg).colour == 3;
    json["colour"] = quarks ? "one quark line, factor 3" : "none";
  } catch (const RequestError& error) {
    json["not_evaluated"] = error.what();
  }
  return json;
}

int run(const Arguments& a) {
  const Model model(a.model);
  const Parameters parameters = model.default_parameters();
  const auto vertices = model.vertices(parameters);
  const auto definition = parse_process(a.process, model, default_multiparticles(a.flavours));
  const auto sets = diagrams_of(definition, model, vertices);
  nlohmann::json result = {{"process", a.process}, {"model", a.model}, {"channels", count_channels(sets, model)}};
  std::size_t total = 0;
  for (const DiagramSet& set : sets) {
    result["sub_processes"].push_back(describe_set(set, model, parameters, vertices));
    total += set.diagrams.size();
  }
  result["diagrams"] = total;
  if (!a.output.empty()) write_file(a.output, draw_diagrams(sets, model, 400));
  if (a.json) {
    fmt::print("{}\n", result.dump(2));
    return 0;
  }
  fmt::print("{}  (model {}): {} sub-processes, {} diagrams, {} channels\n", a.process, a.model, sets.size(), total,
             result["channels"].get<std::size_t>());
  for (const auto& sub : result["sub_processes"]) {
    fmt::print("\n{}", sub["process"].get<std::string>());
    if (sub.contains("helicities"))
      fmt::print("   colour: {}; helicities: {} of {} not zero; {} currents, {:.0f} FLOP",
                 sub["colour"].get<std::string>(), sub["helicities"]["non_zero"].get<int>(),
                 sub["helicities"]["all"].get<int>(), sub["currents"].get<int>(), sub["flops"].get<double>());
    else
      fmt::print("   (diagrams only: {})", sub["not_evaluated"].get<std::string>());
    fmt::print("\n");
    int number = 0;
    for (const auto& d : sub["diagrams"])
      fmt::print("  {:>3}  {}   QCD={} QED={}\n", ++number, d["propagators"].get<std::string>(), d["QCD"].get<int>(),
                 d["QED"].get<int>());
  }
  if (!a.output.empty()) fmt::print("\npicture: {}\n", a.output);
  return 0;
}

}  // namespace

void add_diagrams(CLI::App& app, Action& action) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("diagrams", "Feynman diagrams, channels, colour and helicity counts");
  command->add_option("process", a->process, "such as \"p p > e+ e-\"")->required();
  command->add_option("--model", a->model, "sm or sm_zprime");
  command->add_option("--flavours", a->flavours, "quarks in p and j");
  command->add_option("-o,--output", a->output, "SVG file with the diagrams");
  command->add_flag("--json", a->json, "JSON on stdout");
  command->callback([=, &action] { action = [=] { return run(*a); }; });
}

}  // namespace thalweg
