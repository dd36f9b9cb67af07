// What turns the records of an integrand into events.
#pragma once

#include <span>

#include "thalweg/event/event.h"

namespace thalweg {

class EventSource {
 public:
  virtual ~EventSource() = default;
  // The Les Houches event of a record; weight, trials and channel are left to the caller.
  virtual Event to_event(std::span<const double> record) const = 0;
  // Process, beams, PDF ids and legs of a file; the rest is left to the caller.
  virtual EventFileInfo file_info() const = 0;
};

}  // namespace thalweg
