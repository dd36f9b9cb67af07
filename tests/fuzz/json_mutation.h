// Other values in a JSON document.
#pragma once

#include <random>
#include <string>
#include <string_view>

namespace thalweg::fuzz {

// One to four values of `text` (which may be followed by other bytes behind a zero) are replaced by others, exchanged,
// removed or repeated. What is no JSON comes back as it is.
std::string mutate_json(std::string_view text, std::mt19937_64& random);

}  // namespace thalweg::fuzz
