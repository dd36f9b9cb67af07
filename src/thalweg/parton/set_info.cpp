#include "thalweg/parton/set_info.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <sstream>

#include "thalweg/base/errors.h"
#include "thalweg/base/spelling.h"
#include "thalweg/base/text.h"

namespace thalweg {
namespace {

// Of a list there are at most as many items as a table of alpha_s may have knots.
constexpr std::size_t kMostItems = 100'000;

double number_of(std::string_view text, const std::string& place) {
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  double value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (result.ec != std::errc() || result.ptr != digits.data() + digits.size() || !std::isfinite(value))
    request_error("{}: '{}' is not a number", place, text.substr(0, 40));
  return value;
}

// Whether there is anything in a document.
class Content : public YAML::EventHandler {
 public:
  bool any = false;
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override { any = true; }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override { any = true; }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    any = true;
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    any = true;
  }
  void OnMapEnd() override {}
};

// The library reads one document and leaves what follows, which may be all that a stray bracket cuts off; reading
// document after document it does not end on some texts.
void check_rest(const std::string& text, const std::string& place) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Content first, rest;
  if (!parser.HandleNextDocument(first) || !parser.HandleNextDocument(rest)) return;
  if (rest.any || parser.HandleNextDocument(rest))
    request_error("{}: more than one YAML document, or a stray sign that ends it early; expected one table of keys",
                  place);
}

// Deep nesting is refused by the library; what it throws in other trouble is no error of ours.
YAML::Node document(std::string_view text, const std::string& place, int line) {
  try {
    const std::string copy(text);
    YAML::Node node = YAML::Load(copy);
    check_rest(copy, place);
    return node;
  } catch (const YAML::Exception& error) {
    request_error("{}:{}: {}; expected YAML, lines such as 'Particle: 2212'", place,
                  line + std::max(error.mark.line, 0), error.msg);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    request_error("{}: cannot be read as YAML ({})", place, error.what());
  }
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

SetInfo SetInfo::parse(std::string_view text, const std::string& place, int line) {
  if (text.size() > kMostBytes)
    request_error("{}: {} bytes of metadata; expected at most {}", place, text.size(), kMostBytes);
  SetInfo info;
  const YAML::Node table = document(text, place, line);
  if (!table.IsDefined() || table.IsNull()) return info;
  if (!table.IsMap()) request_error("{}:{}: expected a table of keys, lines such as 'Particle: 2212'", place, line);
  for (const auto& item : table) {
    const std::string where = fmt::format("{}:{}", place, line + std::max(item.first.Mark().line, 0));
    if (!item.first.IsScalar()) request_error("{}: a key must be a name", where);
    const std::string& key = item.first.Scalar();
    if (key == "<<") request_error("{}: merge keys ('<<') are not read; write the keys out", where);
    Entry entry{Kind::other, {}, where + ": " + key.substr(0, 60)};
    const YAML::Node& value = item.second;
    if (value.IsScalar()) {
      entry.kind = Kind::scalar;
      entry.items.push_back(value.Scalar());
    } else if (value.IsSequence() && value.size() <= kMostItems) {
      entry.kind = Kind::list;
      for (const auto& element : value) {
        if (!element.IsScalar()) {
          entry = {Kind::other, {}, entry.place};
          break;
        }
        entry.items.push_back(element.Scalar());
      }
    }
    const auto [at, fresh] = info.entries_.insert({key, entry});
    if (!fresh && !(at->second == entry))
      request_error("{}: the key has another value in {}", entry.place, at->second.place);
  }
  return info;
}

std::vector<std::string> SetInfo::keys() const {
  std::vector<std::string> result;
  for (const auto& [key, entry] : entries_) result.push_back(key);
  return result;
}

std::string SetInfo::place_of(const std::string& key) const {
  const Entry* entry = find(key);
  return entry ? entry->place : key;
}

const SetInfo::Entry* SetInfo::find(const std::string& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

std::optional<std::string> SetInfo::text(const std::string& key) const {
  const Entry* entry = find(key);
  if (!entry) return std::nullopt;
  if (entry->kind != Kind::scalar) request_error("{}: expected one value", entry->place);
  const std::string& value = entry->items[0];
  return std::string(trim(std::string_view(value).substr(0, value.find_last_not_of("\r\n") + 1)));
}

std::optional<double> SetInfo::number(const std::string& key) const {
  const auto value = text(key);
  return value ? std::optional(number_of(*value, place_of(key))) : std::nullopt;
}

std::optional<int> SetInfo::whole(const std::string& key, int least, int most) const {
  const auto value = number(key);
  if (!value) return std::nullopt;
  if (*value != std::floor(*value) || *value < least || *value > most)
    request_error("{}: expected a whole number from {} to {}, not {}", place_of(key), least, most, *value);
  return static_cast<int>(*value);
}

std::optional<std::vector<double>> SetInfo::numbers(const std::string& key) const {
  const Entry* entry = find(key);
  if (!entry) return std::nullopt;
  if (entry->kind == Kind::other) request_error("{}: expected a list of numbers, such as [1.3, 2.0]", entry->place);
  std::vector<double> result;
  for (std::string_view item : entry->items) {
    // A scalar with commas is a list, as LHAPDF has it.
    for (bool more = true; more;) {
      const auto comma = entry->kind == Kind::scalar ? item.find(',') : std::string_view::npos;
      more = comma != std::string_view::npos;
      result.push_back(number_of(trim(item.substr(0, comma)), entry->place));
      if (more) item = item.substr(comma + 1);
    }
  }
  return result;
}

std::optional<std::size_t> SetInfo::choice(const std::string& key, const std::vector<std::string>& known) const {
  const auto value = text(key);
  if (!value) return std::nullopt;
  const auto found = std::find(known.begin(), known.end(), lower(*value));
  if (found == known.end())
    request_error("{}: '{}' is not known{} Expected {}", place_of(key), value->substr(0, 40),
                  did_you_mean(*value, known), fmt::join(known, ", "));
  return static_cast<std::size_t>(found - known.begin());
}

void SetInfo::set(const std::string& key, const std::string& value, const std::string& place) {
  entries_[key] = {Kind::scalar, {value}, place + ": " + key};
}

void SetInfo::add(const SetInfo& other) { entries_.insert(other.entries_.begin(), other.entries_.end()); }

}  // namespace thalweg
