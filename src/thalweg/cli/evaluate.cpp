#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "thalweg/amplitude/plugin.h"
#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/base/json.h"
#include "thalweg/cli/commands.h"
#include "thalweg/run/points_document.h"

namespace thalweg {
namespace {

struct Arguments {
  std::string process, model = "sm", points, precision = "double", amplitude;
  bool json = true, check = false;
};

nlohmann::json read_document(const Arguments& a) {
  return read_points(read_file(a.points), a.points, a.process, a.model);
}

// How far the values are from those in double (mixed precision, plug-ins), or those in mixed precision from them.
nlohmann::json check(const AmplitudeProgram& program, AmplitudeInput in, const std::vector<double>& values, bool plugin,
                     Arena& arena) {
  const bool full = in.precision == Precision::full;
  auto deviations = [&](Precision precision, std::size_t* rescued) {
    in.precision = precision;
    std::vector<double> other(values.size()), list;
    const std::size_t left = evaluate(program, in, {other}, arena);
    if (rescued) *rescued = left;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i] != other[i]) list.push_back(std::abs(values[i] - other[i]) / std::abs(full ? values[i] : other[i]));
    std::sort(list.begin(), list.end());
    const nlohmann::json median = list.empty() ? 0.0 : list[list.size() / 2], worst = list.empty() ? 0.0 : list.back();
    return nlohmann::json{{"median", median}, {"largest", worst}, {"points_that_differ", list.size()}};
  };
  std::size_t rescued = 0;
  nlohmann::json result = {{"from_double", deviations(Precision::full, nullptr)}};
  if (full && !plugin) {
    result["of_mixed"] = deviations(Precision::mixed, &rescued);
    result["of_mixed"]["rescued"] = rescued;
  }
  return result;
}

int run(const Arguments& a) {
  const Model model(a.model);
  const nlohmann::json document = read_document(a);
  Parameters parameters = model.default_parameters();
  with_place(a.points, [&] {
    read_parameters(document, parameters);
    parameters.derive();
  });
  const auto vertices = model.vertices(parameters);
  const auto definition = parse_process(a.process, model, default_multiparticles(4));
  const SelectedProcess selected = select_process(definition, model, vertices);
  const SubProcess& process = selected.process;
  const AmplitudeProgram program = compile(selected, model, parameters, vertices);
  Arena arena;
  const auto& points = document["points"];
  const Momenta momenta = Momenta::take(arena, process.legs(), points.size());
  std::vector<double> alpha_s(points.size(), parameters.get("alpha_s"));
  for (std::size_t i = 0; i < points.size(); ++i)
    with_place(fmt::format("{}: point {}", a.points, i + 1),
               [&] { read_point(points[i], program.leg_masses, process.incoming, momenta, alpha_s, i); });
  std::vector<int> order(process.legs());
  std::iota(order.begin(), order.end(), 0);
  std::vector<double> values(points.size());
  nlohmann::json result = {{"process", a.process}};
  const AmplitudeInput in{momenta, order, alpha_s, precision_of(a.precision)};
  if (const std::string plugin = plugin_path(a.amplitude); !plugin.empty()) {
    PluginAmplitude(plugin, process.legs(), "").evaluate(momenta, alpha_s, values, arena);
    result["amplitude"] = a.amplitude;
  } else if (const std::size_t rescued = evaluate(program, in, {values}, arena); in.precision == Precision::mixed) {
    result["rescued"] = rescued;
  }
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i])) {
      if (!a.amplitude.empty()) run_error("{}: point {}: |M|^2 of the plug-in is {}", a.points, i + 1, values[i]);
      request_error(
          "{}: point {}: |M|^2 is {}: the point lies on a singularity (massless particles along each other, or "
          "the pole of a propagator without width)",
          a.points, i + 1, values[i]);
    }
  result["values"] = values;
  if (a.check) result["check"] = check(program, in, values, result.contains("amplitude"), arena);
  fmt::print("{}\n", to_text(result));
  return 0;
}

}  // namespace

void add_evaluate(CLI::App& app, Action& action) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("evaluate", "|M|^2 at given momenta");
  command->add_option("process", a->process, "such as \"u u~ > e+ e-\"")->required();
  command->add_option("--points", a->points, "JSON file with momenta")->required();
  command->add_option("--model", a->model, "sm, sm_zprime or sm_cp");
  command->add_option("--precision", a->precision, "double, or mixed: currents in float");
  command->add_option("--amplitude", a->amplitude, "plugin:FILE, a library with the UMAMI interface");
  command->add_flag("--check", a->check, "deviation of the values from double precision, and of mixed precision");
  command->add_flag("--json", a->json, "JSON on stdout (always so)");
  command->callback([=, &action] { action = [=] { return run(*a); }; });
}

}  // namespace thalweg
