// The unweighted events of a run in progress: rows of doubles, appended in order, from which the event
// files are written when all are there. Kept in the run folder so that an interrupted run can go on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "thalweg/base/descriptor.h"

namespace thalweg {

class EventStore {
 public:
  static constexpr const char* kEmpty = "00000000";  // checksum of no rows
  // Opens or creates the file, no link, cuts it to `rows` rows and reads these. RequestError where they are not all
  // there or do not have this checksum; RunError when the file cannot be written.
  EventStore(std::filesystem::path path, std::size_t row_size, std::uint64_t rows = 0,
             const std::string& checksum = kEmpty);
  void append(std::span<const double> rows);
  // Everything appended is on disk when this returns.
  void sync();
  // Rows first to first + count - 1; safe from any thread.
  std::vector<double> read(std::uint64_t first, std::uint64_t count) const;
  std::uint64_t rows() const { return rows_; }
  std::size_t row_size() const { return row_bytes_ / sizeof(double); }
  const std::filesystem::path& path() const { return path_; }
  std::string checksum() const;  // of all rows: CRC-32, eight hexadecimal digits

 private:
  [[noreturn]] void fail(const char* what) const;
  void add_to_checksum(std::span<const double> values);
  std::filesystem::path path_;
  std::size_t row_bytes_;
  std::uint64_t rows_ = 0;
  unsigned long crc_ = 0;
  Descriptor file_;
};

}  // namespace thalweg
