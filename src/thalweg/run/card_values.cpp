#include "thalweg/run/card_values.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "thalweg/run/expression.h"

namespace thalweg {
namespace {

std::optional<std::int64_t> whole_text(const std::string& text) {
  std::int64_t value = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  return error == std::errc() && end == last ? std::optional(value) : std::nullopt;
}

}  // namespace

double CardValues::number(const toml::node& node, bool energy) const {
  double value = 0;
  if (node.is_integer()) {
    value = static_cast<double>(node.as_integer()->get());
  } else if (node.is_floating_point()) {
    value = node.as_floating_point()->get();
  } else if (node.is_string()) {
    const Expression e(text(node), {}, [&](const std::string& name) { return parameter(name); });
    if (e.has_unit() && !energy) request_error("'{}' has a unit, but this is a pure number", text(node));
    value = e.evaluate(nullptr);
  } else {
    request_error("expected a number or an expression in quotes, such as {}", energy ? "\"13 TeV\"" : "0.5");
  }
  if (!std::isfinite(value)) request_error("expected a finite number, not {}", value);
  return value;
}

std::uint64_t CardValues::whole(const toml::node& node, std::uint64_t least, std::uint64_t most) const {
  // Digits of a 64-bit number do not fit a double: whole numbers are read as such, also those in quotes.
  std::optional<std::int64_t> exact;
  if (node.is_integer()) exact = node.as_integer()->get();
  if (node.is_string()) exact = whole_text(text(node));
  if (exact) {
    if (*exact < 0 || static_cast<std::uint64_t>(*exact) < least || static_cast<std::uint64_t>(*exact) > most)
      request_error("expected a whole number from {} to {}, not {}", least, most, *exact);
    return static_cast<std::uint64_t>(*exact);
  }
  const double value = number(node, false);
  if (value != std::floor(value) || value < static_cast<double>(least) || value > static_cast<double>(most))
    request_error("expected a whole number from {} to {}, not {}", least, most, value);
  constexpr double kExact = 0x1p53;
  if (value > kExact) request_error("{} has more digits than are exact; write it as a whole number", value);
  return static_cast<std::uint64_t>(value);
}

double CardValues::ranged(const toml::node& node, double least, double most) const {
  const double value = number(node, false);
  if (!(value >= least && value <= most)) request_error("expected a number from {} to {}, not {}", least, most, value);
  return value;
}

std::vector<std::string> CardValues::texts(const toml::node& node) {
  if (!node.is_array()) return {text(node)};
  std::vector<std::string> list;
  for (const auto& n : *node.as_array()) list.push_back(text(n));
  return list;
}

std::string CardValues::choice(const char* key, const std::string& otherwise,
                               const std::vector<std::string>& known) const {
  return at(
      key,
      [&](const toml::node& n) {
        const std::string name = text(n);
        if (std::find(known.begin(), known.end(), name) == known.end())
          request_error("'{}' is not known{} Known: {}", name, did_you_mean(name, known), fmt::join(known, ", "));
        return name;
      },
      [&] { return otherwise; });
}

}  // namespace thalweg
