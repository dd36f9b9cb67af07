#include "thalweg/sampling/sampler_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cstdlib>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/base/hdf5_handle.h"
#include "thalweg/base/json.h"
#include "thalweg/base/json_reader.h"

namespace thalweg {
namespace {

constexpr int kVersion = 6;
constexpr std::size_t kLargest = std::size_t{1} << 31;
constexpr const char* kAdvice = "; remove it to train again";

// The user block in front of the HDF5 superblock: what the file is, and the checksum of all that follows. HDF5 is never
// given bytes that have not passed it.
constexpr std::size_t kHeader = 512;
constexpr std::string_view kMagic = "thalweg sampler, version ";

std::string header(std::string_view image) {
  const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(image.data()), image.size());
  std::string text = fmt::format("{}{}, crc32 {:08x}\n", kMagic, kVersion, crc);
  text.resize(kHeader, '\0');
  return text;
}

// The HDF5 part of a whole and undamaged file.
std::string checked_image(const std::filesystem::path& path) {
  std::string bytes = read_file(path, kLargest);
  const std::string name = path.string();
  if (bytes.size() <= kHeader || !bytes.starts_with(kMagic)) request_error("'{}' is no sampler file{}", name, kAdvice);
  const int version = std::atoi(bytes.c_str() + kMagic.size());
  if (version != kVersion)
    request_error(
        "'{}' has version {} of the sampler file, this program reads version {}: go on with the program that "
        "made it, or remove it to train again",
        name, version, kVersion);
  std::string image = bytes.substr(kHeader);
  if (!bytes.starts_with(header(image)))
    request_error("'{}' is damaged or cut off: its checksum does not fit{}", name, kAdvice);
  return image;
}

// A file in memory, so that writing has one place and one kind of failure.
Hdf5Id memory_access() {
  prepare_hdf5();
  Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access, std::size_t{1} << 20, false);
  return access;
}

void good(bool fine) {
  if (!fine) run_error("HDF5: the sampler file could not be built in memory");
}

void put(hid_t file, const char* name, hid_t type, std::size_t n, const void* data) {
  const hsize_t size = n;
  const Hdf5Id space(H5Screate_simple(1, &size, nullptr), H5Sclose);
  const Hdf5Id properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties, false);
  const Hdf5Id set(H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  good(set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
}

template <class T>
bool get(hid_t file, const char* name, hid_t type, std::size_t image, std::vector<T>& values) {
  const Hdf5Id set(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose);
  if (set < 0) return false;
  const Hdf5Id space(H5Dget_space(set), H5Sclose);
  hsize_t n = 0;
  if (H5Sget_simple_extent_ndims(space) != 1) return false;
  H5Sget_simple_extent_dims(space, &n, nullptr);
  if (n > image / sizeof(T)) return false;  // nothing is compressed
  values.resize(n);
  return H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0;
}

}  // namespace

void save_sampler(const std::filesystem::path& path, const TrainerState& state, const std::string& key) {
  const SamplerDocument document = to_document(state, key);
  const Hdf5Id access = memory_access();
  const Hdf5Id file(H5Fcreate("sampler", H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose);
  good(file >= 0);
  put(file, "state", H5T_NATIVE_UINT8, document.state.size(), document.state.data());
  put(file, "networks", H5T_NATIVE_FLOAT, document.networks.size(), document.networks.data());
  good(H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0);
  const auto size = H5Fget_file_image(file, nullptr, 0);
  good(size > 0);
  std::string image(static_cast<std::size_t>(size), '\0');
  good(H5Fget_file_image(file, image.data(), image.size()) >= 0);
  write_file(path, header(image) + image);
}

TrainerState load_sampler(const std::filesystem::path& path, const std::string& key, const Integrand& integrand) {
  const std::string name = path.string();
  std::string image = checked_image(path);
  const Hdf5Id access = memory_access();
  H5Pset_file_image(access, image.data(), image.size());
  const Hdf5Id file(H5Fopen("sampler", H5F_ACC_RDONLY, access), H5Fclose);
  std::vector<char> text;
  std::vector<float> networks;
  if (file < 0 || !get(file, "state", H5T_NATIVE_CHAR, image.size(), text) ||
      !get(file, "networks", H5T_NATIVE_FLOAT, image.size(), networks))
    request_error("'{}' holds no sampler{}", name, kAdvice);
  const nlohmann::json json = parse_json({text.data(), text.size()}, fmt::format("'{}'", name));
  return from_document({json, fmt::format("'{}'", name), kAdvice}, networks, key, integrand);
}

}  // namespace thalweg
