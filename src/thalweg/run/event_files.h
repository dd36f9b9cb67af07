// Writes the events of a store as LHE (plain or gzip) and LHEH5 files.
#pragma once

#include <filesystem>
#include <functional>

#include "thalweg/event/event_source.h"
#include "thalweg/run/event_store.h"

namespace thalweg {

// "lhe", "lhe.gz", "hdf5" or "npy" from the ending of a file name; RequestError for others.
std::string format_of(const std::filesystem::path& path);
// The ending of files of a format.
std::string ending_of(const std::string& format);

// What all files of a run share. Weights of rows are relative (>= 1); unit_weight is what 1 stands for.
struct EventFileJob {
  EventFileInfo info;
  double lhe_unit_weight = 0;    // so that the mean of the weights is the cross section
  double lheh5_unit_weight = 0;  // so that sum of weights / sum of trials is the cross section
  int threads = 1;
};

// One file, under its final name only when it is complete. `progress` gets the events done. Rows are
// converted, formatted and compressed on all threads in blocks of fixed size and written in order: the
// bytes do not depend on the number of threads.
void write_event_file(const std::filesystem::path& path, const std::string& format, const EventFileJob& job,
                      const EventStore& store, const EventSource& source, std::size_t record_size,
                      const std::function<void(std::uint64_t)>& progress);

}  // namespace thalweg
