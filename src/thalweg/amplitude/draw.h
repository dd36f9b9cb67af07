// Feynman diagrams as a picture.
#pragma once

#include <string>
#include <vector>

#include "thalweg/amplitude/diagram.h"

namespace thalweg {

// One SVG with all diagrams of the sets (at most `limit` of them), time from left to right: fermions
// with arrows, vectors wavy, gluons curled, scalars dashed.
std::string draw_diagrams(const std::vector<DiagramSet>& sets, const Model& model, std::size_t limit);

}  // namespace thalweg
