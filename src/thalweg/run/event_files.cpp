#include "thalweg/run/event_files.h"

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/base/ordered_pipeline.h"
#include "thalweg/base/time_budget.h"
#include "thalweg/event/lhe.h"
#include "thalweg/event/lheh5.h"
#include "thalweg/sampling/unweighting.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kBlock = 1024;

std::vector<Event> read_block(std::uint64_t k, double unit_weight, const EventFileJob& job, const EventStore& store,
                              const EventSource& source, std::size_t record_size) {
  throw_if_interrupted();
  const std::uint64_t first = k * kBlock, count = std::min(kBlock, job.info.events - first);
  const auto rows = store.read(first, count);
  const std::size_t width = kRowHead + record_size;
  std::vector<Event> events;
  std::vector<std::span<const double>> records;
  for (std::uint64_t i = 0; i < count; ++i) {
    const double* row = rows.data() + i * width;
    records.emplace_back(row + kRowHead, record_size);
    Event event = source.to_event(records.back());
    event.weight = unit_weight * row[0];
    event.channel = static_cast<int>(row[1]);
    event.trials = row[2];
    events.push_back(std::move(event));
  }
  if (!job.info.variations.empty()) source.add_variations(records, events);
  return events;
}

std::uint64_t blocks(const EventFileJob& job) { return (job.info.events + kBlock - 1) / kBlock; }

void write_lhe(const std::filesystem::path& path, bool compress, const EventFileJob& job, const EventStore& store,
               const EventSource& source, std::size_t record_size, const std::function<void(std::uint64_t)>& progress) {
  AtomicFile file(path);
  auto pack = [&](const std::string& text) { return compress ? gzip_member(text) : text; };
  file.write(pack(lhe_head(job.info)));
  ordered_pipeline<std::string>(
      0, blocks(job), job.threads,
      [&](std::uint64_t k, Arena&) {
        StageLaps lap;
        std::string text =
            pack(lhe_events(read_block(k, job.lhe_unit_weight, job, store, source, record_size), job.info.variations));
        lap(Stage::output);
        return text;
      },
      [&](std::uint64_t k, std::string& text) {
        file.write(text);
        progress(std::min(job.info.events, (k + 1) * kBlock));
        return true;
      });
  file.write(pack(lhe_tail()));
  file.commit();
}

void write_lheh5(const std::filesystem::path& path, const EventFileJob& job, const EventStore& store,
                 const EventSource& source, std::size_t record_size,
                 const std::function<void(std::uint64_t)>& progress) {
  Lheh5Writer writer(path, job.info, job.lheh5_unit_weight);
  ordered_pipeline<Lheh5Block>(
      0, blocks(job), job.threads,
      [&](std::uint64_t k, Arena&) {
        return lheh5_rows(read_block(k, job.lheh5_unit_weight, job, store, source, record_size), job.info, k * kBlock);
      },
      [&](std::uint64_t k, Lheh5Block& block) {
        StageLaps lap;
        writer.write(block, k * kBlock);
        lap(Stage::output);
        progress(std::min(job.info.events, (k + 1) * kBlock));
        return true;
      });
  writer.commit();
}

}  // namespace

std::string format_of(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (name.ends_with(".lhe.gz")) return "lhe.gz";
  if (name.ends_with(".lhe")) return "lhe";
  if (name.ends_with(".h5") || name.ends_with(".hdf5")) return "hdf5";
  if (name.ends_with(".npy")) return "npy";
  if (name.ends_with(".hepmc"))
    request_error("-o {}: HepMC3 is not there yet; use .lhe, .lhe.gz or .h5", path.string());
  request_error("-o {}: unknown ending; expected .lhe, .lhe.gz or .h5, or .npy for points of a toy", path.string());
}

std::string ending_of(const std::string& format) { return format == "hdf5" ? "h5" : format; }

void write_event_file(const std::filesystem::path& path, const std::string& format, const EventFileJob& job,
                      const EventStore& store, const EventSource& source, std::size_t record_size,
                      const std::function<void(std::uint64_t)>& progress) {
  if (format == "hdf5")
    write_lheh5(path, job, store, source, record_size, progress);
  else
    write_lhe(path, format == "lhe.gz", job, store, source, record_size, progress);
}

}  // namespace thalweg
