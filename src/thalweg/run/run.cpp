#include "thalweg/run/run.h"

#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/base/ordered_pipeline.h"
#include "thalweg/base/version.h"
#include "thalweg/model/slha.h"
#include "thalweg/run/event_files.h"

namespace thalweg {
namespace fs = std::filesystem;

// State of the unweighting, kept in generation.json beside the rows of the store.
struct Run::Generation {
  std::uint64_t requested = 0, chunks = 0, events = 0, carry = 0;
  double weight_sum = 0, absolute_sum = 0, over_sum = 0, trials = 0, largest = 1;
  std::uint64_t non_finite = 0, points = 0;

  nlohmann::json to_json() const {
    return {{"requested", requested}, {"chunks", chunks},   {"events", events},   {"carry", carry},
            {"weight_sum", weight_sum}, {"absolute_sum", absolute_sum}, {"over_sum", over_sum}, {"trials", trials}, {"largest", largest},
            {"non_finite", non_finite}, {"points", points}};
  }
  static Generation from_json(const nlohmann::json& j) {
    return {j.at("requested"), j.at("chunks"), j.at("events"), j.at("carry"), j.at("weight_sum"), j.at("absolute_sum"), j.at("over_sum"),
            j.at("trials"), j.at("largest"), j.at("non_finite"), j.at("points")};
  }
};

namespace {

constexpr std::uint64_t kChunksPerCheckpoint = 256;

fs::path default_folder(const RunCard& card, const RunOptions& options) {
  return options.folder.empty() ? fs::path(card.name + ".run") : options.folder;
}

// Bytes an event takes in the store and in a file, measured on two-body events; for the check that a
// disk has room.
double bytes_per_event(const std::vector<std::string>& formats, std::size_t row) {
  double bytes = static_cast<double>(row * sizeof(double));
  for (const std::string& f : formats) bytes += f == "lhe" ? 900 : f == "lhe.gz" ? 350 : 250;
  return bytes;
}

}  // namespace

Run::Run(const RunCard& card, const RunOptions& options)
    : card_(card),
      options_(options),
      cross_section_(card),
      folder_((check_outputs(), default_folder(card, options)), card),
      progress_(options.verbosity) {
  load_state();
  if (const auto earlier = folder_.load("result")) result_ = *earlier;
  result_["format"] = 1;
  result_["process"] = card_.process;
  result_["seed"] = card_.seed;
  result_["version"] = version();
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
    format_of(file);
    std::error_code code;
    const fs::path parent = file.parent_path();
    if (options_.output && !parent.empty() && !fs::is_directory(parent, code))
      request_error("-o {}: there is no folder '{}'", file.string(), parent.string());
    if (fs::is_directory(file, code)) request_error("-o {}: this is a folder", file.string());
  }
}

IntegratorConfig Run::integrator_config() const {
  IntegratorConfig config;
  config.seed = card_.seed;
  config.threads = options_.threads;
  config.vegas_bins = card_.vegas_bins;
  config.vegas_damping = card_.vegas_damping;
  config.adapt_grids = card_.sampler == "vegas";
  config.adaptation_iterations = static_cast<int>(card_.adaptation_iterations);
  config.adaptation_points = card_.adaptation_points;
  config.accuracy = card_.accuracy;
  config.points = card_.points;
  return config;
}

void Run::load_state() {
  const auto json = folder_.load("state");
  state_ = Integrator(cross_section_, integrator_config()).initial_state();
  if (!json) return;
  try {
    state_ = IntegratorState::from_json(*json);
  } catch (const nlohmann::json::exception& error) {
    request_error("'{}' is damaged ({}); remove it to train again", folder_.file("state.json").string(), error.what());
  }
  if (state_.grids.size() != cross_section_.channels() || state_.grids[0].dim() != cross_section_.dim())
    request_error("'{}' belongs to another process; remove it to train again", folder_.file("state.json").string());
}

void Run::report_integral(const IntegratorState& state) {
  folder_.save("state", state.to_json());
  const IterationResult& it = state.iterations.back();
  const Integral now = total(state);
  std::string line = fmt::format("{:<10} iteration {:>2}: {:>10} points  {:.6g} +- {:.2g} {}",
                                 it.adaptation ? "adapt" : "integrate",
                                 it.adaptation ? state.adaptations_done : state.integrations_done, it.points, it.value,
                                 it.error, cross_section_.unit());
  if (!it.adaptation)
    line += fmt::format("   all: {:.7g} +- {:.2g} ({:.2g}), chi2/dof {:.2f}", now.value, now.error,
                        now.error / std::abs(now.value), now.chi2_per_dof);
  progress_.say(line);
  folder_.log(line);
}

void Run::add_time(const std::string& stage, double seconds) {
  double& sum = result_["time"][stage].is_number() ? result_["time"][stage].get_ref<double&>()
                                                   : (result_["time"][stage] = 0.0).get_ref<double&>();
  sum += seconds;
}

