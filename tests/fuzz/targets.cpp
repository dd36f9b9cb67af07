#include "targets.h"

#include <cstdlib>

#include "guarded.h"
#include "thalweg/amplitude/diagram.h"
#include "thalweg/base/errors.h"
#include "thalweg/event/lhe.h"
#include "thalweg/model/slha.h"
#include "thalweg/parton/pdf.h"
#include "thalweg/run/card.h"
#include "thalweg/run/points_document.h"

namespace thalweg::fuzz {
bool card(std::string_view text) {
  return taken([&] {
    const RunCard card = parse_card(text, "fuzz.toml", {});
    parse_card(card.resolved, "fuzz.toml", {});  // what we write we can read
  });
}

bool lhe(std::string_view text) {
  return taken([&] { parse_lhe(text, "fuzz.lhe", [](const Event&) { return true; }); });
}

bool slha(std::string_view text) {
  return taken([&] {
    const Model model("sm_zprime");
    Parameters parameters = model.default_parameters();
    read_slha(text, "fuzz.dat", model, parameters);
    parameters.derive();
  });
}

bool grid(std::string_view text) {
  return taken([&] {
    const GridFile file = read_grid_file(text, "fuzz.dat");
    const PdfEvaluator pdf(file, {2, 21});
    Arena arena;
    const Batch out = Batch::take(arena, 2, 2);
    const double x[] = {1e-3, 0.5}, q2[] = {10, 1e4};
    pdf.evaluate(x, q2, out, arena);
  });
}

bool info(std::string_view text) {
  return taken([&] {
    const SetInfo metadata = SetInfo::parse(text, "fuzz.info");
    for (const std::string& key : metadata.keys()) taken([&] { metadata.numbers(key); });
    if (text.size() % 16 != 0) return;  // a running takes milliseconds
    std::vector<std::string> notes;
    const AlphaS alpha_s = AlphaS::from_info(metadata, "fuzz.info", notes);
    for (const double q : {0.1, 1.0, 3.0, 91.0, 1e4}) alpha_s(q);
  });
}

bool process(std::string_view text) {
  return taken([&] {
    static const Model model("sm");
    static const auto vertices = model.vertices(model.default_parameters());
    const auto definition = parse_process(text, model, default_multiparticles(4));
    if (definition.labels.size() <= 5) diagrams_of(definition, model, vertices);
  });
}

bool points(std::string_view text) {
  return taken([&] {
    static const Model model("sm");
    const nlohmann::json document = read_points(text, "fuzz.json", "u u~ > e+ e-", "sm");
    Parameters parameters = model.default_parameters();
    read_parameters(document, parameters);
    parameters.derive();
    Arena arena;
    const auto& list = document["points"];
    const Momenta momenta = Momenta::take(arena, 4, list.size());
    std::vector<double> alpha_s(list.size(), 0.118);
    for (std::size_t i = 0; i < list.size(); ++i) read_point(list[i], {0, 0, 0, 0}, 2, momenta, alpha_s, i);
  });
}

std::vector<std::string> points_seeds() {
  return {
      R"({"process": "u u~ > e+ e-", "model": "sm", "note": "x", "parameters": {"mass.z": 91.2, "width_tchannel": false}, "points": [{"momenta": [[100, 0, 0, 100], [100, 0, 0, -100], [100, 60, 0, 80],
[100, -60, 0, -80]], "alpha_s": 0.12}]})",
      R"({"points": [{"momenta": [[100, 0, 0, 100], [100, 0, 0, -100], [100, 100, 0, 0], [100, -100, 0, 0]]}]})"};
}

const std::vector<Target>& targets() {
  static const std::vector<Target> all = {
      {"card", card, false, nullptr},
      {"lhe", lhe, false, nullptr},
      {"slha", slha, false, nullptr},
      {"grid", grid, false, nullptr},
      {"info", info, false, nullptr},
      {"process", process, false, nullptr},
      {"points", points, true, points_seeds},
      {"lheh5", lheh5, true, lheh5_seeds},
      {"lheh5_bytes", lheh5_bytes, false, lheh5_bytes_seeds},
      {"folder", folder, false, folder_seeds},
      {"state", state, true, state_seeds},
      {"generation", generation, true, generation_seeds},
      {"training", training, true, training_seeds},
      {"result", result, true, result_seeds},
      {"sampler", sampler, true, sampler_seeds},
  };
  return all;
}

const Target& target_named(std::string_view name) {
  for (const Target& target : targets())
    if (target.name == name) return target;
  std::abort();
}

}  // namespace thalweg::fuzz
