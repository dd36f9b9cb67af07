// An HDF5 file whose every byte goes through an AtomicFile. HDF5 writes much of a file when objects are closed, and
// there a failure gets lost; here the first one is kept, whatever the library makes of it, and commit() throws.
#pragma once

#include <filesystem>

#include "thalweg/base/files.h"
#include "thalweg/base/hdf5_handle.h"

namespace thalweg {

class Hdf5Output {
 public:
  // RunError where AtomicFile has one.
  explicit Hdf5Output(const std::filesystem::path& path);
  ~Hdf5Output();
  Hdf5Output(const Hdf5Output&) = delete;
  Hdf5Output& operator=(const Hdf5Output&) = delete;

  operator hid_t() const { return id_; }
  bool failed() const { return file_.failed(); }
  // RunError after a failed write, or when `good` is false for another reason, with `what` in its text.
  void check(bool good = true, const char* what = "") const;
  // All objects of the file must be closed.
  void commit();

 private:
  std::filesystem::path path_;
  AtomicFile file_;
  Hdf5Id id_;
};

}  // namespace thalweg