void Run::write_cards() const {
  write_file(folder_.file("card.toml"), card_.resolved);
  write_file(folder_.file("param_card.dat"), write_slha(card_.model, card_.parameters));
}

void Run::train() {
  write_cards();
  progress_.start("train", 0, "points");
  Integrator(cross_section_, integrator_config()).adapt(state_, [&](const IntegratorState& s) { report_integral(s); });
  add_time("train", progress_.seconds());
  if (!state_.complete) {
    result_["trained"] = true;
    save_result();
  }
}

nlohmann::json Run::integral_json() const {
  const Integral integral = total(state_);
  const UnweightingPlan plan = UnweightingPlan::from_budget(state_.channels, card_.overweight_budget);
  const Efficiencies e = efficiencies(state_.channels, plan);
  nlohmann::json json;
  json["cross_section"] = {{"value", integral.value}, {"error", integral.error}, {"unit", cross_section_.unit()},
                           {"chi2_per_dof", integral.chi2_per_dof}};
  json["weights"] = {{"relative_std_dev", e.relative_std_dev},
                     {"points", integral.non_zero},
                     {"unweighting_efficiency", e.unweighting},
                     {"efficiency_bootstrap", e.bootstrap},
                     {"bootstrap_draws", e.bootstrap_draws},
                     {"efficiency_budget", e.budget},
                     {"cut_efficiency", e.cut},
                     {"overweight_share", nullptr},
                     {"non_finite", integral.non_finite}};
  json["evaluations"] = integral.points;
  for (const IterationResult& it : state_.iterations)
    if (it.adaptation) json["evaluations"] = json["evaluations"].get<std::uint64_t>() + it.points;
  for (std::size_t c = 0; c < state_.channels.size(); ++c) {
    const WeightStatistics& s = state_.channels[c];
    json["channels"].push_back({{"name", cross_section_.channel_name(c)},
                                {"value", s.mean()},
                                {"error", std::sqrt(s.error2())},
                                {"points", s.points()},
                                {"relative_std_dev", s.mean() != 0 ? std::sqrt(s.variance()) / s.mean() : 0},
                                {"maximum", s.maximum()},
                                {"budget_maximum", plan.w_max[c]}});
  }
  return json;
}

void Run::integrate() {
  write_cards();
  progress_.start("integrate", 0, "points");
  Integrator(cross_section_, integrator_config()).integrate(state_, [&](const IntegratorState& s) { report_integral(s); });
  add_time("integrate", progress_.seconds());
  const auto events = result_.value("events", nlohmann::json());
  const auto earlier = result_.value("weights", nlohmann::json::object()).value("overweight_share", nlohmann::json());
  result_.update(integral_json());
  if (!events.is_null()) result_["weights"]["overweight_share"] = earlier;
  result_.erase("trained");
  const Integral integral = total(state_);
  if (card_.points == 0 && integral.error > card_.accuracy * std::abs(integral.value)) {
    exit_code_ = 4;
    progress_.say(fmt::format("accuracy {:.2g} reached, {:.2g} asked for: the limit on points came first",
                              integral.error / std::abs(integral.value), card_.accuracy));
  }
  save_result();
}

void Run::make_events(const UnweightingPlan& plan, Generation& g) {
  const std::size_t row = kRowHead + cross_section_.record_size();
  EventStore store(folder_.file("events.partial"), row, g.events);
  if (g.events >= g.requested) return;
  progress_.start("unweight", g.requested, "events");
  auto checkpoint = [&] {
    store.sync();
    folder_.save("generation", g.to_json());
  };
  auto consume = [&](std::uint64_t k, UnweightedChunk& chunk) {
    const std::uint64_t made = chunk.rows.size() / row, use = std::min(made, g.requested - g.events);
    for (std::uint64_t i = 0; i < use; ++i) {
      double* r = chunk.rows.data() + i * row;
      if (i == 0) r[2] += static_cast<double>(g.carry);
      g.weight_sum += r[0];
      g.absolute_sum += std::abs(r[0]);
      g.over_sum += std::abs(r[0]) - 1;
      g.trials += r[2];
      g.largest = std::max(g.largest, r[0]);
    }
    g.carry = made == 0 ? g.carry + chunk.trailing_trials : chunk.trailing_trials;
    store.append({chunk.rows.data(), use * row});
    g.events += use;
    g.points += chunk.trials;
    g.non_finite += chunk.non_finite;
    g.chunks = k + 1;
    if (g.chunks % kChunksPerCheckpoint == 0) checkpoint();
    const Integral sigma = total(state_);
    progress_.update(g.events, fmt::format("sigma {:.6g} +- {:.2g} {}, efficiency {:.1f} %", sigma.value, sigma.error,
                                           cross_section_.unit(), 100 * static_cast<double>(g.events) / static_cast<double>(g.points)));
    return g.events < g.requested;
  };
  try {
    ordered_pipeline<UnweightedChunk>(
        g.chunks, ~std::uint64_t{0}, options_.threads,
        [&](std::uint64_t k, Arena& arena) {
          throw_if_interrupted();
          return unweight_chunk(cross_section_, state_.grids, plan, card_.seed, k, arena);
        },
        consume);
  } catch (const Interrupted&) {
    checkpoint();
    add_time("unweight", progress_.seconds());
    progress_.finish(g.events, "interrupted; go on with --resume");
    throw;
  }
  checkpoint();
  if (static_cast<double>(g.non_finite) > 1e-4 * static_cast<double>(g.points))
    run_error("{} of {} weights are not finite (at most 1 in 10000 is tolerated)", g.non_finite, g.points);
  progress_.finish(g.events, fmt::format("efficiency {:.1f} %", 100 * static_cast<double>(g.events) / static_cast<double>(g.points)));
  add_time("unweight", progress_.seconds());
}

