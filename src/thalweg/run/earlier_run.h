// What a run takes over from the documents of an earlier one: every number is checked before it is used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "thalweg/base/json_reader.h"
#include "thalweg/run/card.h"
#include "thalweg/sampling/neural_trainer.h"

namespace thalweg {

// training.json: what was decided.
struct EarlierTraining {
  std::uint64_t batches = 0, batch_size = 0, reuse = 1;
  std::optional<std::uint64_t> cells;
  std::string reason;
};
// RequestError for numbers out of range, or others than the card or the sampler file (null where there is none) says.
EarlierTraining earlier_training(const JsonReader& json, const RunCard& card, const TrainerState* sampler);

// result.json: RequestError where what is read again is of another kind.
void check_result(const JsonReader& json);

}  // namespace thalweg
