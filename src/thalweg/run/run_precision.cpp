// In which precision amplitudes are computed.
#include <fmt/format.h>

#include "thalweg/run/cross_section.h"
#include "thalweg/run/run.h"

namespace thalweg {
namespace {

// Mixed precision is 1.3 to 1.6 times as fast from kFewestFlops on, 1.1 times for less (docs/results.md), and points
// left to double are computed twice.
constexpr double kFewestFlops = 2e4, kMostLeft = 0.2;

}  // namespace

// By counts, so that a card is the same on every machine; the trial costs 4096 points.
void Run::choose_precision() {
  if (!card_.has_process() || card_.precision) return;
  auto& integrand = static_cast<CrossSection&>(*integrand_);
  card_.precision = Precision::full;
  if (!card_.amplitude.empty()) {
    card_.precision_reason = "that of the plug-in";
  } else if (const double flops = integrand.amplitude_flops(); flops < kFewestFlops) {
    card_.precision_reason = fmt::format("amplitudes of {:.3g} FLOP are cheap", flops);
  } else {
    integrand.use(Precision::mixed);
    const double left = integrand.left_to_double(card_.seed);
    if (left <= kMostLeft)
      card_.precision = Precision::mixed;
    else
      integrand.use(Precision::full);
    card_.precision_reason = fmt::format("mixed leaves {:.2g} % of points to double", 100 * left);
    note(fmt::format("precision  {}: {}", to_string(*card_.precision), card_.precision_reason));
  }
  card_.write_decisions();
}

}  // namespace thalweg
