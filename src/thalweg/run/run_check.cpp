// Whether what was trained may be used. A fully connected map is no bijection by construction: a fold counts events
// twice, what it does not cover is lost. What is seen without extra work is told in every run; `thalweg diagnose` looks
// closer.
#include <algorithm>
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/run/run.h"
#include "thalweg/sampling/blind_spots.h"
#include "thalweg/sampling/convergence.h"
#include "thalweg/sampling/tempering.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kOrientationPoints = 1 << 17;
constexpr std::uint64_t kReferencePoints = 1 << 20;  // of all channels together

// A training that ends at kWorse times the best deviation on its way, and above kGained times that of the grids, has
// spoilt what it had.
constexpr double kWorse = 1.5, kGained = 0.75;

// Whether two integrals differ by more than kAstray, errors taken three times.
bool astray(const IterationResult& a, const IterationResult& reference) {
  const double least = std::abs(reference.value) - 3 * reference.error;
  const double most = std::abs(reference.value) + 3 * reference.error;
  return std::abs(a.value) + 3 * a.error < least / kAstray || std::abs(a.value) - 3 * a.error > kAstray * most;
}

}  // namespace

// Once a run, after the training: the orientation of the maps, and the integral by the grids as a reference.
void Run::examine_maps() {
  if (training_.contains("folded")) return;
  double folded = 0, integral = 0, error2 = 0;
  const auto active = static_cast<std::uint64_t>(std::count(state_.active.begin(), state_.active.end(), 1));
  for (std::size_t c = 0; c < integrand_->channels(); ++c) {
    if (!state_.active[c]) continue;
    const std::size_t m = state_.map_of[c];
    const Orientation orientation =
        orientation_of(sampled(), c, *state_.flows[m], kOrientationPoints, card_.seed, options_.threads);
    folded = std::max(folded, orientation.flipped_weight);
    const WeightStatistics reference =
        weigh(sampled(), c, state_.grids[m], kReferencePoints / active, card_.seed, options_.threads);
    integral += reference.mean();
    error2 += reference.error2();
  }
  training_["folded"] = folded;
  // A grid that follows a power of the integrand is none.
  if (!any_tempered(state_.power)) training_["reference"] = {{"value", integral}, {"error", std::sqrt(error2)}};
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

void Run::check_coverage() {
  nlohmann::json objections = nlohmann::json::array();
  if (const double folded = training_.value("folded", 0.0); folded > kMostFlipped)
    objections.push_back(fmt::format("folded: {:.3g} of the weight has the other sign of det J", folded));
  if (training_.contains("reference")) {
    const double value = training_["reference"]["value"], error = training_["reference"]["error"];
    const Integral integral = total(state_);
    const double ratio = integral.value / value;
    const double uncertainty = std::abs(ratio) * std::hypot(error / value, integral.error / integral.value);
    result_["coverage"] = {{"value", ratio}, {"error", uncertainty}};
    if (!(std::abs(ratio - 1) <= std::max(kWorstCoverage, 5 * uncertainty)))
      objections.push_back(fmt::format("the integral is {:.4f} +- {:.4f} of what grids see", ratio, uncertainty));
  }
  if (const auto grids = seen_by_grids(); grids && !card_.neural.ann && !state_.flows.empty()) {
    const Integral integral = total(state_);
    if (astray({false, integral.points, integral.value, integral.error}, *grids))
      objections.push_back(fmt::format("the integral is {:.4g} {}, that of the grids {:.4g}: the training has lost it",
                                       integral.value, integrand_->unit(), grids->value));
  }
  result_["objections"] = objections;
  if (objections.empty()) return;
  exit_code_ = kNotUsable;
  for (const auto& objection : objections)
    note("NOT USABLE for unweighting: " + objection.get<std::string>() + "; thalweg diagnose shows more");
}

// The last iteration of the grids alone, where they see the integrand well.
std::optional<IterationResult> Run::seen_by_grids() const {
  const auto last = std::find_if(state_.iterations.rbegin(), state_.iterations.rend(),
                                 [](const IterationResult& it) { return it.adaptation; });
  if (any_tempered(state_.power) || last == state_.iterations.rend()) return std::nullopt;
  return *last;
}

// Whether coupling flows and channel weights spread more than the grids, or see another integral of one sign. By the
// medians over the last tenth of the curve: running means still hold what was there before. Asked once: sigma is that
// of the grids until the integration begins.
bool Run::has_diverged(const TrainerState& trained) const {
  const auto grids = seen_by_grids();
  if (card_.neural.ann || !grids || state_.integrations_done > 0 || trained.curve.empty()) return false;
  const CurvePoint last = trained.last_tenth();
  if (!(last.relative_std_dev < kAstray * spread(state_))) return true;
  double value = 0, size = 0;
  for (std::size_t m = 0; m < trained.mean.size(); ++m) value += std::abs(trained.mean[m]), size += trained.size[m];
  if (last.relative_std_dev > kWorse * trained.best_tenth() && last.relative_std_dev > kGained * spread(state_))
    return true;
  return size < 2 * value && astray({false, 0, last.value, 0}, *grids);
}

// A divergent integral is no result, however many events it would make.
void Run::refuse_divergence() {
  const auto sentence = why_not_converged(state_, result_["weights"].value("overweight_share", 0.0));
  if (!sentence) return;
  folder_.log("integrate  " + *sentence);
  run_error(
      "the integral does not converge: {}. The cross section diverges (look for a pole that the cuts let through), or "
      "the channels miss a peak: more cuts, other sampling.channels or sampler = \"neural\" with batches help",
      *sentence);
}

// Once a run, a quarter as many points as the integration had. Fully connected maps have no inverse, and a check of
// their own.
void Run::look_for_blind_spots() {
  constexpr std::uint64_t kFewest = 100'000, kMost = 1'000'000, kOfAChannel = 5000;
  const auto active = static_cast<std::uint64_t>(std::count(state_.active.begin(), state_.active.end(), 1));
  // The maxima of fewer points are too low, and the budget says so.
  if (card_.sampler == "ann" || total(state_).non_zero < std::max(kPointsToJudge, kOfAChannel * active)) return;
  if (!training_.contains("blind_spots")) {
    const std::uint64_t had = total(state_).points;
    progress_.start("check", 0, "points");
    const UnweightingPlan plan =
        UnweightingPlan::from_budget(state_.channels, card_.overweight_budget, costs(*integrand_));
    const BlindSpots spots = find_blind_spots(
        sampled(), state_, plan, std::min(std::clamp(had / 4, kFewest, kMost), had), card_.seed, options_.threads);
    training_["blind_spots"] = {{"share", spots.share},
                                {"far_above", spots.far},
                                {"points", spots.points},
                                {"evaluations", spots.evaluations},
                                {"where", spots.where}};
    folder_.save("training", training_);
    add_time("check", progress_.seconds());
  }
  const nlohmann::json& json = training_["blind_spots"];
  BlindSpots spots;
  spots.far = json.at("far_above"), spots.points = json.at("points");
  result_["blind_spots"] = json;
  if (!is_blind(spots)) return;
  exit_code_ = kNotUsable;
  note(fmt::format(
      "NOT USABLE: about {:.2g} of the integral lies where the sampler hardly goes, seen by {} of {} points of another "
      "density, most of it near {}. More sampling.adaptation_points, another seed or sampling.batches help; cross "
      "section and error are too small",
      spots.far, spots.points, json.at("evaluations").get<std::uint64_t>(), json.at("where").get<std::string>()));
}

// Grids are used instead of what was trained.
void Run::give_up_training(std::optional<TrainerState>& trained) {
  const CurvePoint last = trained->last_tenth();
  const std::string reason = fmt::format(
      "no network: its training diverged, with {:.3g} {} and relative std dev {:.3g} instead of {:.3g} and {:.3g}; a "
      "lower sampling.learning_rate or loss = \"madnis\" helps",
      last.value, integrand_->unit(), last.relative_std_dev, seen_by_grids()->value, spread(state_));
  folder_.remove("sampler.h5");  // first: a run that ends here trains again, and gives up again
  set_batches(0, reason);
  note("train      " + reason);
  trained.reset();
}

}  // namespace thalweg
