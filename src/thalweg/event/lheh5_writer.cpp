#include <array>

#include "thalweg/base/errors.h"
#include "thalweg/base/version.h"
#include "thalweg/event/hdf5_output.h"
#include "thalweg/event/lheh5.h"

namespace thalweg {
namespace {

const std::vector<const char*> kEventNames = {"pid",    "nparticles", "start", "trials", "scale",
                                              "fscale", "rscale",     "aqed",  "aqcd",   "NOMINAL"};
const std::vector<const char*> kParticleNames = {"id", "status", "mother1", "mother2", "color1",   "color2", "px",
                                                 "py", "pz",     "e",       "m",       "lifetime", "spin"};
const std::vector<const char*> kInitNames = {"beamA",     "beamB",   "energyA", "energyB",           "PDFgroupA",
                                             "PDFgroupB", "PDFsetA", "PDFsetB", "weightingStrategy", "numProcesses"};
const std::vector<const char*> kProcNames = {"procId", "npLO", "npNLO", "xSection", "error", "unitWeight"};

// Writes that failed are seen by Hdf5Output; this is for the rest.
void check(bool good, const char* what) {
  if (!good) run_error("HDF5: {} failed; is memory short?", what);
}

Hdf5Id string_type() {
  Hdf5Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

void string_list_attribute(hid_t object, const char* name, const std::vector<const char*>& values) {
  const hsize_t n = values.size();
  const Hdf5Id space(H5Screate_simple(1, &n, nullptr), H5Sclose), type = string_type();
  const Hdf5Id attribute(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  check(attribute >= 0 && H5Awrite(attribute, type, values.data()) >= 0, "writing an attribute");
}

// Only these two attributes, in this order: Sherpa and Pythia take the first one as the column list.
void name_columns(hid_t dataset, const char* name, const std::vector<const char*>& columns) {
  string_list_attribute(dataset, name, columns);
  string_list_attribute(dataset, "properties", columns);
}

Hdf5Id create(hid_t file, const char* name, hid_t type, const std::vector<hsize_t>& size, hsize_t chunk) {
  const Hdf5Id space(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose);
  const Hdf5Id properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties, false);  // equal runs make equal files
  if (chunk > 0 && size[0] > 0) {
    std::vector<hsize_t> chunks = size;
    chunks[0] = std::min(chunk, size[0]);
    H5Pset_chunk(properties, static_cast<int>(chunks.size()), chunks.data());
    H5Pset_shuffle(properties);
    H5Pset_deflate(properties, 1);
  }
  Hdf5Id dataset(H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  check(dataset >= 0, "creating a data set");
  return dataset;
}

void write_strings(hid_t file, const char* name, const std::vector<std::string>& values, bool scalar) {
  std::vector<const char*> pointers;
  for (const auto& v : values) pointers.push_back(v.c_str());
  const hsize_t n = values.size();
  const Hdf5Id type = string_type();
  const Hdf5Id space(scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &n, nullptr), H5Sclose);
  const Hdf5Id properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties, false);
  const Hdf5Id dataset(H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  check(dataset >= 0 && H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()) >= 0,
        "writing a string");
  if (!scalar) name_columns(dataset, "generators", {"name", "version", "description", "extraAttributes"});
}

void write_rows(hid_t dataset, hid_t type, const void* data, hsize_t first, hsize_t rows, hsize_t columns) {
  const int rank = columns > 0 ? 2 : 1;
  const std::array<hsize_t, 2> start{first, 0}, count{rows, columns};
  const Hdf5Id file_space(H5Dget_space(dataset), H5Sclose),
      memory(H5Screate_simple(rank, count.data(), nullptr), H5Sclose);
  check(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) >= 0 &&
            H5Dwrite(dataset, type, memory, file_space, H5P_DEFAULT, data) >= 0,
        "writing events");
}

}  // namespace

struct Lheh5Writer::Handles {
  explicit Handles(const std::filesystem::path& path) : file(path) {}
  Hdf5Output file;
  Hdf5Id events, particles, channels;
  hsize_t legs = 0, columns = 0;
};

