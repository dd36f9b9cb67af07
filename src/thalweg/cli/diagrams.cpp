#include <fmt/format.h>

#include <charconv>
#include <map>
#include <memory>
#include <set>

#include "thalweg/amplitude/diagram_channels.h"
#include "thalweg/amplitude/draw.h"
#include "thalweg/amplitude/program.h"
#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/base/json.h"
#include "thalweg/cli/commands.h"

namespace thalweg {
namespace {

struct Arguments {
  std::string process, model = "sm", output;
  std::vector<std::string> set;
  int flavours = 4;
  bool json = false;
};

nlohmann::json describe_program(const AmplitudeProgram& program) {
  return {{"helicities",
           {{"all", program.all_configurations},
            {"non_zero", program.configurations.size() * (program.parity ? 2 : 1)},
            {"computed", program.configurations.size()}}},
          {"colour", {{"basis", program.basis}, {"flows", program.flows.size()}}},
          {"currents", program.currents},
          {"products", program.terms.size() + program.outputs.size()},
          {"flops", program.flops}};
}

nlohmann::json describe_set(const DiagramSet& set, const DiagramChannels& channels, const Model& model,
                            const Parameters& parameters, const std::vector<Vertex>& vertices) {
  std::map<std::size_t, std::size_t> channel_of, group_of;
  for (std::size_t c = 0; c < channels.channels.size(); ++c) {
    channel_of[channels.channels[c].diagram] = c + 1;
    group_of[channels.channels[c].diagram] = channels.channels[c].group + 1;
  }
  nlohmann::json json =
      describe_program(compile(static_cast<const SelectedProcess&>(set), model, parameters, vertices));
  json["process"] = to_string(set.process, model);
  json["channels"] = channels.channels.size();
  json["groups"] = channels.groups;
  for (std::size_t d = 0; d < set.diagrams.size(); ++d) {
    const Diagram& diagram = set.diagrams[d];
    nlohmann::json entry = {
        {"propagators", describe(diagram, set.process, model)}, {"QCD", diagram.qcd}, {"QED", diagram.qed}};
    if (channel_of.count(d)) {
      entry["channel"] = channel_of[d];
      entry["group"] = group_of[d];
    }
    json["diagrams"].push_back(entry);
  }
  return json;
}

void print_set(const nlohmann::json& sub) {
  fmt::print("\n{}   {} diagrams, {} channels in {} groups\n", sub["process"].get<std::string>(),
             sub["diagrams"].size(), sub["channels"].get<std::size_t>(), sub["groups"].get<std::size_t>());
  fmt::print(
      "  colour: basis of {}, {} leading flows; helicities: {} of {} not zero, {} computed; {} currents, {:.0f} FLOP\n",
      sub["colour"]["basis"].get<std::size_t>(), sub["colour"]["flows"].get<std::size_t>(),
      sub["helicities"]["non_zero"].get<std::size_t>(), sub["helicities"]["all"].get<std::size_t>(),
      sub["helicities"]["computed"].get<std::size_t>(), sub["currents"].get<std::size_t>(), sub["flops"].get<double>());
  int number = 0;
  for (const auto& d : sub["diagrams"]) {
    const std::string channel =
        d.contains("channel") ? fmt::format("   channel {}, group {}", d["channel"].get<int>(), d["group"].get<int>())
                              : "";
    fmt::print("  {:>3}  {}   QCD={} QED={}{}\n", ++number, d["propagators"].get<std::string>(), d["QCD"].get<int>(),
               d["QED"].get<int>(), channel);
  }
}

Parameters parameters_with(const Model& model, const std::vector<std::string>& set) {
  Parameters parameters = model.default_parameters();
  for (const std::string& assignment : set) {
    const auto equals = assignment.find('=');
    double value = 0;
    const char* first = assignment.data() + equals + 1;
    const char* last = assignment.data() + assignment.size();
    if (equals == std::string::npos || std::from_chars(first, last, value).ptr != last || first == last)
      request_error("--set {}: expected NAME=NUMBER, such as width.t=0", assignment);
    parameters.set(assignment.substr(0, equals), value);
  }
  parameters.derive();
  return parameters;
}

int run(const Arguments& a) {
  const Model model(a.model);
  const Parameters parameters = parameters_with(model, a.set);
  const auto vertices = model.vertices(parameters);
  const auto definition = parse_process(a.process, model, default_multiparticles(a.flavours));
  const auto sets = diagrams_of(definition, model, vertices);
  nlohmann::json result = {{"process", a.process}, {"model", a.model}};
  std::size_t diagrams = 0;
  std::set<Topology> channels, groups;  // those of several sub-processes count once
  for (const DiagramSet& set : sets) {
    const DiagramChannels found = diagram_channels(set, model, parameters);
    result["sub_processes"].push_back(describe_set(set, found, model, parameters, vertices));
    diagrams += set.diagrams.size();
    for (const DiagramChannel& channel : found.channels) {
      channels.insert(channel.topology);
      groups.insert(channel.smallest);
    }
  }
  result["diagrams"] = diagrams;
  result["channels"] = channels.size();
  result["groups"] = groups.size();
  if (!a.output.empty()) write_file(a.output, draw_diagrams(sets, model, 400));
  if (a.json) {
    fmt::print("{}\n", to_text(result));
    return 0;
  }
  fmt::print("{}  (model {}): {} sub-processes, {} diagrams, {} channels in {} groups\n", a.process, a.model,
             sets.size(), diagrams, channels.size(), groups.size());
  for (const auto& sub : result["sub_processes"]) print_set(sub);
  if (!a.output.empty()) fmt::print("\npicture: {}\n", a.output);
  return 0;
}

}  // namespace

void add_diagrams(CLI::App& app, Action& action) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("diagrams", "Feynman diagrams, channels, colour and helicity counts");
  command->add_option("process", a->process, "such as \"p p > e+ e-\"")->required();
  command->add_option("--model", a->model, "sm, sm_zprime or sm_cp");
  command->add_option("--flavours", a->flavours, "quarks in p and j");
  command->add_option("--set", a->set, "parameter of the model, such as width.t=0; once for each")
      ->type_name("NAME=NUMBER")
      ->allow_extra_args(false);
  command->add_option("-o,--output", a->output, "SVG file with the diagrams");
  command->add_flag("--json", a->json, "JSON on stdout");
  command->callback([=, &action] { action = [=] { return run(*a); }; });
}

}  // namespace thalweg
