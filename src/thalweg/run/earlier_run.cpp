#include "thalweg/run/earlier_run.h"

#include "thalweg/base/errors.h"
#include "thalweg/sampling/training_budget.h"

namespace thalweg {

EarlierTraining earlier_training(const JsonReader& json, const RunCard& card, const TrainerState* sampler) {
  constexpr std::uint64_t kMostBatches = 100'000'000, kMostBatchSize = 10'000'000, kMostReuse = 100;
  EarlierTraining earlier;
  const TrainerConfig& neural = card.neural;
  const std::uint64_t given = neural.batches, batches = json.at("batches").whole(0, kMostBatches);
  earlier.batches = batches;
  earlier.reason = json.at("reason").text();
  // Fewer where the loss settled before, none where the training diverged.
  if (!card.trains() && batches > 0) json.fail(fmt::format("{} batches, but the card trains nothing", batches));
  if (given > 0 && batches > 0 && (neural.settle > 0 ? batches > given : batches != given))
    json.fail(fmt::format("{} batches, but the card says {}", batches, given));
  const std::uint64_t most = card.sampler == "ann" ? kAnnBatches : kMostDecided;
  if (given == 0 && !json.contains("train_for") && batches > most)
    json.fail(fmt::format("{} batches, but no more than {} are ever decided for", batches, most));
  if (sampler && (sampler->settled ? batches < sampler->batches_planned : batches != sampler->batches_planned))
    json.fail(fmt::format("{} batches, but sampler.h5 is of a training of {}", batches, sampler->batches_planned));
  earlier.batch_size = json.at("batch_size").whole(1, kMostBatchSize);
  earlier.reuse = json.at("reuse").whole(1, kMostReuse);
  // A finished sampler file without cells was made without.
  if (json.contains("cells")) {
    const std::uint64_t cells = json.at("cells").whole(0, 100'000);
    if (card.cells > 0 && cells != card.cells && cells != 1)
      json.fail(fmt::format("{} cells, but the card says {}", cells, card.cells));
    earlier.cells = cells;
  }
  for (const char* count : {"evaluations", "explored"})
    if (json.contains(count)) json.at(count).whole();
  if (json.contains("folded")) json.at("folded").number(0, 1);
  if (json.contains("reference")) {
    const JsonReader reference = json.at("reference");
    reference.at("value").number(), reference.at("error").number(0);
  }
  if (json.contains("expected")) {
    const JsonReader expected = json.at("expected");
    expected.at("efficiency").number(), expected.at("relative_std_dev").number();
  }
  if (json.contains("blind_spots")) {
    const JsonReader spots = json.at("blind_spots");
    spots.at("share").number_or(0), spots.at("far_above").number(), spots.at("where").text();
    spots.at("points").whole(), spots.at("evaluations").whole();
  }
  return earlier;
}

void check_result(const JsonReader& json) {
  for (const char* sums : {"time", "cpu"}) {
    if (!json.contains(sums)) continue;
    const JsonReader seconds = json.at(sums);
    for (const std::string& stage : seconds.keys()) seconds.at(stage.c_str()).number(0);
  }
  if (json.contains("events_by_file")) {
    const JsonReader files = json.at("events_by_file");
    for (const std::string& name : files.keys()) files.at(name.c_str()).whole();
  }
  if (!json.contains("events") || json.at("events").whole() == 0) return;
  const JsonReader weights = json.at("weights");
  weights.at("overweight_share").number();
}

}  // namespace thalweg
