#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <memory>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/base/guarded_process.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/base/json.h"
#include "thalweg/cli/commands.h"
#include "thalweg/event/lhe.h"
#include "thalweg/event/lheh5.h"
#include "thalweg/model/slha.h"
#include "thalweg/parton/grid_file.h"
#include "thalweg/run/generation.h"
#include "thalweg/run/run_folder.h"
#include "thalweg/sampling/integrator.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

// Numbers alone are checked as they are read; their sum may still be too large.
double finite(double sum) {
  if (!std::isfinite(sum)) request_error("the sum of the weights is {}: they are too large to be cross sections", sum);
  return sum;
}

nlohmann::json describe(const EventFileInfo& info, const char* format, double weight_sum) {
  return {{"format", format},
          {"events", info.events},
          {"particles_per_event", info.legs},
          {"beams", info.beam_pdg},
          {"beam_energy", info.beam_energy},
          {"pdf_id", info.pdf_id},
          {"cross_section", {{"value", info.cross_section}, {"error", info.error}}},
          {"sum_of_weights", finite(weight_sum)}};
}

nlohmann::json inspect_run(const fs::path& folder) {
  nlohmann::json json = {{"format", "run folder"}, {"card", (folder / "card.toml").string()}};
  auto damaged = [](const fs::path& file) { return fmt::format("'{}' is damaged", file.string()); };
  if (const auto state = load_json(folder / "state.json")) {
    const IntegratorState s = IntegratorState::from_json({*state, damaged(folder / "state.json")});
    const Integral integral = total(s);
    json["adaptation_iterations"] = s.adaptations_done;
    json["integration"] = {
        {"complete", s.complete}, {"points", integral.points}, {"value", integral.value}, {"error", integral.error}};
  }
  if (const auto generation = load_json(folder / "generation.json")) {
    const Generation g = Generation::from_json({*generation, damaged(folder / "generation.json")});
    json["events_made"] = {{"events", g.events}, {"of", g.requested}};
  }
  if (const auto result = load_json(folder / "result.json")) json["result"] = *result;
  return json;
}

nlohmann::json inspect(const fs::path& path) {
  std::error_code code;
  if (fs::is_directory(path, code)) {
    if (!fs::exists(path / "card.toml", code))
      request_error("'{}' is a folder, but no run folder (no card.toml)", path.string());
    return inspect_run(path);
  }
  double sum = 0;
  auto add = [&](const Event& e) {
    throw_if_interrupted();
    sum += e.weight;
    return true;
  };
  const std::string name = path.string();
  if (name.ends_with(".lhe") || name.ends_with(".lhe.gz") || name.ends_with(".gz")) {
    const EventFileInfo info = read_lhe(name, add);
    nlohmann::json json = describe(info, "LHE", sum);
    json["mean_weight"] = info.events ? sum / static_cast<double>(info.events) : 0.0;
    return json;
  }
  if (is_hdf5(path)) {
    // The HDF5 library does not survive everything.
    return nlohmann::json::parse(in_guarded_process(fmt::format("'{}'", name), [&] {
      const EventFileInfo info = read_lheh5(path, add);
      nlohmann::json json = describe(info, "LHEH5", sum);
      json["sum_of_trials"] = info.sum_trials;
      return json.dump();
    }));
  }
  const std::string text = read_file(path);
  if (text.find("lhagrid1") < 4096) {
    const GridFile grid = read_grid_file(text, name);
    nlohmann::json json = {{"format", "LHAPDF grid"}, {"flavours", grid.subgrids[0].flavours}};
    for (const SubGrid& s : grid.subgrids)
      json["sub_grids"].push_back(
          {{"x", {s.x.front(), s.x.back()}}, {"Q", {s.q.front(), s.q.back()}}, {"knots", {s.x.size(), s.q.size()}}});
    return json;
  }
  if (text.find("<LesHouchesEvents") < 4096) {
    const EventFileInfo info = parse_lhe(text, name, add);
    return describe(info, "LHE", sum);
  }
  request_error("'{}': unknown kind of file; expected LHE, LHEH5, an LHAPDF grid or a run folder", name);
}

}  // namespace

void add_inspect(CLI::App& app, Action& action) {
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(true);
  CLI::App* command = app.add_subcommand("inspect", "what an event file, PDF grid or run folder holds");
  command->add_option("file", *path, "file or run folder")->required();
  command->add_flag("--json", *json, "JSON on stdout (always so)");
  command->callback([=, &action] {
    action = [=] {
      fmt::print("{}\n", to_text(inspect(*path)));
      return 0;
    };
  });
}

}  // namespace thalweg
