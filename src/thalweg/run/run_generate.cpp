// Unweighted events and their files.
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/base/ordered_pipeline.h"
#include "thalweg/model/slha.h"
#include "thalweg/run/event_files.h"
#include "thalweg/run/point_file.h"
#include "thalweg/run/run.h"

namespace thalweg {
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kChunksPerCheckpoint = 256;

// Bytes an event takes in the store and in a file, measured on two-body events; for the check that a
// disk has room.
double bytes_per_event(const std::vector<std::string>& formats, std::size_t row) {
  double bytes = static_cast<double>(row * sizeof(double));
  for (const std::string& f : formats) bytes += f == "lhe" ? 900 : f == "lhe.gz" ? 350 : 250;
  return bytes;
}

}  // namespace

void Run::make_events(const UnweightingPlan& plan, Generation& g) {
  const std::size_t row = kRowHead + integrand_->record_size();
  const auto maps = state_.maps();
  EventStore store(folder_.file("events.partial"), row, g.events, g.rows);
  g.restore(store, maps.size());
  if (g.events >= g.requested) return;
  progress_.start("unweight", g.requested, "events");
  auto checkpoint = [&] {
    store.sync();
    g.rows = store.checksum();
    folder_.save("generation", g.to_json());
  };
  const Integral sigma = total(state_);  // walks all histograms: once, not for every chunk
  auto consume = [&](std::uint64_t k, UnweightedChunk& chunk) {
    const std::uint64_t made = chunk.rows.size() / row, use = std::min(made, g.requested - g.events);
    for (std::uint64_t i = 0; i < use; ++i) {
      double* r = chunk.rows.data() + i * row;
      if (i == 0) r[2] += static_cast<double>(g.carry);
      g.count(r);
    }
    g.carry = made == 0 ? g.carry + chunk.trailing_trials : chunk.trailing_trials;
    store.append({chunk.rows.data(), use * row});
    g.events += use;
    g.non_finite += chunk.non_finite;
    g.chunks = k + 1;
    if (g.chunks % kChunksPerCheckpoint == 0) checkpoint();
    progress_.update(g.events, fmt::format("sigma {:.6g} +- {:.2g} {}, efficiency {:.1f} %", sigma.value, sigma.error,
                                           integrand_->unit(), 100 * g.efficiency()));
    return g.events < g.requested;
  };
  try {
    ordered_pipeline<UnweightedChunk>(
        g.chunks, ~std::uint64_t{0}, options_.threads,
        [&](std::uint64_t k, Arena& arena) {
          throw_if_interrupted();
          return unweight_chunk(sampled(), maps, plan, card_.seed, k, arena);
        },
        consume);
  } catch (const Interrupted&) {
    checkpoint();
    add_time("unweight", progress_.seconds());
    progress_.finish(g.events, "interrupted; go on with --resume");
    throw;
  }
  checkpoint();
  if (static_cast<double>(g.non_finite) > 1e-4 * static_cast<double>(g.points()))
    run_error("{} of {} weights are not finite (at most 1 in 10000 is tolerated)", g.non_finite, g.points());
  progress_.finish(g.events, fmt::format("efficiency {:.1f} %", 100 * g.efficiency()));
  add_time("unweight", progress_.seconds());
}

void Run::write_files(const Generation& g) {
  const EventStore store(folder_.file("events.partial"), kRowHead + integrand_->record_size(), g.events, g.rows);
  if (event_source_) return write_event_files(g, store);
  const double unit_weight = g.events ? total(state_).value / g.weight_sum : 0;
  for (const fs::path& file : output_files()) {
    progress_.start("write", g.events, "points");
    write_point_file(file, store, integrand_->record_size(), unit_weight,
                     [&](std::uint64_t done) { progress_.update(done); });
    progress_.finish(g.events, file.string());
    add_time("write", progress_.seconds());
  }
}

void Run::write_event_files(const Generation& g, const EventStore& store) {
  const Integral sigma = total(state_);
  EventFileJob job;
  job.threads = options_.threads;
  job.info = event_source_->file_info();
  const double n = static_cast<double>(g.events);
  job.lhe_unit_weight = g.events ? sigma.value * n / g.weight_sum : 0;
  job.lheh5_unit_weight = g.events ? sigma.value * g.trials / g.weight_sum : 0;
  job.info.cross_section = sigma.value;
  job.info.error = sigma.error;
  job.info.largest_weight = job.lhe_unit_weight * g.largest;
  job.info.events = g.events;
  job.info.sum_trials = g.trials;
  job.info.seed = card_.seed;
  job.info.card = card_.resolved_sampling;
  job.info.slha = write_slha(card_.model, card_.parameters);
  for (const fs::path& file : output_files()) {
    progress_.start("write", g.events, "events");
    write_event_file(file, format_of(file), job, store, *event_source_, integrand_->record_size(),
                     [&](std::uint64_t done) { progress_.update(done); });
    progress_.finish(g.events, file.string());
    add_time("write", progress_.seconds());
  }
}

