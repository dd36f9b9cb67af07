#include "json_mutation.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace thalweg::fuzz {
namespace {

using Random = std::mt19937_64;

nlohmann::json another_value(const nlohmann::json& old, Random& random) {
  if (old.is_number() && random() % 2 == 0) {
    const auto x = old.get<double>();
    const auto n = old.is_number_unsigned() ? old.get<std::uint64_t>() : 0;
    switch (random() % 8) {
      case 0: return n + 1;
      case 1: return n - 1;
      case 2: return 2 * n;
      case 3: return n ^ (std::uint64_t{1} << random() % 64);
      case 4: return -x;
      case 5: return x * (1 + 1e-15);
      case 6: return x * 1e6;
      default: return x / 3;
    }
  }
  static const nlohmann::json kValues = {nullptr,
                                         true,
                                         false,
                                         -1,
                                         0,
                                         1,
                                         2,
                                         3,
                                         1e-310,
                                         0.5,
                                         1e9,
                                         1e300,
                                         -1e300,
                                         1ULL << 32,
                                         1ULL << 53,
                                         1ULL << 62,
                                         ~0ULL,
                                         "x",
                                         "",
                                         {1, 2},
                                         nlohmann::json::object(),
                                         nlohmann::json::array()};
  return kValues[random() % kValues.size()];
}

// A value somewhere in the document, those near the root more often than by their number.
nlohmann::json& some_value(nlohmann::json& root, Random& random) {
  nlohmann::json* at = &root;
  while (at->is_structured() && !at->empty()) {
    auto it = at->begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random() % at->size()));
    at = &*it;
    if (random() % 8 == 0) break;
  }
  return *at;
}

void change(nlohmann::json& root, Random& random) {
  nlohmann::json& value = some_value(root, random);
  switch (random() % 8) {
    case 0:
      if (value.is_array() && !value.empty()) {
        value.erase(random() % value.size());
        break;
      }
      [[fallthrough]];
    case 1:
      if (value.is_array() && !value.empty() && value.size() < 1000) {
        const nlohmann::json copy = value[random() % value.size()];
        value.push_back(copy);
        break;
      }
      [[fallthrough]];
    case 2:
      if (value.is_object() && !value.empty()) {
        auto it = value.begin();
        std::advance(it, static_cast<std::ptrdiff_t>(random() % value.size()));
        value.erase(it);
        break;
      }
      [[fallthrough]];
    case 3: {
      const nlohmann::json copy = some_value(root, random);
      if (copy.size() < 1000) value = copy;
      break;
    }
    default: value = another_value(value, random);
  }
}

}  // namespace

std::string mutate_json(std::string_view text, Random& random) {
  const std::string_view document = text.substr(0, text.find('\0'));
  nlohmann::json json = nlohmann::json::parse(document, nullptr, false);
  if (json.is_discarded()) return std::string(text);
  for (std::uint64_t rounds = 1 + random() % 4; rounds > 0; --rounds) change(json, random);
  std::string result = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string rest(text.substr(document.size()));
  // Doubles behind the document.
  if (rest.size() > 8 && random() % 2 == 0) {
    static const double kDoubles[] = {NAN, INFINITY, -1, 0, 0.5, 1, 2, 7, 1e300, -1e300, 1e-310};
    const double value = kDoubles[random() % std::size(kDoubles)];
    const std::size_t place = 1 + 8 * (random() % ((rest.size() - 1) / 8));
    rest.replace(place, 8, reinterpret_cast<const char*>(&value), 8);
  }
  return result + rest;
}

}  // namespace thalweg::fuzz
