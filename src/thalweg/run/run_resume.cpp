// What a run takes over from an earlier one in its folder.
#include "thalweg/run/earlier_run.h"
#include "thalweg/run/run.h"

namespace thalweg {

void Run::load_state() {
  state_ = Integrator(*integrand_, integrator_config()).initial_state();
  const auto json = folder_.load("state");
  if (!json) return;
  const JsonReader reader = folder_.reader("state", *json);
  IntegratorState state = IntegratorState::from_json(reader);
  if (state.map_of != state_.map_of || state.grids.size() != state_.grids.size() ||
      state.grids[0].dim() != state_.grids[0].dim() || state.grids[0].bins() != state_.grids[0].bins())
    reader.fail("grids of another process");
  state_ = std::move(state);
}

void Run::load_result() {
  const auto earlier = folder_.load("result");
  if (!earlier) return;
  check_result(folder_.reader("result", *earlier));
  result_ = *earlier;
}

// What was decided stays.
void Run::read_training(const nlohmann::json& training, const std::optional<TrainerState>& sampler) {
  const EarlierTraining earlier =
      earlier_training(folder_.reader("training", training), card_, sampler ? &*sampler : nullptr);
  card_.neural.batches = earlier.batches;
  card_.neural.batch_size = earlier.batch_size;
  card_.neural.reuse = earlier.reuse;
  card_.cells = earlier.cells.value_or(card_.cells);
  card_.batches_reason = earlier.reason;
  training_ = training;
}

}  // namespace thalweg
