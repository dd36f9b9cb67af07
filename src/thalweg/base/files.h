// Whole-file reading, and writing that never leaves a partial file under the final name.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/base/descriptor.h"

namespace thalweg {

// The whole file. RequestError if it cannot be opened, is a directory, or is larger than `limit`.
std::string read_file(const std::filesystem::path& path, std::size_t limit = std::size_t{1} << 31);

// Writes to a temporary name beside `path`, PATH.part<number>; commit() syncs the file, renames it and syncs the
// folder, so that after a power cut, too, `path` is as it was or complete. Without commit() the temporary file is
// removed. Only regular files are replaced: RequestError for devices, pipes, sockets, folders and symbolic links. Every
// failure (read-only folder, full disk) is a RunError that names the file and the reason; after one, commit() fails.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // At the end.
  void write(std::string_view text);
  // For libraries that write where they like and may not be told of failures: these are kept for check() and commit(),
  // and nothing is written any more.
  void write_at(std::uint64_t offset, const void* data, std::size_t bytes) noexcept;
  void read_at(std::uint64_t offset, void* data, std::size_t bytes) noexcept;  // zeros beyond the end
  void resize(std::uint64_t bytes) noexcept;
  bool failed() const { return failure_ != 0; }
  // RunError after a failure.
  void check() const;
  void commit();

 private:
  void note(bool good);
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  Descriptor file_;
  int failure_ = 0;  // errno of the first
  bool committed_ = false;
};

// AtomicFile in one call; the second leaves a file alone that holds `text` already.
void write_file(const std::filesystem::path& path, std::string_view text);
void write_file_if_new(const std::filesystem::path& path, std::string_view text);

// Removes what programs that were killed have left of an AtomicFile for one of these names in `folder`. Those of
// programs at work are locked and stay.
void remove_stale_parts(const std::filesystem::path& folder, const std::vector<std::string>& names);

// "a device", "a symbolic link" and so on for what is no regular file; nothing for one, or for what is not there.
std::string special_kind(const std::filesystem::path& path);

}  // namespace thalweg
