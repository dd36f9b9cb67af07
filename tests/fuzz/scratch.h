// Helps for targets.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>

#include "thalweg/run/sealed_json.h"

namespace thalweg::fuzz {

// In memory where there is such a place.
inline std::filesystem::path scratch_file(const char* name) {
  std::error_code code;
  const std::filesystem::path memory = "/dev/shm";
  return (std::filesystem::is_directory(memory, code) ? memory : std::filesystem::temp_directory_path()) /
         ("thalweg_fuzz_" + std::to_string(::getpid()) + name);
}

// With the first line that the rest should have, as far as there is one.
inline nlohmann::json opened(std::string_view text, const std::string& name) {
  const std::string_view rest = text.substr(0, text.find('\0'));
  const std::string_view body = rest.substr(std::min(rest.size(), rest.find('{') == 0 ? std::size_t{1} : 0));
  const std::string line = "{\"format\": " + std::to_string(kFolderFormat) + ", \"file\": \"" + name +
                           "\", \"card\": \"00000000\", \"checksum\": \"" + crc32_of(body) + "\",\n";
  return unsealed(line + std::string(body), name, "00000000", "'" + name + ".json'", "remove it");
}

}  // namespace thalweg::fuzz
