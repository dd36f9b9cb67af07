#include <array>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/hdf5_handle.h"
#include "thalweg/event/lheh5.h"

namespace thalweg {

bool is_hdf5(const std::filesystem::path& path) {
  prepare_hdf5();
  return H5Fis_hdf5(path.c_str()) > 0;
}

namespace {

// A data set of doubles with `columns` columns (0: one dimension), read in blocks.
class Table {
 public:
  Table(hid_t file, const std::string& path, const char* name, hsize_t columns)
      : path_(path), name_(name), id_(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose) {
    if (id_ < 0) request_error("{}: no data set '{}'; expected LHEH5 version 2", path, name);
    const Hdf5Id space(H5Dget_space(id_), H5Sclose);
    hsize_t size[2] = {0, 0};
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 1 || rank > 2) request_error("{}: data set '{}' has {} dimensions", path, name, rank);
    H5Sget_simple_extent_dims(space, size, nullptr);
    rows_ = size[0];
    if (rank == 2) width_ = size[1];
    if (width_ < columns) request_error("{}: '{}' has {} columns, {} are needed", path, name, width_, columns);
    if (width_ > 10'000) request_error("{}: '{}' has {} columns", path, name, width_);
  }
  hsize_t rows() const { return rows_; }
  hsize_t width() const { return width_; }
  std::vector<double> read(hsize_t first, hsize_t count) const {
    std::vector<double> values(count * width_);
    const std::array<hsize_t, 2> start{first, 0}, size{count, width_};
    const Hdf5Id space(H5Dget_space(id_), H5Sclose);
    const Hdf5Id memory(H5Screate_simple(H5Sget_simple_extent_ndims(space), size.data(), nullptr), H5Sclose);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr) < 0 ||
        H5Dread(id_, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values.data()) < 0)
      request_error("{}: '{}' cannot be read; is the file complete?", path_, name_);
    return values;
  }

 private:
  std::string path_, name_;
  hsize_t rows_ = 0, width_ = 1;
  Hdf5Id id_;
};

Event to_event(const double* row, const std::vector<double>& particles, std::size_t count) {
  Event event;
  event.process_id = static_cast<int>(row[0]) + 1;
  event.trials = row[3];
  event.scale = row[5];
  event.renormalization_scale = row[6];
  event.alpha_em = row[7];
  event.alpha_s = row[8];
  event.weight = row[9];
  for (std::size_t k = 0; k < count; ++k) {
    const double* p = particles.data() + k * kLheh5ParticleColumns;
    auto i = [&](std::size_t c) { return std::abs(p[c]) < 2e9 ? static_cast<int>(p[c]) : 0; };
    event.particles.push_back({i(0), i(1), {i(2), i(3)}, {i(4), i(5)}, p[6], p[7], p[8], p[9], p[10], p[11], p[12]});
  }
  return event;
}

}  // namespace

EventFileInfo read_lheh5(const std::filesystem::path& path, const std::function<bool(const Event&)>& use) {
  prepare_hdf5();
  const std::string name = path.string();
  const Hdf5Id file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (file < 0) request_error("'{}' is no HDF5 file, or cannot be read", name);
  const Table init(file, name, "init", 1), processes(file, name, "procInfo", 6),
      events(file, name, "events", kLheh5EventColumns), particles(file, name, "particles", kLheh5ParticleColumns);
  EventFileInfo info;
  if (init.rows() < 10 || processes.rows() < 1) request_error("{}: init or procInfo is too short", name);
  const auto head = init.read(0, 10);
  for (std::size_t b = 0; b < 2; ++b) {
    info.beam_pdg[b] = static_cast<int>(head[b]);
    info.beam_energy[b] = head[2 + b];
    info.pdf_id[b] = static_cast<int>(head[6 + b]);
  }
  for (hsize_t i = 0; i < std::min<hsize_t>(processes.rows(), 100'000); ++i) {
    const auto row = processes.read(i, 1);
    info.cross_section += row[3];
    info.error = std::hypot(info.error, row[4]);
    if (i == 0 && row[1] > 0 && row[1] < 1000) info.legs = static_cast<std::size_t>(row[1]);
  }
  constexpr hsize_t kBlock = 1024;
  for (hsize_t first = 0; first < events.rows(); first += kBlock) {
    const hsize_t n = std::min(kBlock, events.rows() - first);
    const auto rows = events.read(first, n);
    for (hsize_t i = 0; i < n; ++i) {
      const double* row = rows.data() + i * events.width();
      const double count = row[1], start = row[2];
      if (!(count >= 0 && start >= 0 && count <= 1000 && start + count <= static_cast<double>(particles.rows())))
        request_error("{}: event {} claims particles {} to {} of {}", name, first + i, start, start + count,
                      particles.rows());
      ++info.events;
      info.sum_trials += row[3];
      info.largest_weight = std::max(info.largest_weight, row[9]);
      if (use && !use(to_event(row, particles.read(static_cast<hsize_t>(start), static_cast<hsize_t>(count)),
                               static_cast<std::size_t>(count))))
        return info;
    }
  }
  return info;
}

}  // namespace thalweg
