#include "thalweg/kinematics/cuts.h"

#include <algorithm>

namespace thalweg {

void Cuts::apply(const Momenta& momenta, Arena& arena, std::span<std::uint8_t> pass) const {
  std::fill(pass.begin(), pass.end(), std::uint8_t{1});
  if (cuts_.empty()) return;
  const auto values = arena.take<double>(pass.size());
  for (const Cut& cut : cuts_)
    for (const auto& legs : cut.tuples) {
      evaluate(cut.observable, momenta, legs, values);
      for (std::size_t e = 0; e < pass.size(); ++e)
        pass[e] &= static_cast<std::uint8_t>(values[e] >= cut.min && values[e] <= cut.max);
    }
}

}  // namespace thalweg
