// The card with every value written out, as it is kept in the run folder.
#pragma once

#include <string>

namespace thalweg {

struct RunCard;

// Valid TOML that reads back to the same run. Without `with_output` the [output] table is left out:
// what is left determines the sampling.
std::string resolved_card(const RunCard& card, bool with_output);

}  // namespace thalweg
