#include <algorithm>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/hdf5_handle.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/event/lheh5.h"
#include "thalweg/event/lheh5_table.h"

namespace thalweg {

bool is_hdf5(const std::filesystem::path& path) {
  prepare_hdf5();
  return H5Fis_hdf5(path.c_str()) > 0;
}

namespace {

constexpr hsize_t kBlock = 1024, kMostParticles = 1000, kMostProcesses = 100'000;

struct Place {
  const std::string& path;
  const char* table;
  hsize_t row;
};

[[noreturn]] void refuse(const Place& at, std::size_t column, double value, const char* expected) {
  request_error("{}: data set '{}', row {}, column {}: {} is not {}", at.path, at.table, at.row, column, value,
                expected);
}

double finite(const Place& at, const double* row, std::size_t column) {
  if (!std::isfinite(row[column])) refuse(at, column, row[column], "finite");
  return row[column];
}
int whole(const Place& at, const double* row, std::size_t column) {
  const double value = row[column];
  if (!(std::abs(value) <= 2e9) || value != std::floor(value)) refuse(at, column, value, "a whole number");
  return static_cast<int>(value);
}
// What other programs do not know they write as NaN.
double known(const Place& at, const double* row, std::size_t column) {
  return std::isnan(row[column]) ? 0 : finite(at, row, column);
}

EventParticle to_particle(const Place& at, const double* p) {
  auto i = [&](std::size_t c) { return whole(at, p, c); };
  auto x = [&](std::size_t c) { return finite(at, p, c); };
  return {i(0), i(1), {i(2), i(3)}, {i(4), i(5)}, x(6), x(7), x(8), x(9), x(10), x(11), x(12)};
}

// Without particles.
Event to_event(const Place& at, const double* row, hsize_t width) {
  Event event;
  event.process_id = whole(at, row, 0) + 1;
  event.trials = row[3];
  if (!std::isnan(row[3]) && !(finite(at, row, 3) >= 0)) refuse(at, 3, row[3], "a number of trials");
  known(at, row, 4);
  event.scale = known(at, row, 5);
  event.renormalization_scale = known(at, row, 6);
  event.alpha_em = finite(at, row, 7);
  event.alpha_s = finite(at, row, 8);
  event.weight = finite(at, row, 9);
  for (std::size_t c = kLheh5EventColumns; c < width; ++c) event.variations.push_back(finite(at, row, c));
  return event;
}

// Rows of `particles`; those of the events of a block usually lie together.
class Particles {
 public:
  Particles(const Lheh5Table& table, const std::string& path) : table_(table), path_(path) {}

  void expect(hsize_t first, hsize_t last) {
    rows_.clear();
    first_ = first;
    if (last - first <= 4 * kBlock * 16) rows_ = table_.read(first, last - first);
  }
  void add(hsize_t start, hsize_t count, Event& event) const {
    const std::vector<double> own = rows_.empty() ? table_.read(start, count) : std::vector<double>{};
    const double* row = rows_.empty() ? own.data() : rows_.data() + (start - first_) * table_.width();
    for (hsize_t k = 0; k < count; ++k, row += table_.width())
      event.particles.push_back(to_particle({path_, "particles", start + k}, row));
  }

 private:
  const Lheh5Table& table_;
  const std::string& path_;
  hsize_t first_ = 0;
  std::vector<double> rows_;
};

void read_head(const Lheh5Table& init, const Lheh5Table& processes, const std::string& path, EventFileInfo& info) {
  if (init.rows() < 10 || init.rows() > 1000 || processes.rows() < 1 || processes.rows() > kMostProcesses)
    request_error("{}: {} numbers in 'init' and {} rows in 'procInfo'; expected 10 and 1 or more", path, init.rows(),
                  processes.rows());
  const auto head = init.read(0, init.rows());
  auto number = [&](std::size_t i) { return finite({path, "init", i}, head.data() + i, 0); };
  auto id = [&](std::size_t i) { return whole({path, "init", i}, head.data() + i, 0); };
  for (std::size_t b = 0; b < 2; ++b) {
    info.beam_pdg[b] = id(b);
    info.beam_energy[b] = number(2 + b);
    info.pdf_id[b] = id(6 + b);
  }
  const auto rows = processes.read(0, processes.rows());
  for (hsize_t i = 0; i < processes.rows(); ++i) {
    const double* row = rows.data() + i * processes.width();
    const Place at{path, "procInfo", i};
    info.cross_section += finite(at, row, 3);
    info.error = std::hypot(info.error, finite(at, row, 4));
    const int legs = whole(at, row, 1);
    if (i == 0 && legs > 0 && static_cast<hsize_t>(legs) <= kMostParticles) info.legs = static_cast<std::size_t>(legs);
  }
}

}  // namespace

EventFileInfo read_lheh5(const std::filesystem::path& path, const std::function<bool(const Event&)>& use) {
  prepare_hdf5();
  const std::string name = path.string();
  std::error_code code;
  const hsize_t bytes = std::filesystem::file_size(path, code);
  const Hdf5Id file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (code || file < 0) request_error("'{}' is no HDF5 file, or cannot be read", name);
  const auto version = lheh5_version(file, name, bytes);
  if (version[0] != 2)
    request_error("{}: LHEH5 version {}.{}.{}, but this program reads version 2", name, version[0], version[1],
                  version[2]);
  const Lheh5Table init(file, name, "init", 0, bytes), processes(file, name, "procInfo", 6, bytes),
      events(file, name, "events", kLheh5EventColumns, bytes),
      particles(file, name, "particles", kLheh5ParticleColumns, bytes);
  EventFileInfo info;
  read_head(init, processes, name, info);
  Particles rows_of(particles, name);
  for (hsize_t first = 0; first < events.rows(); first += kBlock) {
    throw_if_interrupted();
    const hsize_t n = std::min(kBlock, events.rows() - first);
    const auto rows = events.read(first, n);
    hsize_t lowest = particles.rows(), highest = 0;
    for (hsize_t i = 0; i < n; ++i) {
      const double* row = rows.data() + i * events.width();
      const Place at{name, "events", first + i};
      const double count = row[1], start = row[2], end = start + count;
      if (!(count >= 0 && count <= static_cast<double>(kMostParticles)) || count != std::floor(count))
        refuse(at, 1, count, "a number of particles");
      if (!(start >= 0 && end <= static_cast<double>(particles.rows())) || start != std::floor(start))
        request_error("{}: event {} claims particles {} to {} of {}", name, first + i, start, end, particles.rows());
      lowest = std::min(lowest, static_cast<hsize_t>(start));
      highest = std::max(highest, static_cast<hsize_t>(end));
    }
    rows_of.expect(lowest, std::max(lowest, highest));
    for (hsize_t i = 0; i < n; ++i) {
      const double* row = rows.data() + i * events.width();
      Event event = to_event({name, "events", first + i}, row, events.width());
      rows_of.add(static_cast<hsize_t>(row[2]), static_cast<hsize_t>(row[1]), event);
      ++info.events;
      info.sum_trials += event.trials;  // NaN when those of an event are not known
      info.largest_weight = std::max(info.largest_weight, event.weight);
      if (use && !use(event)) return info;
    }
  }
  return info;
}

}  // namespace thalweg
