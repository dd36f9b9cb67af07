#include "thalweg/base/time_budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace thalweg {

std::map<std::string, double> TimeBudget::take() {
  std::map<std::string, double> seconds;
  for (std::size_t i = 0; i < spent_.size(); ++i)
    if (const std::int64_t ns = spent_[i].exchange(0)) seconds[kStageNames[i]] = 1e-9 * static_cast<double>(ns);
  return seconds;
}

std::string describe(const std::map<std::string, double>& seconds) {
  std::vector<std::pair<double, std::string>> parts;
  double sum = 0;
  for (const auto& [name, time] : seconds) {
    parts.emplace_back(-time, name);
    sum += time;
  }
  std::sort(parts.begin(), parts.end());
  std::string text;
  for (const auto& [time, name] : parts)
    text += fmt::format("{}{} {:.0f} %", text.empty() ? "" : ", ", name, -100 * time / sum);
  return text;
}

}  // namespace thalweg