// Events that the files in the run folder hold, by their names; those of an interrupted run are to hold them, and hold
// them if they are there.
std::map<std::string, std::uint64_t> Run::events_by_file() const {
  auto events = result_.value("events_by_file", std::map<std::string, std::uint64_t>());
  if (const auto interrupted = folder_.load("generation"))
    for (const auto& [name, n] : Generation::from_json(folder_.reader("generation", *interrupted)).files)
      events[name] = n;
  return events;
}

// What -o names may be replaced, files of the run folder by the same number of events alone.
void Run::refuse_to_replace() const {
  if (options_.output) return;
  const auto events = events_by_file();
  for (const fs::path& file : output_files()) {
    std::error_code code;
    if (!fs::exists(fs::symlink_status(file, code))) continue;
    const auto known = events.find(file.filename().string());
    if (known == events.end())
      request_error(
          "'{}' is there, and no run in this folder has made it; write elsewhere with -o FILE or --run DIR, or remove "
          "it",
          file.string());
    if (known->second != card_.events)
      request_error(
          "'{}' holds {} events of an earlier run, not {}; write elsewhere with -o FILE or --run DIR, or remove it",
          file.string(), known->second, card_.events);
  }
}

// That of an interrupted run of as many events, or a new one. On disk before events.partial or a file is touched.
Generation Run::begin_generation() {
  Generation g;
  const auto json = folder_.load("generation");
  if (json) g = Generation::from_json(folder_.reader("generation", *json));
  const double integral = total(state_).value;
  if (g.requested != card_.events || g.integral != integral) g = {};
  g.requested = card_.events;
  g.integral = integral;
  g.files = events_by_file();
  std::error_code code;
  std::erase_if(g.files, [&](const auto& file) { return !fs::exists(folder_.file(file.first), code); });
  for (const fs::path& file : output_files())
    if (fs::equivalent(fs::absolute(file).parent_path(), folder_.path(), code))
      g.files[file.filename().string()] = card_.events;
  folder_.save("generation", g.to_json());
  return g;
}

// Kept in this order, so that a run can end at any point and the same command goes on: generation.json says what is to
// be made; events.partial grows; event files get their names when they are complete; result.json, the one that counts,
// has them all; then generation.json goes, and events.partial last.
void Run::generate() {
  const std::uint64_t n = card_.events;
  refuse_to_replace();
  const double bytes = static_cast<double>(n) * bytes_per_event(card_.formats, kRowHead + integrand_->record_size());
  std::error_code code;
  if (const auto space = fs::space(folder_.path(), code); !code && bytes > static_cast<double>(space.available))
    run_error(
        "{} events need about {:.3g} GB in '{}', but {:.3g} GB are free; ask for fewer with -n or choose another "
        "place with --run",
        n, bytes / 1e9, folder_.path().string(), static_cast<double>(space.available) / 1e9);
  integrate();
  refuse_folds();
  const UnweightingPlan plan =
      UnweightingPlan::from_budget(state_.channels, card_.overweight_budget, costs(*integrand_));
  Generation g = begin_generation();
  make_events(plan, g);
  write_files(g);
  result_["events"] = g.events;
  result_["weights"]["overweight_share"] = g.events ? g.over_sum / g.absolute_sum : 0.0;
  result_["weights"]["largest_relative_weight"] = g.largest;
  result_["generation"] = {
      {"trials", g.trials}, {"efficiency", g.efficiency()}, {"negative_share", g.negative_share()}};
  note(fmt::format("events     {} with {:.3g} of the cross section above the maximum, measured on them", g.events,
                   result_["weights"]["overweight_share"].get<double>()));
  if (g.negative_share() > 0)
    note(fmt::format("events     {:.2g} of the sum of |weights| is that of negative ones", g.negative_share()));
  for (const fs::path& file : output_files()) {
    if (file == output_files()[0]) result_["files"] = nlohmann::json::array();
    result_["files"].push_back(file.string());
  }
  note_time_budget();
  result_["events_by_file"] = g.files;
  save_result();
  folder_.remove("generation.json");
  folder_.remove("events.partial");
}

}  // namespace thalweg
