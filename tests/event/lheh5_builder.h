// LHEH5 files with what is wrong in them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "thalweg/base/hdf5_handle.h"

namespace thalweg {

enum class Storage { contiguous, compact, chunked, deflated, external, virtual_set };

struct BuiltSet {
  std::vector<hsize_t> size;
  std::vector<double> values;  // fewer: the rest is not written
  Storage storage = Storage::contiguous;
  hid_t type = -1;    // in the file; -1: native doubles, or ints for `version`
  hsize_t chunk = 2;  // rows
};

struct BuiltFile {
  std::map<std::string, BuiltSet> sets;
  std::map<std::string, std::string> links;           // soft
  std::map<std::string, std::string> external_links;  // name -> file
};

// Two events of two and of three particles.
inline BuiltFile good_lheh5() {
  BuiltFile f;
  f.sets["version"] = {{3}, {2, 0, 1}};
  f.sets["init"] = {{10}, {2212, 2212, 6500, 6500, 0, 0, 0, 0, -4, 1}};
  f.sets["procInfo"] = {{1, 6}, {1, 3, -1, 4.5, 0.25, 5}};
  f.sets["events"] = {{2, 11}, {0, 2, 0, 3, 91, 91, 45, 0.0078, 0.118, 2.5,  2.25,  //
                                0, 3, 3, 1, 91, 91, 45, 0.0078, 0.118, -0.5, 2.25}};
  f.sets["particles"] = {{6, 13}, std::vector<double>(78)};
  for (std::size_t k = 0; k < 6; ++k) {
    const std::vector<double> row = {21, k < 2 ? -1.0 : 1.0, 1, 2, 501, 502, 1, 2, 3, 4, 0, 0, 9};
    std::copy(row.begin(), row.end(), f.sets["particles"].values.begin() + static_cast<std::ptrdiff_t>(13 * k));
  }
  return f;
}

inline void put_set(hid_t file, const std::string& name, const BuiltSet& set) {
  const int rank = static_cast<int>(set.size.size());
  const bool version = name == "version";
  const Hdf5Id space(rank > 0 ? H5Screate_simple(rank, set.size.data(), nullptr) : H5Screate(H5S_SCALAR), H5Sclose);
  const Hdf5Id properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  if (rank > 0 && (set.storage == Storage::chunked || set.storage == Storage::deflated)) {
    std::vector<hsize_t> chunk = set.size;
    chunk[0] = set.chunk;
    H5Pset_chunk(properties, rank, chunk.data());
    if (set.storage == Storage::deflated) H5Pset_deflate(properties, 1);
  }
  if (set.storage == Storage::compact) H5Pset_layout(properties, H5D_COMPACT);
  if (set.storage == Storage::external) H5Pset_external(properties, "/etc/passwd", 0, H5F_UNLIMITED);
  if (set.storage == Storage::virtual_set) H5Pset_virtual(properties, space, "/tmp/another.h5", "events", space);
  const hid_t type = set.type >= 0 ? set.type : version ? H5T_NATIVE_INT : H5T_NATIVE_DOUBLE;
  const Hdf5Id id(H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  if (set.values.empty() || set.storage == Storage::external || set.storage == Storage::virtual_set) return;
  std::vector<hsize_t> start(set.size.size()), count = set.size;
  hsize_t width = 1;
  for (std::size_t d = 1; d < count.size(); ++d) width *= count[d];
  if (width == 0) return;
  if (rank > 0) count[0] = std::min<hsize_t>(count[0], set.values.size() / width);
  const Hdf5Id memory(rank > 0 ? H5Screate_simple(rank, count.data(), nullptr) : H5Screate(H5S_SCALAR), H5Sclose);
  if (rank > 0) H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
  H5Dwrite(id, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, set.values.data());
}

inline void build(const std::filesystem::path& path, const BuiltFile& f) {
  prepare_hdf5();
  const Hdf5Id file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
  for (const auto& [name, set] : f.sets) put_set(file, name, set);
  for (const auto& [name, target] : f.links)
    H5Lcreate_soft(target.c_str(), file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
  for (const auto& [name, other] : f.external_links)
    H5Lcreate_external(other.c_str(), name.c_str(), file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
}

}  // namespace thalweg
