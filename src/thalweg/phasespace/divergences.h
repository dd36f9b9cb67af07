// Set-ups whose cross section diverges are refused before the run.
#pragma once

#include <string>
#include <vector>

#include "thalweg/phasespace/singular_regions.h"

namespace thalweg {

// Whether some momenta inside of the region pass all cuts of `bounds`: a bound that keeps it out proves that none do;
// else such momenta are looked for at lambda = 1e-12 (RegionPoints) by a search that follows the distance from the
// cuts. Since they are on shell and balanced, whatever cuts imply together counts. `resonance` and `decay` are open:
// their limits are in the bounds.
bool cuts_leave(const SingularRegion& region, const Beams& beams, const CutBounds& bounds);

// RequestError: a region of some sub-process is open. It names particles and lines, and a cut to add. `labels`: the
// names of the legs in the card, for the example of a cut; else those of the sub-process.
void refuse_divergences(const std::vector<DiagramSet>& sets, const Model& model, const Parameters& parameters,
                        const Beams& beams, const CutBounds& bounds, const std::vector<std::string>& labels = {});

}  // namespace thalweg
