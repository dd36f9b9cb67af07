#include "thalweg/event/hdf5_output.h"

#include <algorithm>

#include "thalweg/base/errors.h"
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

namespace thalweg {
namespace {

// What the library holds of an open file: its own part must come first.
struct Driven {
  H5FD_t own;
  AtomicFile* file;
  haddr_t allocated, end;
};
Driven& driven(H5FD_t* file) { return *reinterpret_cast<Driven*>(file); }
const Driven& driven(const H5FD_t* file) { return *reinterpret_cast<const Driven*>(file); }

H5FD_t* open_file(const char*, unsigned, hid_t access, haddr_t) {
  return &(new Driven{{}, *static_cast<AtomicFile* const*>(H5Pget_driver_info(access)), 0, 0})->own;
}

herr_t close_file(H5FD_t* file) {
  delete &driven(file);
  return 0;
}

int compare(const H5FD_t* a, const H5FD_t* b) { return a < b ? -1 : a > b; }

// Those of the usual driver: the layout of the file follows from them.
herr_t features(const H5FD_t*, unsigned long* flags) {
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t allocated(const H5FD_t* file, H5FD_mem_t) { return driven(file).allocated; }
haddr_t end_of(const H5FD_t* file, H5FD_mem_t) { return driven(file).end; }
herr_t allocate(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  driven(file).allocated = address;
  return 0;
}

herr_t read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, size_t bytes, void* data) {
  driven(file).file->read_at(address, data, bytes);
  return 0;
}

// Never tells of a failure: closing a file then crashes in some versions of the library.
herr_t write(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, size_t bytes, const void* data) {
  Driven& d = driven(file);
  d.file->write_at(address, data, bytes);
  d.end = std::max<haddr_t>(d.end, address + bytes);
  return 0;
}

herr_t truncate(H5FD_t* file, hid_t, hbool_t) {
  Driven& d = driven(file);
  if (d.end != d.allocated) d.file->resize(d.allocated);
  d.end = d.allocated;
  return 0;
}

hid_t driver() {
  static const H5FD_class_t description = [] {
    H5FD_class_t c = {};
#if H5_VERSION_GE(1, 13, 0)
    c.version = H5FD_CLASS_VERSION;
    c.value = static_cast<H5FD_class_value_t>(512);  // the first that is free
#endif
    c.name = "thalweg";
    c.maxaddr = ~haddr_t{0} >> 1;
    c.fc_degree = H5F_CLOSE_STRONG;
    c.fapl_size = sizeof(AtomicFile*);
    c.open = open_file;
    c.close = close_file;
    c.cmp = compare;
    c.query = features;
    c.get_eoa = allocated;
    c.set_eoa = allocate;
    c.get_eof = end_of;
    c.read = read;
    c.write = write;
    c.truncate = truncate;
    constexpr H5FD_mem_t map[] = H5FD_FLMAP_DICHOTOMY;
    std::copy(std::begin(map), std::end(map), c.fl_map);
    return c;
  }();
  static const hid_t id = H5FDregister(&description);
  return id;
}

}  // namespace

Hdf5Output::Hdf5Output(const std::filesystem::path& path) : path_(path), file_(path) {
  prepare_hdf5();
  const Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  AtomicFile* file = &file_;
  check(H5Pset_driver(access, driver(), &file) >= 0, "preparing a file");
  id_ = Hdf5Id(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose);
  check(id_ >= 0, "creating a file");
}

Hdf5Output::~Hdf5Output() = default;

void Hdf5Output::check(bool good, const char* what) const {
  file_.check();
  if (!good) run_error("'{}': HDF5: {} failed; is memory short?", path_.string(), what);
}

void Hdf5Output::commit() {
  check(H5Fflush(id_, H5F_SCOPE_GLOBAL) >= 0 && id_.close(), "closing the file");
  file_.commit();
}

}  // namespace thalweg
