// SLHA parameter cards (hep-ph/0311123): read into Parameters, and written from them.
//
// Blocks: SMINPUTS 1 alpha_em_inverse, 2 gf, 3 alpha_s; MASS and DECAY by PDG code (in MASS 24 counts in
// scheme gmu only, elsewhere it must be the derived value); YUKAWA 4, 5, 6, 15; ZPINPUTS 1 coupling.zp;
// CPINPUTS 1 cp.angle, 2 cp.even, 3 cp.odd.
// Blocks and entries that no parameter of the model belongs to are listed, not silently dropped:
// massless particles given as zero are fine, a non-zero mass of one is an error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "thalweg/model/model.h"

namespace thalweg {

// Sets in `parameters` what the card holds. `place` (a file name) goes in front of line numbers in
// messages. Returns the names of blocks that were not used. RequestError on bad grammar or values.
std::vector<std::string> read_slha(std::string_view text, const std::string& place, const Model& model,
                                   Parameters& parameters);

std::string write_slha(const Model& model, const Parameters& parameters);

}  // namespace thalweg
