#include "thalweg/event/lheh5.h"

#include <hdf5.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "thalweg/base/errors.h"
#include "thalweg/base/version.h"

namespace thalweg {
namespace {

constexpr hsize_t kEventColumns = 10, kParticleColumns = 13;

const std::vector<const char*> kEventNames = {"pid", "nparticles", "start", "trials", "scale",
                                              "fscale", "rscale", "aqed", "aqcd", "NOMINAL"};
const std::vector<const char*> kParticleNames = {"id", "status", "mother1", "mother2", "color1", "color2", "px",
                                                 "py", "pz", "e", "m", "lifetime", "spin"};
const std::vector<const char*> kInitNames = {"beamA", "beamB", "energyA", "energyB", "PDFgroupA", "PDFgroupB",
                                             "PDFsetA", "PDFsetB", "weightingStrategy", "numProcesses"};
const std::vector<const char*> kProcNames = {"procId", "npLO", "npNLO", "xSection", "error", "unitWeight"};

// An HDF5 identifier with its closing function.
class Id {
 public:
  using Close = herr_t (*)(hid_t);
  Id() = default;
  Id(hid_t id, Close closer) : id_(id), close_(closer) {}
  Id(Id&& other) noexcept : id_(other.id_), close_(other.close_) { other.id_ = -1; }
  Id& operator=(Id&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Id() { close(); }
  operator hid_t() const { return id_; }
  bool close() {
    const bool good = id_ < 0 || close_(id_) >= 0;
    id_ = -1;
    return good;
  }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

void quiet() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

void check(bool good, const char* what) {
  if (!good) run_error("HDF5: {} failed; is the disk full or read-only?", what);
}

Id string_type() {
  Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

void string_list_attribute(hid_t object, const char* name, const std::vector<const char*>& values) {
  const hsize_t n = values.size();
  const Id space(H5Screate_simple(1, &n, nullptr), H5Sclose), type = string_type();
  const Id attribute(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  check(attribute >= 0 && H5Awrite(attribute, type, values.data()) >= 0, "writing an attribute");
}

// Only these two attributes, in this order: Sherpa and Pythia take the first one as the column list.
void name_columns(hid_t dataset, const char* name, const std::vector<const char*>& columns) {
  string_list_attribute(dataset, name, columns);
  string_list_attribute(dataset, "properties", columns);
}

Id create(hid_t file, const char* name, hid_t type, const std::vector<hsize_t>& size, hsize_t chunk) {
  const Id space(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose);
  const Id properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties, false);  // equal runs make equal files
  if (chunk > 0 && size[0] > 0) {
    std::vector<hsize_t> chunks = size;
    chunks[0] = std::min(chunk, size[0]);
    H5Pset_chunk(properties, static_cast<int>(chunks.size()), chunks.data());
    H5Pset_shuffle(properties);
    H5Pset_deflate(properties, 1);
  }
  Id dataset(H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  check(dataset >= 0, "creating a data set");
  return dataset;
}

void write_strings(hid_t file, const char* name, const std::vector<std::string>& values, bool scalar) {
  std::vector<const char*> pointers;
  for (const auto& v : values) pointers.push_back(v.c_str());
  const hsize_t n = values.size();
  const Id type = string_type();
  const Id space(scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &n, nullptr), H5Sclose);
  const Id properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties, false);
  const Id dataset(H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  check(dataset >= 0 && H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()) >= 0,
        "writing a string");
  if (!scalar) name_columns(dataset, "generators", {"name", "version", "description", "extraAttributes"});
}

void write_rows(hid_t dataset, hid_t type, const void* data, hsize_t first, hsize_t rows, hsize_t columns) {
  const int rank = columns > 0 ? 2 : 1;
  const std::array<hsize_t, 2> start{first, 0}, count{rows, columns};
  const Id file_space(H5Dget_space(dataset), H5Sclose), memory(H5Screate_simple(rank, count.data(), nullptr), H5Sclose);
  check(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) >= 0 &&
            H5Dwrite(dataset, type, memory, file_space, H5P_DEFAULT, data) >= 0,
        "writing events");
}

}  // namespace

struct Lheh5Writer::Handles {
  Id file, events, particles, channels;
  hsize_t legs = 0;
};

Lheh5Block lheh5_rows(std::span<const Event> events, const EventFileInfo& info, std::uint64_t first) {
  Lheh5Block block;
  for (const Event& event : events) {
    const double start = static_cast<double>((first + block.channels.size()) * info.legs);
    for (double v : {0.0, static_cast<double>(event.particles.size()), start, event.trials, event.scale, event.scale,
                     event.renormalization_scale, event.alpha_em, event.alpha_s, event.weight})
      block.events.push_back(v);
    for (const EventParticle& p : event.particles)
      for (double v : {static_cast<double>(p.pdg), static_cast<double>(p.status), static_cast<double>(p.mothers[0]),
                       static_cast<double>(p.mothers[1]), static_cast<double>(p.colours[0]),
                       static_cast<double>(p.colours[1]), p.px, p.py, p.pz, p.e, p.m, p.lifetime, p.spin})
        block.particles.push_back(v);
    block.channels.push_back(event.channel);
  }
  return block;
}

Lheh5Writer::Lheh5Writer(const std::filesystem::path& path, const EventFileInfo& info, double unit_weight)
    : handles_(std::make_unique<Handles>()) {
  quiet();
  Handles& h = *handles_;
  h.legs = info.legs;
  h.file = Id(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
  if (h.file < 0) run_error("cannot write '{}'; choose another place with -o or --run", path.string());
  const int format[3] = {2, 0, 1};
  const Id version_set = create(h.file, "version", H5T_NATIVE_INT, {3}, 0);
  check(H5Dwrite(version_set, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, format) >= 0, "writing the version");

  const double init[10] = {static_cast<double>(info.beam_pdg[0]), static_cast<double>(info.beam_pdg[1]),
                           info.beam_energy[0], info.beam_energy[1], 0, 0, static_cast<double>(info.pdf_id[0]),
                           static_cast<double>(info.pdf_id[1]), -4, 1};
  const Id init_set = create(h.file, "init", H5T_NATIVE_DOUBLE, {10}, 0);
  check(H5Dwrite(init_set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, init) >= 0, "writing init");
  name_columns(init_set, "init", kInitNames);

  const double process[6] = {1, static_cast<double>(info.legs), -1, info.cross_section, info.error, unit_weight};
  const Id process_set = create(h.file, "procInfo", H5T_NATIVE_DOUBLE, {1, 6}, 0);
  check(H5Dwrite(process_set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, process) >= 0, "writing procInfo");
  name_columns(process_set, "procInfo", kProcNames);

  h.events = create(h.file, "events", H5T_NATIVE_DOUBLE, {info.events, kEventColumns}, 4096);
  name_columns(h.events, "events", kEventNames);
  h.particles = create(h.file, "particles", H5T_NATIVE_DOUBLE, {info.events * info.legs, kParticleColumns}, 4096 * info.legs);
  name_columns(h.particles, "particles", kParticleNames);

  const Id xml(H5Gcreate2(h.file, "xml", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  write_strings(h.file, "xml/header",
                {fmt::format("<process><![CDATA[{}]]></process>\n<seed>{}</seed>\n<slha><![CDATA[\n{}]]></slha>\n",
                             info.process, info.seed, info.slha)}, true);
  write_strings(h.file, "generators", {"Thalweg", version(), "Thalweg", "{}"}, false);
  const Id group(H5Gcreate2(h.file, "thalweg", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  write_strings(h.file, "thalweg/card", {info.card}, true);
  h.channels = create(h.file, "thalweg/channel", H5T_NATIVE_INT, {info.events}, 4096);
}

Lheh5Writer::~Lheh5Writer() = default;

void Lheh5Writer::write(const Lheh5Block& block, std::uint64_t first) {
  Handles& h = *handles_;
  const hsize_t n = block.channels.size();
  if (n == 0) return;
  write_rows(h.events, H5T_NATIVE_DOUBLE, block.events.data(), first, n, kEventColumns);
  write_rows(h.particles, H5T_NATIVE_DOUBLE, block.particles.data(), first * h.legs, n * h.legs, kParticleColumns);
  write_rows(h.channels, H5T_NATIVE_INT, block.channels.data(), first, n, 0);
}

void Lheh5Writer::close() {
  Handles& h = *handles_;
  bool good = h.events.close();
  good = h.particles.close() && good;
  good = h.channels.close() && good;
  good = H5Fflush(h.file, H5F_SCOPE_GLOBAL) >= 0 && good;
  good = h.file.close() && good;
  check(good, "closing the file");
}

bool is_hdf5(const std::filesystem::path& path) {
  quiet();
  return H5Fis_hdf5(path.c_str()) > 0;
}

namespace {

// A data set of doubles with `columns` columns (0: one dimension), read in blocks.
class Table {
 public:
  Table(hid_t file, const std::string& path, const char* name, hsize_t columns)
      : path_(path), name_(name), columns_(columns), id_(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose) {
    if (id_ < 0) request_error("{}: no data set '{}'; expected LHEH5 version 2", path, name);
    const Id space(H5Dget_space(id_), H5Sclose);
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
    const Id space(H5Dget_space(id_), H5Sclose);
    const Id memory(H5Screate_simple(H5Sget_simple_extent_ndims(space), size.data(), nullptr), H5Sclose);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr) < 0 ||
        H5Dread(id_, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values.data()) < 0)
      request_error("{}: '{}' cannot be read; is the file complete?", path_, name_);
    return values;
  }

 private:
  std::string path_, name_;
  hsize_t columns_, rows_ = 0, width_ = 1;
  Id id_;
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
    const double* p = particles.data() + k * kParticleColumns;
    auto i = [&](std::size_t c) { return std::abs(p[c]) < 2e9 ? static_cast<int>(p[c]) : 0; };
    event.particles.push_back({i(0), i(1), {i(2), i(3)}, {i(4), i(5)}, p[6], p[7], p[8], p[9], p[10], p[11], p[12]});
  }
  return event;
}

}  // namespace

EventFileInfo read_lheh5(const std::filesystem::path& path, const std::function<bool(const Event&)>& use) {
  quiet();
  const std::string name = path.string();
  const Id file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (file < 0) request_error("'{}' is no HDF5 file, or cannot be read", name);
  const Table init(file, name, "init", 1), processes(file, name, "procInfo", 6), events(file, name, "events", 10),
      particles(file, name, "particles", kParticleColumns);
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
        request_error("{}: event {} claims particles {} to {} of {}", name, first + i, start, start + count, particles.rows());
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
