// The nearest valid spelling, for error messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

// Number of single-character insertions, deletions and substitutions from a to b (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b);

// "; did you mean 'xyz'?" for the candidate nearest to `word`, or "." when none is near (more than
// half of the characters would have to change).
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

// "a, b, c" for messages.
std::string comma_list(const std::vector<std::string>& words);

}  // namespace thalweg
