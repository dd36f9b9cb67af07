// A file descriptor that closes itself. Its calls go on after a signal and either do all or fail with errno set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace thalweg {

class Descriptor {
 public:
  Descriptor() = default;
  // As open(2), and closed in programs that this one starts; not valid() when that failed.
  Descriptor(const std::filesystem::path& path, int flags, unsigned mode = 0666);
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  bool valid() const { return number_ >= 0; }
  int number() const { return number_; }
  bool append(const void* data, std::size_t bytes) const;
  bool write_at(std::uint64_t offset, const void* data, std::size_t bytes) const;
  // Bytes that were there, less than asked for at the end of the file; nothing read after a failure is used: -1.
  std::int64_t read_at(std::uint64_t offset, void* data, std::size_t bytes) const;
  bool resize(std::uint64_t bytes) const;
  // All that was written is on disk.
  bool sync() const;
  // The lock of flock(2) for this descriptor alone; false with EWOULDBLOCK when another has it.
  bool lock() const;

 private:
  int number_ = -1;
};

// What a folder says of its files (made, renamed, removed) is on disk. False with errno when that failed; true where
// the file system does not have the notion.
bool sync_folder(const std::filesystem::path& folder);

}  // namespace thalweg