Lheh5Block lheh5_rows(std::span<const Event> events, const EventFileInfo& info, std::uint64_t first) {
  Lheh5Block block;
  for (const Event& event : events) {
    const double start = static_cast<double>((first + block.channels.size()) * info.legs);
    for (double v : {0.0, static_cast<double>(event.particles.size()), start, event.trials, event.scale, event.scale,
                     event.renormalization_scale, event.alpha_em, event.alpha_s, event.weight})
      block.events.push_back(v);
    block.events.insert(block.events.end(), event.variations.begin(), event.variations.end());
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
    : handles_(std::make_unique<Handles>(path)) {
  Handles& h = *handles_;
  h.legs = info.legs;
  h.columns = kLheh5EventColumns + info.variations.size();
  std::vector<std::string> names;
  for (const WeightVariation& v : info.variations) names.push_back(v.name());
  std::vector<const char*> columns = kEventNames;
  for (const std::string& name : names) columns.push_back(name.c_str());
  const int format[3] = {2, 0, 1};
  const Hdf5Id version_set = create(h.file, "version", H5T_NATIVE_INT, {3}, 0);
  check(H5Dwrite(version_set, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, format) >= 0, "writing the version");

  const double init[10] = {static_cast<double>(info.beam_pdg[0]),
                           static_cast<double>(info.beam_pdg[1]),
                           info.beam_energy[0],
                           info.beam_energy[1],
                           0,
                           0,
                           static_cast<double>(info.pdf_id[0]),
                           static_cast<double>(info.pdf_id[1]),
                           -4,
                           1};
  const Hdf5Id init_set = create(h.file, "init", H5T_NATIVE_DOUBLE, {10}, 0);
  check(H5Dwrite(init_set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, init) >= 0, "writing init");
  name_columns(init_set, "init", kInitNames);

  const double process[6] = {1, static_cast<double>(info.legs), -1, info.cross_section, info.error, unit_weight};
  const Hdf5Id process_set = create(h.file, "procInfo", H5T_NATIVE_DOUBLE, {1, 6}, 0);
  check(H5Dwrite(process_set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, process) >= 0, "writing procInfo");
  name_columns(process_set, "procInfo", kProcNames);

  h.events = create(h.file, "events", H5T_NATIVE_DOUBLE, {info.events, h.columns}, 4096);
  name_columns(h.events, "events", columns);
  h.particles = create(h.file, "particles", H5T_NATIVE_DOUBLE, {info.events * info.legs, kLheh5ParticleColumns},
                       4096 * info.legs);
  name_columns(h.particles, "particles", kParticleNames);

  const Hdf5Id xml(H5Gcreate2(h.file, "xml", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  write_strings(h.file, "xml/header",
                {fmt::format("<process><![CDATA[{}]]></process>\n<seed>{}</seed>\n<slha><![CDATA[\n{}]]></slha>\n",
                             info.process, info.seed, info.slha)},
                true);
  write_strings(h.file, "generators", {"Thalweg", version(), "Thalweg", "{}"}, false);
  const Hdf5Id group(H5Gcreate2(h.file, "thalweg", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  write_strings(h.file, "thalweg/card", {info.card}, true);
  h.channels = create(h.file, "thalweg/channel", H5T_NATIVE_INT, {info.events}, 4096);
  h.file.check();
}

Lheh5Writer::~Lheh5Writer() = default;

void Lheh5Writer::write(const Lheh5Block& block, std::uint64_t first) {
  Handles& h = *handles_;
  const hsize_t n = block.channels.size();
  if (n == 0) return;
  write_rows(h.events, H5T_NATIVE_DOUBLE, block.events.data(), first, n, h.columns);
  write_rows(h.particles, H5T_NATIVE_DOUBLE, block.particles.data(), first * h.legs, n * h.legs, kLheh5ParticleColumns);
  write_rows(h.channels, H5T_NATIVE_INT, block.channels.data(), first, n, 0);
  h.file.check();
}

void Lheh5Writer::commit() {
  Handles& h = *handles_;
  h.file.check(h.events.close() && h.particles.close() && h.channels.close(), "writing the last events");
  h.file.commit();
}

}  // namespace thalweg
