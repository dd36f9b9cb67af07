#include "thalweg/base/descriptor.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace thalweg {
namespace {

template <class Call>
auto unless_interrupted(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// `some(data, left)` writes a part and returns its size.
template <class Some>
bool write_all(const void* data, std::size_t left, const Some& some) {
  const char* at = static_cast<const char*>(data);
  while (left > 0) {
    const ssize_t n = unless_interrupted([&] { return some(at, left); });
    if (n < 0) return false;
    if (n == 0) return errno = ENOSPC, false;
    at += n;
    left -= static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

Descriptor::Descriptor(const std::filesystem::path& path, int flags, unsigned mode)
    : number_(unless_interrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); })) {}

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (valid()) ::close(number_);
}

bool Descriptor::append(const void* data, std::size_t bytes) const {
  return write_all(data, bytes, [&](const char* at, std::size_t left) { return ::write(number_, at, left); });
}

bool Descriptor::write_at(std::uint64_t offset, const void* data, std::size_t bytes) const {
  const char* begin = static_cast<const char*>(data);
  return write_all(data, bytes, [&](const char* at, std::size_t left) {
    return ::pwrite(number_, at, left, static_cast<off_t>(offset + static_cast<std::uint64_t>(at - begin)));
  });
}

std::int64_t Descriptor::read_at(std::uint64_t offset, void* data, std::size_t bytes) const {
  char* at = static_cast<char*>(data);
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t n = unless_interrupted(
        [&] { return ::pread(number_, at + done, bytes - done, static_cast<off_t>(offset + done)); });
    if (n < 0) return -1;
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return static_cast<std::int64_t>(done);
}

bool Descriptor::resize(std::uint64_t bytes) const {
  return unless_interrupted([&] { return ::ftruncate(number_, static_cast<off_t>(bytes)); }) == 0;
}

bool Descriptor::sync() const {
  return unless_interrupted([&] { return ::fsync(number_); }) == 0;
}

bool Descriptor::lock() const {
  return unless_interrupted([&] { return ::flock(number_, LOCK_EX | LOCK_NB); }) == 0;
}

bool sync_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
  // A folder that may be written but not read cannot be opened for this.
  if (!descriptor.valid()) return errno == EACCES;
  return descriptor.sync() || errno == EINVAL || errno == EOPNOTSUPP;
}

}  // namespace thalweg
