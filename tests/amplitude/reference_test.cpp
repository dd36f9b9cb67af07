// |M|^2 at points computed and published by others: two a process in tests/data, all of them where
// THALWEG_REFERENCE_PATH has them.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "amplitude_case.h"
#include "thalweg/base/errors.h"
#include "thalweg/base/units.h"

namespace thalweg {
namespace {

using nlohmann::json;
using test::AmplitudeCase;

std::vector<std::string> roots() {
  std::vector<std::string> list = {THALWEG_SOURCE "/tests/data"};
  if (const char* folder = std::getenv("THALWEG_REFERENCE_PATH")) list.push_back(folder);
  return list;
}

json read(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return json::parse(file);
}

// MadGraph's names of the inputs.
Parameters parameters_of(const json& inputs, bool widths) {
  static const std::pair<const char*, const char*> names[] = {{"aEWM1", "alpha_em_inverse"},
                                                              {"Gf", "gf"},
                                                              {"aS", "alpha_s"},
                                                              {"MZ", "mass.z"},
                                                              {"MT", "mass.t"},
                                                              {"MH", "mass.h"},
                                                              {"MB", "mass.b"},
                                                              {"MTAU", "mass.tau"},
                                                              {"ymt", "yukawa.t"},
                                                              {"ymb", "yukawa.b"},
                                                              {"ymtau", "yukawa.tau"},
                                                              {"WT", "width.t"},
                                                              {"WZ", "width.z"},
                                                              {"WW", "width.w"},
                                                              {"WH", "width.h"}};
  Parameters p = Model("sm").default_parameters();
  for (const auto& [theirs, ours] : names) {
    const bool width = std::string(ours).starts_with("width.");
    if (inputs.contains(theirs)) p.set(ours, width && !widths ? 0.0 : inputs[theirs].get<double>());
  }
  p.derive();
  return p;
}

Momenta momenta_of(const json& points, std::size_t legs, Arena& arena) {
  const Momenta p = Momenta::take(arena, legs, points.size());
  for (std::size_t i = 0; i < points.size(); ++i)
    for (std::size_t l = 0; l < legs; ++l)
      for (std::size_t mu = 0; mu < 4; ++mu) p.component(l, mu)[i] = points[i]["momenta"].at(l).at(mu).get<double>();
  return p;
}

std::vector<double> numbers(const json& points, const char* key) {
  std::vector<double> values;
  for (const auto& point : points) values.push_back(point[key].get<double>());
  return values;
}

// 1e-10, and for mixed precision what its documentation promises: 1e-4, and 2e-6 in the median of all points.
TEST(References, MadGraphPoints) {
  std::vector<double> deviations;
  for (const std::string& root : roots())
    for (const auto& entry : std::filesystem::directory_iterator(root + "/me")) {
      const json document = read(entry.path());
      for (const bool widths : {true, false}) {
        const char* key = widths ? "me2" : "me2_zero_widths";
        if (!document["points"][0].contains(key)) continue;
        const AmplitudeCase c(document["process"].get<std::string>(), "sm",
                              parameters_of(document["model"]["inputs"], widths));
        Arena arena;
        const Momenta p = momenta_of(document["points"], c.program.legs, arena);
        const auto expected = numbers(document["points"], key), full = c.me2(p);
        test::expect_close(full, expected, 1e-10, entry.path().string());
        const auto mixed = c.me2(p, {}, Precision::mixed);
        test::expect_close(mixed, full, 1e-4, entry.path().string() + " mixed");
        for (std::size_t i = 0; i < mixed.size(); ++i) deviations.push_back(std::abs(mixed[i] / full[i] - 1));
      }
    }
  std::sort(deviations.begin(), deviations.end());
  EXPECT_LE(deviations[deviations.size() / 2], 2e-6);
}

// The parameters of a card of MadLoop's tests.
Parameters parameters_of_card(const std::string& model, const json& card, double alpha_inverse) {
  Parameters p = test::stable_parameters();
  double mass_w = 0;
  std::string block;
  for (const std::string line : card) {
    std::istringstream words(line);
    std::string first;
    int code = 0;
    double value = 0;
    words >> first;
    if (first == "Block") {
      words >> block;
      continue;
    }
    if (first == "DECAY") continue;
    code = std::stoi(first);
    words >> value;
    static const std::map<std::pair<std::string, int>, const char*> names = {
        {{"SMINPUTS", 2}, "gf"},     {{"SMINPUTS", 3}, "alpha_s"}, {{"MASS", 4}, "mass.c"},
        {{"MASS", 5}, "mass.b"},     {{"MASS", 6}, "mass.t"},      {{"MASS", 15}, "mass.tau"},
        {{"MASS", 23}, "mass.z"},    {{"MASS", 25}, "mass.h"},     {{"YUKAWA", 4}, "yukawa.c"},
        {{"YUKAWA", 5}, "yukawa.b"}, {{"YUKAWA", 6}, "yukawa.t"},  {{"YUKAWA", 15}, "yukawa.tau"}};
    if (block == "MASS" && code == 24) mass_w = value;
    if (const auto name = names.find({block, code}); name != names.end()) p.set(name->second, value);
  }
  p.set("alpha_em_inverse", alpha_inverse);
  if (mass_w > 0) {
    p.set_scheme("gmu");
    p.set("mass.w", mass_w);
    const double mw2 = mass_w * mass_w, mz = p.get("mass.z");
    if (model.find("Gmu") == std::string::npos)  // inputs alpha, M_W, M_Z
      p.set("gf", kPi / (std::sqrt(2.0) * alpha_inverse * mw2 * (1 - mw2 / (mz * mz))));
  }
  p.derive();
  return p;
}

TEST(References, SavedRunsOfMadLoop) {
  for (const std::string& root : roots()) {
    const json document = read(root + "/me-published/mg5_saved_runs.json");
    for (const auto& record : document["records"]) {
      const auto model = record["model"].get<std::string>();
      const auto dash = model.find("-parallel_test");
      const std::string base = model.substr(0, dash), tail = model.substr(dash + 1);
      json card;
      for (const char* hidden : {"", "."})
        if (const auto name = base + "/" + hidden + "restrict_" + tail + ".dat";
            document["restrict_cards"].contains(name))
          card = document["restrict_cards"][name];
      ASSERT_FALSE(card.is_null()) << model;
      std::string process = record["process"].get<std::string>();
      for (const auto& [order, value] : record["orders"].items())
        process += fmt::format(" {}={}", order, value.get<int>());
      const auto file = record["file"].get<std::string>();
      // Both kinds of corrections: all orders of the born. WEIGHTED^2 > 6: its purely electroweak part.
      if (record["orders"].empty() && file.find("QCD_QED") != std::string::npos) process += " QCD=99 QED=99";
      if (file.find("WEIGHTEDsq_gt_6") != std::string::npos) process += " QCD=0";
      // Most values were made with 1/alpha = 132.507. Five of the fourth MadLoop have the digits of the card,
      // 132.50698, and a root of two with ten digits in G_F sqrt2, as all five and no other constant explain.
      const bool older = file.find("/ml4_") != std::string::npos && file.find("wpwmg") == std::string::npos;
      Parameters parameters = parameters_of_card(model, card, older ? 132.50698 : 132.507);
      if (older) parameters.set("gf", parameters.get("gf") * 1.414213562 / std::sqrt(2.0));
      parameters.derive();
      const AmplitudeCase c(process, "sm", parameters);
      Arena arena;
      const Momenta p = momenta_of(json::array({record}), c.program.legs, arena);
      test::expect_close(c.me2(p, {}, Precision::mixed), c.me2(p), 1e-4, process + " mixed");
      // That program averages over two helicities of neutrinos.
      double born = record["born"].get<double>();
      for (std::size_t l = 0; l < c.selected.process.incoming; ++l)
        if (const int pdg = std::abs(c.selected.process.pdg[l]); pdg == 12 || pdg == 14 || pdg == 16) born *= 2;
      test::expect_close(c.me2(p), {born}, 1e-10, process + " " + model);
    }
  }
}

TEST(References, PyAmpliCol) {
  for (const std::string& root : roots()) {
    const json document = read(root + "/me-published/pyamplicol_physics_v2_extract.json");
    for (const auto& record : document["records"]) {
      if (record["color_accuracy"] != "full") continue;  // values at leading colour are another quantity
      const AmplitudeCase c(record["process"].get<std::string>());
      Arena arena;
      const Momenta p = momenta_of(json::array({record}), c.program.legs, arena);
      test::expect_close(c.me2(p, {}, Precision::mixed), c.me2(p), 1e-4, "mixed");
      test::expect_close(c.me2(p), {std::stod(record["total"].get<std::string>())}, 1e-10,
                         record["process"].get<std::string>());
    }
  }
}

}  // namespace
}  // namespace thalweg
