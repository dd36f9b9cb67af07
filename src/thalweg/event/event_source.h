// What turns the records of an integrand into events.
#pragma once

#include <span>
#include <vector>

#include "thalweg/event/event.h"

namespace thalweg {

class EventSource {
 public:
  virtual ~EventSource() = default;
  // The Les Houches event of a record; weight, trials and channel are left to the caller.
  virtual Event to_event(std::span<const double> record) const = 0;
  // Weights of variations (file_info().variations) of events of these records, whose weight is set.
  virtual void add_variations(const std::vector<std::span<const double>>& /*records*/,
                              std::span<Event> /*events*/) const {}
  // Process, beams, PDF ids and legs of a file; the rest is left to the caller.
  virtual EventFileInfo file_info() const = 0;
};

}  // namespace thalweg
