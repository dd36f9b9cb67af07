#include "thalweg/run/event_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "thalweg/base/errors.h"
#include "thalweg/base/interrupt.h"

namespace thalweg {

void EventStore::fail(const char* what) const {
  run_error("{} '{}' failed: {}; the events up to the last checkpoint are kept, go on with --resume", what,
            path_.string(), std::strerror(errno));
}

EventStore::EventStore(std::filesystem::path path, std::size_t row_size, std::uint64_t rows,
                       const std::string& checksum)
    : path_(std::move(path)),
      row_bytes_(row_size * sizeof(double)),
      rows_(rows),
      file_(path_, O_CREAT | O_RDWR | O_NOFOLLOW) {
  if (!file_.valid()) fail("opening");
  struct stat status = {};
  if (::fstat(file_.number(), &status) != 0) fail("reading");
  const auto refuse = [&](const char* what) {
    request_error("'{}' is damaged: {}; remove generation.json beside it to make the events again", path_.string(),
                  what);
  };
  if (static_cast<std::uint64_t>(status.st_size) / row_bytes_ < rows) refuse("it is shorter than generation.json says");
  constexpr std::uint64_t kBlock = 16384;
  for (std::uint64_t first = 0; first < rows; first += kBlock) {
    throw_if_interrupted();
    add_to_checksum(read(first, std::min(kBlock, rows - first)));
  }
  if (this->checksum() != checksum) refuse("its rows do not have the checksum of generation.json");
  if (!file_.resize(rows * row_bytes_)) fail("truncating");
}

void EventStore::append(std::span<const double> values) {
  if (!file_.write_at(rows_ * row_bytes_, values.data(), values.size_bytes())) fail("writing");
  rows_ += values.size_bytes() / row_bytes_;
  add_to_checksum(values);
}

void EventStore::add_to_checksum(std::span<const double> values) {
  if (values.empty()) return;  // zlib begins anew for a null pointer
  crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(values.data()), values.size_bytes());
}

std::string EventStore::checksum() const { return fmt::format("{:08x}", crc_); }

void EventStore::sync() {
  if (!file_.sync()) fail("writing");
}

std::vector<double> EventStore::read(std::uint64_t first, std::uint64_t count) const {
  std::vector<double> values(count * row_bytes_ / sizeof(double));
  const std::size_t bytes = values.size() * sizeof(double);
  const std::int64_t n = file_.read_at(first * row_bytes_, values.data(), bytes);
  if (n < 0) fail("reading");
  if (static_cast<std::size_t>(n) < bytes)
    run_error("'{}' was cut off while it was in use; start again", path_.string());
  return values;
}

}  // namespace thalweg
