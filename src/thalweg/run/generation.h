// The state of an unweighting in progress: generation.json, beside the rows of events.partial, from before the first
// event until result.json has the finished run.
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <string>

#include "thalweg/base/json_reader.h"
#include "thalweg/run/event_store.h"

namespace thalweg {

struct Generation {
  std::uint64_t requested = 0, chunks = 0, events = 0;
  std::uint64_t carry = 0;  // trials since the last event
  std::uint64_t non_finite = 0;
  std::string rows = EventStore::kEmpty;       // checksum of the rows
  double integral = 0;                         // that the maxima belong to
  std::map<std::string, std::uint64_t> files;  // events by the names of the files in the run folder
  // Of the rows.
  double weight_sum = 0, absolute_sum = 0, over_sum = 0, trials = 0, largest = 1;

  std::uint64_t points() const;  // trials of all chunks
  void count(const double* row);
  // Of all trials up to the last event; what is left of the last chunk is not used.
  double efficiency() const { return trials > 0 ? static_cast<double>(events) / trials : 0; }
  // Share of the sum of |weights| that negative ones have.
  double negative_share() const { return absolute_sum > 0 ? (1 - weight_sum / absolute_sum) / 2 : 0; }

  nlohmann::json to_json() const;
  // RequestError for numbers that are out of range or do not fit each other. The sums are left to restore.
  static Generation from_json(const JsonReader& json);
  // The sums, from the rows of the store. RequestError for rows that no unweighting makes, of so many channels.
  void restore(const EventStore& store, std::size_t channels);
};

}  // namespace thalweg
