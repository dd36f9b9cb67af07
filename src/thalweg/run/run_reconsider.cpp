// The decision whether to train, again with what the integration has seen.
#include <fmt/format.h>

#include "thalweg/run/run.h"

namespace thalweg {
namespace {

// Of the expectation: a run whose efficiency is below the first share of it, or whose deviation is above the second
// one, has fallen apart.
constexpr double kEfficiencyLeft = 0.6, kDeviationGrown = 1.5;

}  // namespace

// A run that goes without a network on what the adaptation has seen goes over to training when the weights of the
// integration tell otherwise: 200 000 points and more know tails that the adaptation cannot. The integration begins
// anew then. A run that ends in between decides the same again.
bool Run::reconsider_training() {
  if (card_.sampler != "neural" || !state_.flows.empty() || !training_.contains("expected") ||
      training_.contains("reconsidered"))
    return false;
  const UnweightingPlan plan =
      UnweightingPlan::from_budget(state_.channels, card_.overweight_budget, costs(*integrand_));
  const Efficiencies seen = efficiencies(state_.channels, plan);
  const nlohmann::json& expected = training_["expected"];
  const double efficiency = expected["efficiency"], deviation = expected["relative_std_dev"];
  if (seen.budget >= kWantedEfficiency) return false;
  if (seen.budget > kEfficiencyLeft * efficiency && seen.relative_std_dev < kDeviationGrown * deviation) return false;
  const TrainingDecision decision = budget(seen.budget, seen.relative_std_dev);
  if (decision.batches == 0) return false;
  note(fmt::format("train      efficiency {:.2g} and deviation {:.2g} instead of {:.2g} and {:.2g}: training after all",
                   seen.budget, seen.relative_std_dev, efficiency, deviation));
  training_["explored"] = training_.value("explored", std::uint64_t{0}) + total(state_).points;
  state_.restart_integration();
  folder_.save("state", state_.to_json());
  card_.cells = cells_of_card_;
  training_.erase("cells");
  training_["reconsidered"] = true;
  set_batches(decision.batches, decision.reason);
  return true;
}

void Run::set_batches(std::uint64_t batches, const std::string& reason) {
  card_.neural.batches = batches;
  card_.batches_reason = reason;
  training_["batches"] = batches, training_["reason"] = reason;
  folder_.save("training", training_);
  card_.write_decisions();
  write_cards();
}

}  // namespace thalweg
