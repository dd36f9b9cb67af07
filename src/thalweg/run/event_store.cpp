#include "thalweg/run/event_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "thalweg/base/errors.h"

namespace thalweg {

void EventStore::fail(const char* what) const {
  run_error("{} '{}' failed: {}; the events up to the last checkpoint are kept, go on with --resume", what,
            path_.string(), std::strerror(errno));
}

EventStore::EventStore(std::filesystem::path path, std::size_t row_size, std::uint64_t rows)
    : path_(std::move(path)), row_bytes_(row_size * sizeof(double)) {
  file_ = ::open(path_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (file_ < 0) fail("opening");
  struct stat status = {};
  if (::fstat(file_, &status) != 0) fail("reading");
  if (static_cast<std::uint64_t>(status.st_size) < rows * row_bytes_)
    run_error(
        "'{}' is shorter than its checkpoint says; remove generation.json in that folder to make the events again",
        path_.string());
  if (::ftruncate(file_, static_cast<off_t>(rows * row_bytes_)) != 0) fail("truncating");
  rows_ = rows;
}

EventStore::~EventStore() {
  if (file_ >= 0) ::close(file_);
}

void EventStore::append(std::span<const double> values) {
  const char* data = reinterpret_cast<const char*>(values.data());
  std::size_t left = values.size_bytes();
  auto offset = static_cast<off_t>(rows_ * row_bytes_);
  while (left > 0) {
    const ssize_t n = ::pwrite(file_, data, left, offset);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("writing");
    data += n;
    left -= static_cast<std::size_t>(n);
    offset += n;
  }
  rows_ += values.size_bytes() / row_bytes_;
}

void EventStore::sync() {
  if (::fdatasync(file_) != 0) fail("writing");
}

std::vector<double> EventStore::read(std::uint64_t first, std::uint64_t count) const {
  std::vector<double> values(count * row_bytes_ / sizeof(double));
  char* data = reinterpret_cast<char*>(values.data());
  std::size_t left = values.size() * sizeof(double);
  auto offset = static_cast<off_t>(first * row_bytes_);
  while (left > 0) {
    const ssize_t n = ::pread(file_, data, left, offset);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("reading");
    data += n;
    left -= static_cast<std::size_t>(n);
    offset += n;
  }
  return values;
}

}  // namespace thalweg
