// Whether the sampler of a finished training is fit for use.
#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/run/run.h"
#include "thalweg/sampling/sampler_file.h"

namespace thalweg {

nlohmann::json Run::diagnose(std::uint64_t points, std::uint64_t reference_points) {
  std::error_code code;
  const auto path = folder_.file("sampler.h5");
  bool trained = !card_.trains() && state_.adaptations_done > 0;
  if (card_.trains() && std::filesystem::exists(path, code)) {
    const TrainerState sampler = load_sampler(path, card_.resolved_sampling, *integrand_);
    trained = sampler.batches_done >= sampler.batches_planned;
    use_flows(sampler);
  } else if (const auto training = folder_.load("training")) {
    const JsonReader json = folder_.reader("training", *training);
    trained = trained || json.at("batches").whole() == 0;  // the program decided for the grids
  }
  if (!trained)
    request_error("'{}' holds no finished sampler; run thalweg train, integrate or generate with its card first",
                  folder_.path().string());
  const DiagnosisConfig config{
      .seed = card_.seed, .threads = options_.threads, .points = points, .reference_points = reference_points};
  nlohmann::json result = {{"process", card_.title()}, {"sampler", card_.sampler}};
  bool usable = true;
  for (std::size_t c = 0; c < integrand_->channels(); ++c) {
    if (!state_.active[c]) continue;
    const std::size_t m = state_.map_of[c];
    // A grid that was adapted to a power of the integrand is worse than none.
    const VegasGrid flat(integrand_->dim(), 2);
    const VegasGrid& reference = state_.power[m] < 1 || state_.adaptations_done == 0 ? flat : state_.grids[m];
    const Mapping& map = state_.flows.empty() ? static_cast<const Mapping&>(state_.grids[m]) : *state_.flows[m];
    progress_.start("diagnose " + integrand_->channel_name(c), points_of_all_passes(config), "points");
    const Diagnosis d = thalweg::diagnose(sampled(), c, state_.cells.empty() ? nullptr : &state_.cells[m], map,
                                          reference, config, [&](std::uint64_t done) { progress_.update(done); });
    result["channels"].push_back(d.to_json());
    usable = usable && d.objections().empty();
  }
  result["usable"] = usable;
  return folder_.save("diagnosis", result);
}

}  // namespace thalweg
