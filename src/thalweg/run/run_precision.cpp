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
  card_.precision = Precision::full;
  if (const double flops = mean_flops(); flops < kFewestFlops || !card_.amplitude.empty()) {
    card_.precision_reason =
        card_.amplitude.empty() ? fmt::format("amplitudes of {:.3g} FLOP are cheap", flops) : "that of the plug-in";
  } else {
    RunCard card = card_;
    card.precision = Precision::mixed;
    auto mixed = std::make_unique<CrossSection>(card);
    const double left = mixed->left_to_double(card_.seed);
    card_.precision_reason = fmt::format("mixed leaves {:.2g} % of points to double", 100 * left);
    if (left <= kMostLeft) {
      card_.precision = Precision::mixed;
      use_integrand(std::move(mixed));
    }
    note(fmt::format("precision  {}: {}", to_string(*card_.precision), card_.precision_reason));
  }
  card_.write_decisions();
}

double Run::mean_flops() const {
  const auto& f = static_cast<const CrossSection&>(*integrand_);
  double sum = 0;
  for (std::size_t c = 0; c < f.channels(); ++c) sum += f.amplitude_flops(c);
  return sum / static_cast<double>(f.channels());
}

}  // namespace thalweg
