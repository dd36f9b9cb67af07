// LHEH5 files: as the bytes of a file, and built from a description, so that what HDF5 allows is tried.
#include <fstream>

#include "../event/lheh5_builder.h"
#include "guarded.h"
#include "scratch.h"
#include "targets.h"
#include "thalweg/base/files.h"
#include "thalweg/base/guarded_process.h"
#include "thalweg/base/json.h"
#include "thalweg/event/lheh5.h"

namespace thalweg::fuzz {
namespace {

hid_t type_of(int code) {
  switch (code) {
    case 1: return H5T_NATIVE_INT;
    case 2: return H5T_NATIVE_FLOAT;
    case 3: return H5T_STD_I64BE;
    case 4: return H5T_IEEE_F64BE;
    case 5: return H5T_NATIVE_LDOUBLE;
    default: return -1;
  }
}

// What of a description can be built; the library refuses the rest.
BuiltFile from_json(const nlohmann::json& json) {
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 62;
  BuiltFile file;
  if (!json.is_object() || !json.contains("sets") || !json["sets"].is_object()) return file;
  for (const auto& [name, set] : json["sets"].items()) {
    if (!set.is_object() || name.empty()) continue;
    BuiltSet built;
    auto whole = [&](const char* key, std::uint64_t most) {
      return set.contains(key) && set[key].is_number_unsigned() ? std::min(set[key].get<std::uint64_t>(), most) : 0;
    };
    if (set.contains("size") && set["size"].is_array())
      for (const auto& n : set["size"])
        if (built.size.size() < 4)
          built.size.push_back(n.is_number_unsigned() ? std::min(n.get<std::uint64_t>(), kLargest) : 0);
    if (set.contains("values") && set["values"].is_array())
      for (const auto& value : set["values"])
        built.values.push_back(value.is_number() ? value.get<double>() : value.is_null() ? NAN : INFINITY);
    built.storage = static_cast<Storage>(whole("storage", 5));
    built.type = type_of(static_cast<int>(whole("type", 5)));
    built.chunk = std::max<hsize_t>(whole("chunk", 1 << 20), 1);
    file.sets[name] = built;
  }
  if (json.contains("links") && json["links"].is_object())
    for (const auto& [name, target] : json["links"].items())
      if (target.is_string() && !name.empty() && !target.get<std::string>().empty()) file.links[name] = target;
  return file;
}

}  // namespace

bool lheh5(std::string_view description) {
  static const std::filesystem::path path = scratch_file(".h5");
  const nlohmann::json json = nlohmann::json::parse(description, nullptr, false);
  const BuiltFile file = from_json(json);
  std::size_t values = 0;
  for (const auto& [name, set] : file.sets) values += set.values.size();
  if (values > 10'000) return false;
  build(path, file);
  return taken([&] { read_lheh5(path, [](const Event&) { return true; }); });
}

std::vector<std::string> lheh5_seeds() {
  std::vector<std::string> seeds;
  for (int storage = 0; storage < 4; ++storage) {
    nlohmann::json json;
    for (const auto& [name, set] : good_lheh5().sets)
      json["sets"][name] = {
          {"size", set.size}, {"values", set.values}, {"storage", storage}, {"type", 0}, {"chunk", 2}};
    json["links"] = nlohmann::json::object();
    seeds.push_back(json.dump());
  }
  return seeds;
}

bool lheh5_bytes(std::string_view bytes) {
  static const std::filesystem::path path = scratch_file(".h5");
  std::ofstream(path, std::ios::binary) << bytes;
  return taken([&] {
    in_guarded_process("'fuzz.h5'", [&] {
      read_lheh5(path, [](const Event&) { return true; });
      return std::string();
    });
  });
}

std::vector<std::string> lheh5_bytes_seeds() {
  std::vector<std::string> seeds;
  for (const Storage storage : {Storage::contiguous, Storage::deflated}) {
    BuiltFile file = good_lheh5();
    for (auto& [name, set] : file.sets) set.storage = storage;
    build(scratch_file(".h5"), file);
    seeds.push_back(read_file(scratch_file(".h5")));
  }
  return seeds;
}

}  // namespace thalweg::fuzz
