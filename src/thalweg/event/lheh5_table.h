// Data sets of a file that need not be a good one. What a data set claims is held against what the file has: HDF5 files
// of a few kilobytes can claim petabytes, point to other files, and convert whatever they hold.
#pragma once

#include <string>
#include <vector>

#include "thalweg/base/hdf5_handle.h"

namespace thalweg {

// A data set of the root group, by a hard link, stored in the file itself and completely written. RequestError
// otherwise.
class Lheh5Table {
 public:
  // Floating-point numbers; columns: at least so many, 0 for a list without columns. file_bytes: of the whole file.
  Lheh5Table(hid_t file, const std::string& path, const char* name, hsize_t columns, hsize_t file_bytes);

  hsize_t rows() const { return rows_; }
  hsize_t width() const { return width_; }
  std::vector<double> read(hsize_t first, hsize_t count) const;

 private:
  std::string path_, name_;
  hsize_t rows_ = 0, width_ = 1;
  int rank_ = 1;
  Hdf5Id id_;
};

// The three integers of `version`.
std::vector<int> lheh5_version(hid_t file, const std::string& path, hsize_t file_bytes);

}  // namespace thalweg
