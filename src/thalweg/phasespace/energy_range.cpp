#include "thalweg/phasespace/energy_range.h"

#include <algorithm>

#include "thalweg/base/errors.h"

namespace thalweg {

EnergyRange energy_range(const Beams& beams, const CutBounds& bounds) {
  const std::uint32_t all = (1u << bounds.size()) - 1;
  const double least = bounds.least_energy(), most = bounds.most_mass(all), top = std::min(most, beams.energy);
  const bool fixed = beams.kind != Beams::Kind::hadrons;
  if (fixed ? !(least <= beams.energy && beams.energy <= most) : !(least < top))
    request_error("no phase space: final state and cuts need sqrt(s) between {} and {} GeV, but {} GeV are there",
                  least, most, beams.energy);
  if (!fixed && !(least > 0))
    request_error(
        "massless final particles and no cut that keeps sqrt(s) away from zero: the cross section diverges; add a cut "
        "such as m_ll = {{ of = \"mass(...)\", min = 15.0 }}, or on pt");
  return {{}, least * least, top * top, beams.energy * beams.energy};
}

}  // namespace thalweg
