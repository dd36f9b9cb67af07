#include "thalweg/run/generation.h"

#include <algorithm>

#include "thalweg/base/errors.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/sampling/unweighting.h"

namespace thalweg {

std::uint64_t Generation::points() const { return chunks * kChunk; }

void Generation::count(const double* row) {
  weight_sum += row[0];
  absolute_sum += std::abs(row[0]);
  over_sum += std::abs(row[0]) - 1;
  trials += row[2];
  largest = std::max(largest, std::abs(row[0]));
}

nlohmann::json Generation::to_json() const {
  return {{"requested", requested},   {"chunks", chunks}, {"events", events},     {"carry", carry},
          {"non_finite", non_finite}, {"rows", rows},     {"integral", integral}, {"files", files}};
}

Generation Generation::from_json(const JsonReader& json) {
  Generation g;
  g.requested = json.at("requested").whole();
  g.events = json.at("events").whole(0, g.requested);
  g.chunks = json.at("chunks").whole(g.events / kChunk + (g.events % kChunk > 0), JsonReader::kMost / kChunk);
  g.carry = json.at("carry").whole(0, g.points());
  g.non_finite = json.at("non_finite").whole(0, g.points());
  g.rows = json.at("rows").text();
  g.integral = json.at("integral").number();
  const JsonReader files = json.at("files");
  for (const std::string& name : files.keys()) g.files[name] = files.at(name.c_str()).whole();
  return g;
}

void Generation::restore(const EventStore& store, std::size_t channels) {
  constexpr std::uint64_t kBlock = 16384;
  auto refuse = [&](std::uint64_t i, const char* what, double value) {
    request_error("'{}' is damaged: event {} {} {}; remove generation.json beside it to make the events again",
                  store.path().string(), i + 1, what, value);
  };
  for (std::uint64_t first = 0; first < events; first += kBlock) {
    throw_if_interrupted();
    const std::uint64_t n = std::min(kBlock, events - first);
    const auto values = store.read(first, n);
    for (std::uint64_t i = 0; i < n; ++i) {
      const double* row = values.data() + i * store.row_size();
      for (std::size_t k = 0; k < store.row_size(); ++k)
        if (!std::isfinite(row[k])) refuse(first + i, "has a number that is", row[k]);
      if (!(std::abs(row[0]) >= 1)) refuse(first + i, "has the relative weight", row[0]);
      if (!(row[1] >= 0 && row[1] < static_cast<double>(channels) && row[1] == std::floor(row[1])))
        refuse(first + i, "is of channel", row[1]);
      if (!(row[2] >= 1 && row[2] == std::floor(row[2]))) refuse(first + i, "took trials:", row[2]);
      count(row);
    }
  }
  const double all = static_cast<double>(points()), told = trials + static_cast<double>(carry);
  if (events < requested ? told != all : trials > all)
    request_error(
        "'{}' is damaged: its {} events took {} trials, not {}; remove generation.json beside it to make the events "
        "again",
        store.path().string(), events, told, all);
}

}  // namespace thalweg
