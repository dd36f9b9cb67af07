#include "thalweg/phasespace/energy_range.h"

#include <algorithm>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

constexpr double kLeastTau = 1e-9;  // s_hat / s

}  // namespace

EnergyRange energy_range(const Beams& beams, const CutBounds& bounds) {
  const std::uint32_t all = (1u << bounds.size()) - 1;
  const double least = bounds.least_energy(), most = bounds.most_mass(all), top = std::min(most, beams.energy);
  const bool fixed = beams.kind != Beams::Kind::hadrons;
  if (fixed ? !(least <= beams.energy && beams.energy <= most) : !(least < top))
    request_error("no phase space: final state and cuts need sqrt(s) between {} and {} GeV, but {} GeV are there",
                  least, most, beams.energy);
  // Where nothing bounds s_hat from below, the cross section vanishes with it (divergences.h), and densities are known
  // from x = 1e-9 on.
  const double s = beams.energy * beams.energy, s_min = fixed || least > 0 ? least * least : kLeastTau * s;
  return {{}, s_min, top * top, s};
}

}  // namespace thalweg
