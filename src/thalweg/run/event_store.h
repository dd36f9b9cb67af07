// The unweighted events of a run in progress: rows of doubles, appended in order, from which the event
// files are written when all are there. Kept in the run folder so that an interrupted run can go on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "thalweg/base/descriptor.h"

namespace thalweg {

class EventStore {
 public:
  // Opens or creates the file, no link, and cuts it to `rows` rows. RunError when it cannot be written.
  EventStore(std::filesystem::path path, std::size_t row_size, std::uint64_t rows);
  void append(std::span<const double> rows);
  // Everything appended is on disk when this returns.
  void sync();
  // Rows first to first + count - 1; safe from any thread.
  std::vector<double> read(std::uint64_t first, std::uint64_t count) const;
  std::uint64_t rows() const { return rows_; }

 private:
  [[noreturn]] void fail(const char* what) const;
  std::filesystem::path path_;
  std::size_t row_bytes_;
  std::uint64_t rows_ = 0;
  Descriptor file_;
};

}  // namespace thalweg
