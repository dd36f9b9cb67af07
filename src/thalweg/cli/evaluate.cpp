#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "thalweg/amplitude/plugin.h"
#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/base/json.h"
#include "thalweg/base/spelling.h"
#include "thalweg/cli/commands.h"

namespace thalweg {
namespace {

// Relative to the energy of the event: what rounding of published momenta with 8 digits leaves.
constexpr double kMomentumTolerance = 1e-6;

struct Arguments {
  std::string process, model = "sm", points, precision = "double", amplitude;
  bool json = true, check = false;
};

double number(const nlohmann::json& json, const std::string& what) {
  if (!json.is_number()) request_error("{}: expected a number, not {}", what, short_text(json));
  const double value = json.get<double>();
  if (!std::isfinite(value)) request_error("{}: expected a finite number", what);
  return value;
}

// Keys that say something to people, such as those of published values: they are there, and nothing is done with them.
const std::vector<std::string> kRemarks = {"name",
                                           "source",
                                           "note",
                                           "comment",
                                           "description",
                                           "convention",
                                           "pdg_in",
                                           "pdg_out",
                                           "masses",
                                           "average_and_symmetry_denominator",
                                           "cross_check",
                                           "mg5_headers",
                                           "frame",
                                           "sqrts",
                                           "n_amplitudes_MG5_colour_split",
                                           "me2",
                                           "values",
                                           "me2_zero_widths",
                                           "me2_zero_widths_note"};

void check_keys(const nlohmann::json& object, const std::vector<std::string>& known) {
  for (const auto& [key, value] : object.items())
    if (std::find(known.begin(), known.end(), key) == known.end() &&
        std::find(kRemarks.begin(), kRemarks.end(), key) == kRemarks.end())
      request_error("unknown key {}{} Known: {}; \"note\", \"name\" and \"source\" for remarks", short_text(key),
                    did_you_mean(key, known), comma_list(known));
}

void read_parameters(const nlohmann::json& document, Parameters& parameters) {
  if (!document.contains("parameters")) return;
  const auto& json = document["parameters"];
  if (!json.is_object()) request_error("parameters: expected an object such as {{\"mass.z\": 91.188}}");
  auto text = [&](const char* name) {
    if (!json[name].is_string()) request_error("parameters.{}: expected a text", name);
    return json[name].get<std::string>();
  };
  if (json.contains("scheme")) parameters.set_scheme(text("scheme"));
  if (json.contains("width_scheme")) parameters.set_width_scheme(text("width_scheme"));
  if (json.contains("width_tchannel")) {
    if (!json["width_tchannel"].is_boolean()) request_error("parameters.width_tchannel: expected true or false");
    parameters.set_t_channel_widths(json["width_tchannel"].get<bool>());
  }
  for (const auto& [name, value] : json.items())
    if (name == "ckm.unitary") {
      if (!value.is_boolean()) request_error("parameters.ckm.unitary: expected true or false");
      parameters.set_ckm_unitary(value.get<bool>());
    } else if (name != "scheme" && name != "width_scheme" && name != "width_tchannel")
      parameters.set(name, number(value, "parameters." + name));
}

// Checks shape, mass shells and balance of one point, and puts it into `momenta`.
void read_point(const nlohmann::json& point, const std::vector<double>& masses, std::size_t incoming,
                const Momenta& momenta, std::size_t index) {
  if (!point.is_object() || !point.contains("momenta") || !point["momenta"].is_array())
    request_error("expected {{\"momenta\": [[E, px, py, pz], ...]}}");
  check_keys(point, {"momenta", "alpha_s"});
  const auto& legs = point["momenta"];
  if (legs.size() != masses.size())
    request_error("{} momenta, but the process has {} particles", legs.size(), masses.size());
  double balance[4] = {}, energy = 0;
  for (std::size_t l = 0; l < legs.size(); ++l) {
    const std::string place = fmt::format("momentum {}", l + 1);
    if (!legs[l].is_array() || legs[l].size() != 4) request_error("{}: expected [E, px, py, pz]", place);
    double p[4];
    for (std::size_t mu = 0; mu < 4; ++mu) {
      p[mu] = number(legs[l][mu], place);
      momenta.component(l, mu)[index] = p[mu];
      balance[mu] += l < incoming ? p[mu] : -p[mu];
    }
    const double p2 = p[1] * p[1] + p[2] * p[2] + p[3] * p[3], off = p[0] * p[0] - p2 - masses[l] * masses[l];
    if (!(p[0] > 0))
      request_error("{}: energy {} is not positive (incoming particles have physical momenta)", place, p[0]);
    if (std::abs(off) > kMomentumTolerance * (p[0] * p[0]))
      request_error("{}: not on shell, E^2 - p^2 = {} but m^2 = {}", place, p[0] * p[0] - p2, masses[l] * masses[l]);
    if (l < incoming) energy += p[0];
  }
  for (std::size_t mu = 0; mu < 4; ++mu)
    if (std::abs(balance[mu]) > kMomentumTolerance * energy)
      request_error("momenta do not balance: component {} ('{}') of incoming minus outgoing is {} GeV", mu, "Exyz"[mu],
                    balance[mu]);
}

nlohmann::json read_document(const Arguments& a) {
  nlohmann::json document = parse_json(read_file(a.points), a.points);
  if (document.is_object())
    with_place(a.points, [&] { check_keys(document, {"process", "model", "parameters", "points"}); });
  if (!document.is_object() || !document.contains("points") || !document["points"].is_array())
    request_error("{}: expected {{\"points\": [{{\"momenta\": [[E, px, py, pz], ...]}}, ...]}}", a.points);
  if (document.contains("process") && document["process"] != a.process)
    request_error("{}: the file is for process {}, the command line says '{}'", a.points,
                  short_text(document["process"]), a.process);
  // (published values have an object here, a remark)
  if (document.contains("model") && document["model"].is_string() && document["model"] != a.model)
    request_error("{}: the file is for model {}, the command line says '{}'; use --model", a.points,
                  short_text(document["model"]), a.model);
  return document;
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
    with_place(fmt::format("{}: point {}", a.points, i + 1), [&] {
      read_point(points[i], program.leg_masses, process.incoming, momenta, i);
      if (points[i].contains("alpha_s")) alpha_s[i] = number(points[i]["alpha_s"], "alpha_s");
      if (!(alpha_s[i] >= 0)) request_error("alpha_s must not be negative, but is {}", alpha_s[i]);
    });
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
