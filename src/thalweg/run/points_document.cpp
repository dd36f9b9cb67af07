#include "thalweg/run/points_document.h"

#include <algorithm>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/json.h"
#include "thalweg/base/spelling.h"

namespace thalweg {
namespace {

// Relative to the energy of the event: what rounding of published momenta with 8 digits leaves.
constexpr double kMomentumTolerance = 1e-6;

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

}  // namespace

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

void read_point(const nlohmann::json& point, const std::vector<double>& masses, std::size_t incoming,
                const Momenta& momenta, std::span<double> alpha_s, std::size_t index) {
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
  if (point.contains("alpha_s")) alpha_s[index] = number(point["alpha_s"], "alpha_s");
  if (!(alpha_s[index] >= 0)) request_error("alpha_s must not be negative, but is {}", alpha_s[index]);
}

nlohmann::json read_points(std::string_view text, const std::string& place, const std::string& process,
                           const std::string& model) {
  nlohmann::json document = parse_json(text, place);
  if (document.is_object())
    with_place(place, [&] { check_keys(document, {"process", "model", "parameters", "points"}); });
  if (!document.is_object() || !document.contains("points") || !document["points"].is_array())
    request_error("{}: expected {{\"points\": [{{\"momenta\": [[E, px, py, pz], ...]}}, ...]}}", place);
  if (document.contains("process") && document["process"] != process)
    request_error("{}: the file is for process {}, the command line says '{}'", place, short_text(document["process"]),
                  process);
  // (published values have an object here, a remark)
  if (document.contains("model") && document["model"].is_string() && document["model"] != model)
    request_error("{}: the file is for model {}, the command line says '{}'; use --model", place,
                  short_text(document["model"]), model);
  return document;
}

}  // namespace thalweg
