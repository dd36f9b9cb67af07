// SLHA parameter cards (hep-ph/0311123): read into Parameters, and written from them.
//
// Blocks: SMINPUTS 1 alpha_em_inverse, 2 gf, 3 alpha_s, 4, 6, 7 pole masses of Z, t, tau (where MASS has none); MASS
// and DECAY by PDG code; YUKAWA 4, 5, 6, 15; VCKM and IMVCKM i j, the elements of the mixing matrix (those of the unit
// matrix are left where there is none), VCKMIN 1 lambda, 2 A, 3 rho-bar, 4 eta-bar (SLHA2, arXiv:0801.0045), CKMBLOCK 1
// the Cabibbo angle; ZPINPUTS 1 coupling.zp; CPINPUTS 1 cp.angle, 2 cp.even, 3 cp.odd.
//
// Nothing is dropped in silence. Refused, with the line and both values: an entry that is given twice with two values;
// MASS 24 in scheme alpha_gf_mz that is not what follows from the others; SMINPUTS 4, 6, 7 beside another mass in MASS; a
// mass, width or Yukawa coupling of a particle that the model has without; VCKM beside another VCKMIN. All other blocks
// and entries that no parameter belongs to are listed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "thalweg/model/model.h"

namespace thalweg {

// Sets in `parameters` what the card holds; derive() is left to the caller. `place` (a file name) goes in front of line
// numbers in messages. A mixing matrix that is not unitary is allowed (set_ckm_unitary). Returns what was not used,
// names of blocks ("QNUMBERS") and entries ("MASS 9000001"). RequestError on bad grammar or values.
std::vector<std::string> read_slha(std::string_view text, const std::string& place, const Model& model,
                                   Parameters& parameters);

std::string write_slha(const Model& model, const Parameters& parameters);

}  // namespace thalweg
