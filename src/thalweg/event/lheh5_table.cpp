#include "thalweg/event/lheh5_table.h"

#include <algorithm>
#include <array>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

constexpr hsize_t kMostColumns = 10'000, kMostChunk = hsize_t{1} << 30;
// Deflate makes at most 1032 bytes of one.
constexpr hsize_t kMostCompression = 1100;

struct Shape {
  int rank = 0;
  std::array<hsize_t, 2> size{0, 1};
};

class Opened {
 public:
  Opened(hid_t file, const std::string& path, const char* name) : path_(path), name_(name) {
    H5L_info_t link;
    if (H5Lget_info(file, name, &link, H5P_DEFAULT) < 0) fail("there is none; expected LHEH5 version 2");
    if (link.type == H5L_TYPE_EXTERNAL) fail("it lies in another file, by an external link; copy the file whole");
    if (link.type != H5L_TYPE_HARD) fail("it is a link, not a data set");
    H5O_info_t object;
    if (H5Oget_info_by_name(file, name, &object, H5P_DEFAULT) < 0 || object.type != H5O_TYPE_DATASET)
      fail("it is no data set");
    id = Hdf5Id(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose);
    if (id < 0) fail("it cannot be read; is the file complete?");
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw RequestError(fmt::format("{}: data set '{}': {}", path_, name_, what));
  }

  Shape shape() const {
    const Hdf5Id space(H5Dget_space(id), H5Sclose);
    Shape shape;
    shape.rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    if (shape.rank < 1 || shape.rank > 2 || H5Sget_simple_extent_type(space) != H5S_SIMPLE)
      fail(fmt::format("it has {} dimensions", shape.rank));
    H5Sget_simple_extent_dims(space, shape.size.data(), nullptr);
    return shape;
  }

  // Size of an element, whose class is as it should be.
  hsize_t element(H5T_class_t expected, const char* what) const {
    const Hdf5Id type(H5Dget_type(id), H5Tclose);
    const std::size_t size = type < 0 ? 0 : H5Tget_size(type);
    if (size == 0 || size > 16 || H5Tget_class(type) != expected) fail(fmt::format("its elements are no {}", what));
    return size;
  }

  // Everything it claims is there, in this file.
  void check_storage(const Shape& shape, hsize_t element, hsize_t file_bytes) const {
    const Hdf5Id properties(H5Dget_create_plist(id), H5Pclose);
    if (properties < 0) fail("it cannot be read; is the file complete?");
    if (H5Pget_external_count(properties) != 0) fail("its values lie in other files; copy them into this one");
    const H5D_layout_t layout = H5Pget_layout(properties);
    if (layout == H5D_VIRTUAL) fail("it is a virtual data set, whose values lie elsewhere; copy them into this file");
    const int filters = H5Pget_nfilters(properties);
    for (int i = 0; i < filters; ++i) {
      unsigned flags = 0;
      std::size_t values = 0;
      char filter[64] = {};
      const auto code = H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &values, nullptr,
                                       sizeof filter - 1, filter, nullptr);
      if (code < H5Z_FILTER_DEFLATE || code > H5Z_FILTER_SCALEOFFSET)
        fail(
            fmt::format("it is packed by the filter '{}' ({}), which is not known here; repack it with gzip or without",
                        filter, static_cast<int>(code)));
    }
    constexpr hsize_t kMostBytes = hsize_t{1} << 62;
    const hsize_t stored = H5Dget_storage_size(id);
    if (shape.size[1] > 0 && shape.size[0] > kMostBytes / element / shape.size[1]) lie(shape, stored);
    const hsize_t logical = shape.size[0] * shape.size[1] * element;
    if (stored > file_bytes) fail(fmt::format("it claims {} bytes of a file of {}", stored, file_bytes));
    if (layout != H5D_CHUNKED) {
      if (stored < logical) lie(shape, stored);
    } else if (logical > 0) {
      check_chunks(properties, shape, element, stored, filters > 0 ? logical / kMostCompression : logical);
    }
  }

  Hdf5Id id;

 private:
  [[noreturn]] void lie(const Shape& shape, hsize_t stored) const {
    fail(fmt::format("it claims {} x {} numbers, but {} bytes of them are in the file; was it written to its end?",
                     shape.size[0], shape.size[1], stored));
  }
  void check_chunks(hid_t properties, const Shape& shape, hsize_t element, hsize_t stored, hsize_t least) const {
    std::array<hsize_t, 2> chunk{1, 1};
    if (H5Pget_chunk(properties, 2, chunk.data()) != shape.rank || chunk[0] == 0 || chunk[1] == 0)
      fail("its chunks have another shape");
    if (stored < least) lie(shape, stored);
    if (chunk[0] > kMostChunk / chunk[1] / element)
      fail(fmt::format("chunks of {} x {} numbers are too large", chunk[0], chunk[1]));
    const hsize_t expected = ((shape.size[0] - 1) / chunk[0] + 1) * ((shape.size[1] - 1) / chunk[1] + 1);
    hsize_t there = 0;
    const Hdf5Id space(H5Dget_space(id), H5Sclose);
    if (H5Dget_num_chunks(id, space, &there) < 0) fail("its chunks cannot be read; is the file complete?");
    if (there != expected) lie(shape, stored);
  }

  const std::string& path_;
  const char* name_;
};

}  // namespace

Lheh5Table::Lheh5Table(hid_t file, const std::string& path, const char* name, hsize_t columns, hsize_t file_bytes)
    : path_(path), name_(name) {
  Opened set(file, path, name);
  const Shape shape = set.shape();
  rank_ = shape.rank;
  if (rank_ != (columns > 0 ? 2 : 1)) set.fail(fmt::format("it has {} dimensions, not {}", rank_, columns > 0 ? 2 : 1));
  rows_ = shape.size[0], width_ = shape.size[1];
  if (columns > 0 && (width_ < columns || width_ > kMostColumns))
    set.fail(fmt::format("it has {} columns, expected {} to {}", width_, columns, kMostColumns));
  set.check_storage(shape, set.element(H5T_FLOAT, "floating-point numbers"), file_bytes);
  id_ = std::move(set.id);
}

std::vector<double> Lheh5Table::read(hsize_t first, hsize_t count) const {
  std::vector<double> values(count * width_);
  if (values.empty()) return values;
  const std::array<hsize_t, 2> start{first, 0}, size{count, width_};
  const Hdf5Id space(H5Dget_space(id_), H5Sclose), memory(H5Screate_simple(rank_, size.data(), nullptr), H5Sclose);
  if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr) < 0 ||
      H5Dread(id_, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values.data()) < 0)
    request_error("{}: data set '{}': rows {} to {} cannot be read; is the file complete?", path_, name_, first,
                  first + count - 1);
  return values;
}

std::vector<int> lheh5_version(hid_t file, const std::string& path, hsize_t file_bytes) {
  Opened set(file, path, "version");
  const Shape shape = set.shape();
  if (shape.rank != 1 || shape.size[0] != 3) set.fail("it is no list of three numbers");
  set.check_storage(shape, set.element(H5T_INTEGER, "whole numbers"), file_bytes);
  std::vector<int> version(3);
  if (H5Dread(set.id, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, version.data()) < 0)
    set.fail("it cannot be read; is the file complete?");
  return version;
}

}  // namespace thalweg
