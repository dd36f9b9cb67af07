#include "thalweg/cli/run_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <thread>

#include "thalweg/base/errors.h"
#include "thalweg/base/json.h"

namespace thalweg {
namespace {

// "90s", "10min", "2h" in seconds.
double seconds_of(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit(static_cast<const char*>(end), text.data() + text.size());
  const std::map<std::string, double> units{{"s", 1}, {"min", 60}, {"h", 3600}};
  const auto known = units.find(unit);
  if (error != std::errc() || known == units.end() || !(number > 0 && number * known->second <= 1e7))
    request_error("--train-for {}: expected a time such as 90s, 10min or 2h, at most 1e7 s", text);
  return number * known->second;
}

}  // namespace

void RunArguments::add_common(CLI::App& command) {
  command.add_option("card", card, "run card (TOML)")->required();
  command.add_option("--set", set, "override a key of the card, such as beams.pdf=NAME; once for each key")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_option("--seed", seed, "seed of the random numbers")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 62));
  command.add_option("--threads", threads, "worker threads (default: all cores)")->check(CLI::Range(1, 1024));
  command.add_option("--sampler", sampler, "neural, ann, vegas or flat");
  command.add_option("--precision", precision, "of amplitudes: auto, double, or mixed (currents in float)");
  CLI::Option* fixed =
      command.add_option("--batches", batches, "training batches of the neural sampler (default: as many as pay)")
          ->check(CLI::Range(1, 100'000'000));
  command.add_option("--train-for", train_for, "time to train the neural sampler for, such as 90s, 10min or 2h")
      ->excludes(fixed);
  command.add_option("--run", folder, "run folder (default: ./<card name>.run)");
  command.add_flag("--resume", resume, "go on with an interrupted run (also done without it)");
  command.add_flag("--json", json, "print result.json on stdout and nothing else");
  command.add_flag("--quiet", quiet, "no progress on stderr");
}

RunCard RunArguments::card_with_overrides() const {
  std::vector<std::string> all = set;
  if (seed) all.push_back(fmt::format("seed={}", *seed));
  if (events) all.push_back(fmt::format("output.events={}", *events));
  if (accuracy) all.push_back(fmt::format("integration.accuracy={}", *accuracy));
  if (batches) all.push_back(fmt::format("sampling.batches={}", *batches));
  if (!precision.empty()) all.push_back("precision=" + precision);
  if (!sampler.empty()) all.push_back("sampling.sampler=" + sampler);
  return load_card(card, all);
}

RunOptions RunArguments::options() const {
  RunOptions options;
  options.threads = threads > 0 ? threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  options.verbosity = quiet ? Verbosity::quiet : Verbosity::normal;
  options.folder = folder;
  if (!output.empty()) options.output = output;
  if (!train_for.empty()) options.train_seconds = seconds_of(train_for);
  return options;
}

namespace {

// The largest ones.
void print_channels(nlohmann::json channels, const std::string& unit) {
  constexpr std::size_t kMost = 20;
  auto value = [](const nlohmann::json& c) { return c["value"].get<double>(); };
  if (channels.size() > kMost)
    std::stable_sort(channels.begin(), channels.end(),
                     [&](const auto& a, const auto& b) { return std::abs(value(a)) > std::abs(value(b)); });
  double rest = 0;
  for (std::size_t c = 0; c < channels.size(); ++c)
    if (c < kMost)
      fmt::print("  channel {:<6} {:>12.6g} +- {:.2g} {}\n", channels[c]["name"].get<std::string>(), value(channels[c]),
                 channels[c]["error"].get<double>(), unit);
    else
      rest += value(channels[c]);
  if (channels.size() > kMost)
    fmt::print("  {} other channels {:.6g} {}, see result.json\n", channels.size() - kMost, rest, unit);
}

}  // namespace

int finish(const Run& run, const RunArguments& arguments) {
  const nlohmann::json& r = run.result();
  if (arguments.json) {
    fmt::print("{}\n", to_text(r));
    return run.exit_code();
  }
  if (r.contains("cross_section")) {
    const auto& s = r["cross_section"];
    fmt::print("{}\n  cross section  {:.7g} +- {:.2g} {}   (chi2/dof {:.2f})\n", r["process"].get<std::string>(),
               s["value"].get<double>(), s["error"].get<double>(), s["unit"].get<std::string>(),
               s["chi2_per_dof"].get<double>());
    const auto& w = r["weights"];
    fmt::print("  efficiency     {:.1f} % (largest weight of {}), {:.1f} % (bootstrap median), {:.1f} % (budget)\n",
               100 * w["unweighting_efficiency"].get<double>(), w["non_zero"].get<std::uint64_t>(),
               100 * w["efficiency_bootstrap"].get<double>(), 100 * w["efficiency_budget"].get<double>());
    const bool made = r.contains("generation");
    if (const double negative = (made ? r["generation"] : w).value("negative_share", 0.0); negative > 0)
      fmt::print("  negative       {:.2g} % of {}{}\n", 100 * negative, made ? "the events' |weights|" : "|weights|",
                 s["value"].get<double>() < 0 ? "; the cross section is negative" : "");
    print_channels(r["channels"], s["unit"].get<std::string>());
  } else {
    fmt::print("{}\n  sampler trained\n", r["process"].get<std::string>());
  }
  if (r.contains("files") && r.contains("events")) {
    const auto& w = r["weights"];
    fmt::print("  events         {} (overweight share {:.2g})\n", r["events"].get<std::uint64_t>(),
               w["overweight_share"].is_number() ? w["overweight_share"].get<double>() : 0.0);
    for (const auto& f : r["files"]) fmt::print("  file           {}\n", f.get<std::string>());
  }
  return run.exit_code();
}

}  // namespace thalweg
