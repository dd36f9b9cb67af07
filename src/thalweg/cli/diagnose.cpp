#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <thread>

#include "thalweg/base/errors.h"
#include "thalweg/base/json.h"
#include "thalweg/cli/commands.h"
#include "thalweg/cli/python.h"
#include "thalweg/run/run.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string run;
  std::uint64_t points = 1'000'000, reference_points = 0;
  int threads = 0;
  bool json = false, quiet = false, pictures = true;
};

void print(const nlohmann::json& channel) {
  const auto& o = channel["orientation"];
  fmt::print("channel {}\n  integral       {:.7g} +- {:.2g}, {:.4f} +- {:.4f} of the reference\n",
             channel["channel"].get<std::string>(), channel["integral"]["value"].get<double>(),
             channel["integral"]["error"].get<double>(), channel["coverage"]["value"].get<double>(),
             channel["coverage"]["error"].get<double>());
  fmt::print("  efficiency     {:.1f} % (largest weight of {}), relative std dev {:.4f}\n",
             100 * channel["efficiency"].get<double>(), channel["points"].get<std::uint64_t>(),
             channel["relative_std_dev"].get<double>());
  fmt::print("  det J          other sign: {:.2g} of the weight, {:.2g} of the points; zero: {} points\n",
             o["flipped_weight"].get<double>(), o["flipped_points"].get<double>(),
             o["degenerate"].get<std::uint64_t>());
  if (channel.contains("cubes")) {
    const auto& c = channel["cubes"];
    fmt::print(
        "  cubes          {} with {} points or more: largest R {:.1f}, {} with R >= {:g} (mean b {:.3f}; flat: "
        "0.556)\n",
        c["tested"].get<std::uint64_t>(), kFewestInCube, c["largest_ratio"].get<double>(), c["watched"].size(),
        kWatchedRatio, c["mean_bimodality"].get<double>());
  }
  double least = 1;
  for (const auto& x : channel["coordinates"]) least = std::min(least, x["p"].get<double>());
  fmt::print("  distributions  smallest p of {} coordinates: {:.2g}\n", channel["coordinates"].size(), least);
  for (const auto& objection : channel["objections"])
    fmt::print("  NOT USABLE for unweighting: {}\n", objection.get<std::string>());
}

int diagnose(const Arguments& a) {
  std::error_code code;
  const fs::path card = fs::path(a.run) / "card.sampling.toml";
  if (!fs::exists(card, code))
    request_error("'{}' is no run folder (no card.sampling.toml); make one with thalweg train", a.run);
  RunOptions options;
  options.folder = a.run;
  options.threads = a.threads > 0 ? a.threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  options.verbosity = a.quiet ? Verbosity::quiet : Verbosity::normal;
  Run run(load_card(card, {}), options);
  const nlohmann::json result = run.diagnose(a.points, a.reference_points > 0 ? a.reference_points : 4 * a.points);
  const bool usable = result["usable"].get<bool>();
  if (a.json) {
    fmt::print("{}\n", to_text(result));
  } else {
    for (const auto& channel : result["channels"]) print(channel);
    fmt::print("{}\n", usable ? "usable: no objection to unweighting with this map" : "NOT USABLE for unweighting");
    std::fflush(stdout);
    if (a.pictures && run_python("thalweg.diagnosis", a.run) != 0)
      fmt::print(stderr, "no pictures: they need Python with numpy and matplotlib; run scripts/setup\n");
  }
  return usable ? 0 : kNotUsable;
}

}  // namespace

void add_diagnose(CLI::App& app, Action& action) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("diagnose", "is the trained map a bijection, does it cover, how are its weights");
  command->add_option("run", a->run, "run folder")->required();
  command->add_option("--points", a->points, "points of each channel (default: 1000000)")
      ->check(CLI::Range(std::uint64_t{1000}, std::uint64_t{1'000'000'000}));
  command->add_option("--reference-points", a->reference_points, "points of the reference (default: 4 times --points)")
      ->check(CLI::Range(std::uint64_t{1000}, std::uint64_t{100'000'000'000}));
  command->add_option("--threads", a->threads, "worker threads (default: all cores)")->check(CLI::Range(1, 1024));
  command->add_flag("--json", a->json, "print diagnosis.json on stdout and nothing else");
  command->add_flag("--quiet", a->quiet, "no progress on stderr");
  command->add_flag("!--no-pictures", a->pictures, "numbers alone");
  command->callback([=, &action] { action = [=] { return diagnose(*a); }; });
}

}  // namespace thalweg
