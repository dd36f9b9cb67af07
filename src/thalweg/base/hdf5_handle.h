// HDF5 identifiers that close themselves.
#pragma once

#include <hdf5.h>

#include <utility>

namespace thalweg {

// An HDF5 identifier with its closing function.
class Hdf5Id {
 public:
  using Close = herr_t (*)(hid_t);
  Hdf5Id() = default;
  Hdf5Id(hid_t id, Close closer) : id_(id), close_(closer) {}
  Hdf5Id(Hdf5Id&& other) noexcept : id_(other.id_), close_(other.close_) { other.id_ = -1; }
  Hdf5Id& operator=(Hdf5Id&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Hdf5Id() { close(); }
  operator hid_t() const { return id_; }
  // Forgets the identifier without closing it.
  void abandon() { id_ = -1; }
  bool close() {
    const bool good = id_ < 0 || close_(id_) >= 0;
    id_ = -1;
    return good;
  }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

// To be called before other calls of the library. It prints nothing itself then: failures are seen by
// return values. It also does not flush open files when the process ends, which crashes after a write has
// failed (full disk).
inline void prepare_hdf5() {
  static const bool once = H5dont_atexit() >= 0;
  (void)once;
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

}  // namespace thalweg
