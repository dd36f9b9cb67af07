#include "thalweg/run/run.h"

#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/base/time_budget.h"
#include "thalweg/base/version.h"
#include "thalweg/model/slha.h"
#include "thalweg/run/event_files.h"
#include "thalweg/sampling/marks.h"

namespace thalweg {
namespace fs = std::filesystem;

namespace {

fs::path default_folder(const RunCard& card, const RunOptions& options) {
  return options.folder.empty() ? fs::path(card.name + ".run") : options.folder;
}

std::unique_ptr<Integrand> make_integrand(const RunCard& card) {
  if (card.has_process()) return std::make_unique<CrossSection>(card);
  return make_named_integrand(card.integrand, card.parameters);
}

}  // namespace

Run::Run(const RunCard& card, const RunOptions& options)
    : card_(card),
      cells_of_card_(card.cells),
      options_(options),
      integrand_(make_integrand(card)),
      folder_((check_outputs(), default_folder(card, options)), card),
      progress_(options.verbosity) {
  use_integrand(std::move(integrand_));
  if (card_.has_process())
    for (const std::string& line : static_cast<const CrossSection&>(*integrand_).notes()) note("beams      " + line);
  choose_precision();
  choose_channels();
  load_state();
  load_result();
  result_["process"] = card_.title();
  result_["seed"] = card_.seed;
  result_["version"] = version();
  for (const std::string& remark : card_.remarks) note("parameters " + remark);
  if (card_.precision) result_["precision"] = to_string(*card_.precision);
}

void Run::use_integrand(std::unique_ptr<Integrand> integrand) {
  integrand_ = std::move(integrand);
  event_source_ = dynamic_cast<const EventSource*>(integrand_.get());
}

std::vector<fs::path> Run::output_files() const {
  if (options_.output) return {*options_.output};
  std::vector<fs::path> files;
  for (const std::string& format : card_.formats)
    files.push_back(default_folder(card_, options_) / ("events." + ending_of(format)));
  return files;
}

void Run::check_outputs() const {
  for (const fs::path& file : output_files()) {
    if ((format_of(file) == "npy") == card_.has_particles())
      request_error("-o {}: {}", file.string(),
                    card_.has_particles() ? "events go to .lhe, .lhe.gz or .h5 files"
                                          : "points of this [integrand] go to .npy files");
    std::error_code code;
    const fs::path parent = file.parent_path();
    if (options_.output && !parent.empty() && !fs::is_directory(parent, code))
      request_error("-o {}: there is no folder '{}'", file.string(), parent.string());
    if (!options_.output) continue;
    remove_stale_parts(parent, {file.filename().string()});
    with_place("-o", [&] { AtomicFile probe(file); });  // a place that cannot be written is told before the run
  }
}

IntegratorConfig Run::integrator_config() const {
  IntegratorConfig config;
  config.seed = card_.seed;
  config.threads = options_.threads;
  config.vegas_bins = card_.vegas_bins;
  config.vegas_damping = card_.vegas_damping;
  config.adapt_grids = card_.sampler != "flat";
  // Flows from a file of another machine need no grids.
  config.adaptation_iterations = state_.flows.empty() ? static_cast<int>(card_.adaptation_iterations) : 0;
  config.adaptation_points = adaptation_points();
  config.follow_sigma = !card_.baseline;
  config.accuracy = card_.accuracy;
  config.points = card_.points;
  return config;
}

void Run::report_integral(const IntegratorState& state) {
  folder_.save("state", state.to_json());
  const IterationResult& it = state.iterations.back();
  const Integral now = total(state);
  std::string line =
      fmt::format("{:<10} iteration {:>2}: {:>10} points  {:.6g} +- {:.2g} {}", it.adaptation ? "adapt" : "integrate",
                  it.adaptation ? state.adaptations_done : state.integrations_done, it.points, it.value, it.error,
                  integrand_->unit());
  if (!it.adaptation)
    line += fmt::format("   all: {:.7g} +- {:.2g} ({:.2g}), chi2/dof {:.2f}", now.value, now.error,
                        now.error / std::abs(now.value), now.chi2_per_dof);
  note(line);
}

void Run::note(const std::string& line) {
  progress_.say(line);
  folder_.log(line);
}

void Run::add_time(const std::string& stage, double seconds) {
  double& sum = result_["time"][stage].is_number() ? result_["time"][stage].get_ref<double&>()
                                                   : (result_["time"][stage] = 0.0).get_ref<double&>();
  sum += seconds;
}

void Run::note_time_budget() {
  std::map<std::string, double> spent = TimeBudget::take();
  if (result_.contains("cpu"))
    for (const auto& [stage, seconds] : result_["cpu"].items()) spent[stage] += seconds.get<double>();
  result_["cpu"] = spent;
  if (!spent.empty()) note("time       " + describe(spent));
}

void Run::write_cards() const {
  write_file_if_new(folder_.file("card.toml"), card_.resolved);
  if (event_source_) write_file_if_new(folder_.file("param_card.dat"), write_slha(card_.model, card_.parameters));
}

void Run::train() {
  write_cards();
  train_sampler();
  if (!state_.complete) {
    result_["trained"] = true;
    save_result();
  }
}

nlohmann::json Run::integral_json() const {
  const Integral integral = total(state_);
  const UnweightingPlan plan =
      UnweightingPlan::from_budget(state_.channels, card_.overweight_budget, costs(*integrand_));
  const Efficiencies e = efficiencies(state_.channels, plan);
  nlohmann::json json;
  json["cross_section"] = {{"value", integral.value},
                           {"error", integral.error},
                           {"unit", integrand_->unit()},
                           {"chi2_per_dof", integral.chi2_per_dof},
                           {"error_spread", integral.error_spread}};
  json["weights"] = {{"relative_std_dev", e.relative_std_dev},
                     {"non_zero", integral.non_zero},
                     {"unweighting_efficiency", e.unweighting},
                     {"efficiency_bootstrap", e.bootstrap},
                     {"bootstrap_draws", e.bootstrap_draws},
                     {"efficiency_budget", e.budget},
                     {"cut_efficiency", e.cut},
                     {"overweight_share", e.overweight_share},
                     {"negative_share", negative_share(state_.channels)},
                     {"non_finite", integral.non_finite}};
  const std::vector<Mark> marks = integrand_->marks();
  const std::vector<MarkShare> shares = mark_shares(marks, state_.channels);
  for (std::size_t k = 0; k < marks.size(); ++k)
    json["marked"][marks[k].name] = {{"what", marks[k].what},
                                     {"points", shares[k].points},
                                     {"share_of_points", shares[k].of_points},
                                     {"share_of_sigma", shares[k].of_integral}};
  json["evaluations"] = integral.points;
  for (const char* stage : {"evaluations", "explored"})
    json["evaluations"] = json["evaluations"].get<std::uint64_t>() + training_.value(stage, std::uint64_t{0});
  for (const IterationResult& it : state_.iterations)
    if (it.adaptation) json["evaluations"] = json["evaluations"].get<std::uint64_t>() + it.points;
  for (std::size_t c = 0; c < state_.channels.size(); ++c) {
    const WeightStatistics& s = state_.channels[c];
    const Integral part = of_channel(state_, c);
    json["channels"].push_back({{"name", integrand_->channel_name(c)},
                                {"value", part.value},
                                {"error", part.error},
                                {"points", part.points},
                                {"relative_std_dev", part.value != 0 ? std::sqrt(s.variance()) / part.value : 0},
                                {"maximum", s.maximum()},
                                {"budget_maximum", plan.w_max[c]},
                                {"grid_power", state_.power[state_.map_of[c]]},
                                {"active", state_.active[c] != 0}});
  }
  return json;
}

void Run::integrate() {
  write_cards();
  train_sampler();
  progress_.start("integrate", 0, "points");
  const auto report = [&](const IntegratorState& s) { report_integral(s); };
  Integrator(sampled(), integrator_config()).integrate(state_, report);
  if (reconsider_training()) {
    train_sampler();
    Integrator(sampled(), integrator_config()).integrate(state_, report);
  }
  add_time("integrate", progress_.seconds());
  // What an earlier generate measured on its events is better than what the integration expects.
  const auto events = result_.value("events", std::uint64_t{0});
  const auto measured = events > 0 ? result_["weights"]["overweight_share"] : nlohmann::json();
  result_.update(integral_json());
  if (!training_.empty()) result_["training"] = training_;
  result_["events"] = events;
  if (events > 0) result_["weights"]["overweight_share"] = measured;
  result_.erase("trained");
  look_for_blind_spots();
  const Integral integral = total(state_);
  if (integral.non_finite > 0)
    note(fmt::format("integrate  {} of {} weights are not finite and count as 0; the first: {}", integral.non_finite,
                     integral.points, state_.first_non_finite));
  if (const double share = result_["weights"]["negative_share"]; share > 0)
    note(fmt::format("integrate  {:.2g} of the sum of |weights| is that of negative ones", share));
  if (integral.value < 0)
    note(
        fmt::format("integrate  the result is negative, {:.4g} +- {:.2g} {}: parton densities or matrix elements are "
                    "negative where "
                    "most of the integral lies; a set that is positive there, or another scale, helps",
                    integral.value, integral.error, integrand_->unit()));
  note_marks();
  if (integral.error_spread > kErrorSpread)
    note(fmt::format(
        "integrate  the error rests on a few large weights (relative variance of its square {:.2g}, {} at most "
        "should be): value and error are rather too small; more integration.points or other channels help",
        integral.error_spread, kErrorSpread));
  if (card_.points == 0 && integral.error > card_.accuracy * std::abs(integral.value)) {
    exit_code_ = 4;
    note(fmt::format(
        "integrate  accuracy {:.2g} reached, {:.2g} asked for: it would need {:.2g} points",
        integral.error / std::abs(integral.value), card_.accuracy,
        static_cast<double>(integral.points) * std::pow(integral.error / (card_.accuracy * integral.value), 2)));
  }
  if (card_.trains()) check_coverage();
  note_time_budget();
  save_result();
  refuse_divergence();
}

// What is lost is always said, what is extrapolated where it counts.
void Run::note_marks() {
  constexpr double kCounts = 1e-4;
  const std::vector<Mark> marks = integrand_->marks();
  const std::vector<MarkShare> shares = mark_shares(marks, state_.channels);
  for (std::size_t k = 0; k < marks.size(); ++k)
    if (shares[k].points > 0 && (marks[k].undefined || shares[k].of_integral >= kCounts))
      note(fmt::format(
          "integrate  {} at {} points with {:.2g} % of the cross section{}", marks[k].what, shares[k].points,
          100 * shares[k].of_integral,
          marks[k].undefined ? ", which is lost; " + marks[k].hint : ": parton densities are extrapolated"));
}

void Run::save_result() { result_ = folder_.save("result", result_); }

}  // namespace thalweg