void Run::write_files(const UnweightingPlan&, Generation& g) {
  const Integral sigma = total(state_);
  const EventStore store(folder_.file("events.partial"), kRowHead + cross_section_.record_size(), g.events);
  EventFileJob job;
  job.threads = options_.threads;
  job.info.process = card_.process;
  const bool hadrons = card_.beam_kind == Beams::Kind::hadrons;
  const SubProcess& front = cross_section_.diagrams()[0].process;
  for (std::size_t b = 0; b < 2; ++b) {
    job.info.beam_pdg[b] = hadrons ? 2212 : b < front.incoming ? front.pdg[b] : 0;
    job.info.beam_energy[b] = card_.beam_kind == Beams::Kind::decay ? 0 : card_.energy / 2;
    job.info.pdf_id[b] = cross_section_.pdf_id();
  }
  const double n = static_cast<double>(g.events);
  job.lhe_unit_weight = g.events ? sigma.value * n / g.weight_sum : 0;
  job.lheh5_unit_weight = g.events ? sigma.value * g.trials / g.weight_sum : 0;
  job.info.cross_section = sigma.value;
  job.info.error = sigma.error;
  job.info.largest_weight = job.lhe_unit_weight * g.largest;
  job.info.events = g.events;
  job.info.legs = front.legs();
  job.info.sum_trials = g.trials;
  job.info.seed = card_.seed;
  job.info.card = card_.resolved_sampling;
  job.info.slha = write_slha(card_.model, card_.parameters);
  for (const fs::path& file : output_files()) {
    progress_.start("write", g.events, "events");
    write_event_file(file, format_of(file), job, store, cross_section_, [&](std::uint64_t done) { progress_.update(done); });
    progress_.finish(g.events, file.string());
    add_time("write", progress_.seconds());
  }
}

void Run::generate() {
  const std::uint64_t n = card_.events;
  if (const auto earlier = result_.find("events"); earlier != result_.end() && earlier->is_number() && *earlier != n && !options_.output) {
    std::error_code code;
    for (const fs::path& file : output_files())
      if (fs::exists(file, code))
        request_error("'{}' holds {} events of an earlier run, not {}; write elsewhere with -o FILE or --run DIR, or "
                      "remove it", file.string(), earlier->get<std::uint64_t>(), n);
  }
  const double bytes = static_cast<double>(n) * bytes_per_event(card_.formats, kRowHead + cross_section_.record_size());
  std::error_code code;
  if (const auto space = fs::space(folder_.path(), code); !code && bytes > static_cast<double>(space.available))
    run_error("{} events need about {:.1f} GB in '{}', but {:.1f} GB are free; ask for fewer with -n or choose another "
              "place with --run", n, bytes / 1e9, folder_.path().string(), static_cast<double>(space.available) / 1e9);
  integrate();
  const UnweightingPlan plan = UnweightingPlan::from_budget(state_.channels, card_.overweight_budget);
  Generation g;
  if (const auto json = folder_.load("generation")) g = Generation::from_json(*json);
  if (g.requested != n) g = {};
  g.requested = n;
  make_events(plan, g);
  write_files(plan, g);
  result_["events"] = g.events;
  result_["weights"]["overweight_share"] = g.events ? g.over_sum / g.absolute_sum : 0.0;
  result_["weights"]["largest_relative_weight"] = g.largest;
  result_["generation"] = {{"trials", g.trials}, {"efficiency", g.trials > 0 ? static_cast<double>(g.events) / g.trials : 0.0}};
  for (const fs::path& file : output_files()) {
    if (file == output_files()[0]) result_["files"] = nlohmann::json::array();
    result_["files"].push_back(file.string());
  }
  save_result();
  folder_.remove("events.partial");
  folder_.remove("generation.json");
}

void Run::save_result() { folder_.save("result", result_); }

}  // namespace thalweg
