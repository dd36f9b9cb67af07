// A fully connected map is no bijection by construction: a fold counts events twice, what it does not cover is lost.
// What is seen without extra work is told in every run; `thalweg diagnose` looks closer.
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/run/run.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kOrientationPoints = 1 << 17;
constexpr int kSettledAdaptations = 2;  // the first iterations know the integrand little

}  // namespace

// Once a run, after the training.
void Run::check_orientation() {
  if (training_.contains("folded")) return;
  double folded = 0;
  for (std::size_t c = 0; c < integrand_->channels(); ++c)
    if (state_.active[c])
      folded = std::max(folded, orientation_of(sampled(), c, *state_.flows[state_.map_of[c]], kOrientationPoints,
                                               card_.seed, options_.threads)
                                    .flipped_weight);
  training_["folded"] = folded;
  folder_.save("training", training_);
}

void Run::refuse_folds() const {
  if (const double folded = training_.value("folded", 0.0); folded > kMostFlipped)
    run_error(
        "the map is folded: {:.3g} of the weight lies where det J has the other sign, and events there would be "
        "counted "
        "twice. Train longer, with a smaller learning_rate, or use sampler = \"neural\"; thalweg diagnose {} shows "
        "more",
        folded, folder_.path().string());
}

// Against the integral that the VEGAS grids saw in their adaptation; needs no points of its own.
void Run::check_coverage() {
  nlohmann::json objections = nlohmann::json::array();
  if (const double folded = training_.value("folded", 0.0); folded > kMostFlipped)
    objections.push_back(fmt::format("folded: {:.3g} of the weight has the other sign of det J", folded));
  double sum = 0, error2 = 0, points = 0;
  int seen = 0;
  for (const IterationResult& it : state_.iterations) {
    if (!it.adaptation || seen++ < kSettledAdaptations) continue;
    const double n = static_cast<double>(it.points);
    sum += n * it.value, error2 += n * n * it.error * it.error, points += n;
  }
  const Integral integral = total(state_);
  if (sum != 0) {
    const double ratio = integral.value / (sum / points);
    const double error = std::abs(ratio) * std::hypot(std::sqrt(error2) / sum, integral.error / integral.value);
    result_["coverage"] = {{"value", ratio}, {"error", error}};
    if (!(std::abs(ratio - 1) <= std::max(kWorstCoverage, 5 * error)))
      objections.push_back(fmt::format("the integral is {:.3f} +- {:.3f} of what VEGAS saw", ratio, error));
  }
  result_["objections"] = objections;
  if (objections.empty()) return;
  exit_code_ = kNotUsable;
  for (const auto& objection : objections)
    note("NOT USABLE for unweighting: " + objection.get<std::string>() + "; thalweg diagnose shows more");
}

}  // namespace thalweg
