#pragma once

#include "thalweg/base/errors.h"

namespace thalweg::fuzz {

// Whether `body` came to its end, not to a RequestError.
template <class Body>
bool taken(const Body& body) {
  try {
    body();
    return true;
  } catch (const RequestError&) {
    return false;
  }
}

}  // namespace thalweg::fuzz
