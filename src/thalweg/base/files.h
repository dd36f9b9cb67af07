// Whole-file reading, and writing that never leaves a partial file under the final name.
#pragma once

#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace thalweg {

// The whole file. RequestError if it cannot be opened, is a directory, or is larger than `limit`.
std::string read_file(const std::filesystem::path& path, std::size_t limit = std::size_t{1} << 31);

// Writes to a temporary name in the folder of `path`; commit() flushes, syncs and renames. Without
// commit() the temporary file is removed and `path` is as it was. Every failure (read-only folder,
// full disk) is a RunError that names the file and the reason.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view text);
  void commit();
  // For libraries that open files by name themselves.
  const std::filesystem::path& temporary_path() const { return temporary_; }
  void close_for_library();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::FILE* file_ = nullptr;
  bool committed_ = false;
};

// AtomicFile in one call.
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace thalweg
