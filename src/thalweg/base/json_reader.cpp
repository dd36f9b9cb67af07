#include "thalweg/base/json_reader.h"

#include <cmath>

#include "thalweg/base/errors.h"
#include "thalweg/base/json.h"

namespace thalweg {
namespace {

std::string shown(const nlohmann::json& json) {
  if (json.is_array()) return fmt::format("a list of {}", json.size());
  if (json.is_object()) return "an object";
  return short_text(json);
}

bool is_number(const nlohmann::json& json, double least, double most) {
  if (!json.is_number()) return false;
  const auto value = json.get<double>();
  return value >= least && value <= most && std::isfinite(value);
}

bool is_whole(const nlohmann::json& json, std::uint64_t least, std::uint64_t most) {
  if (!json.is_number_integer() || (!json.is_number_unsigned() && json.get<std::int64_t>() < 0)) return false;
  const auto value = json.get<std::uint64_t>();
  return value >= least && value <= most;
}

std::string describe(const char* what, double least, double most) {
  if (least == -DBL_MAX && most == DBL_MAX) return fmt::format("a finite {}", what);
  if (most == DBL_MAX) return fmt::format("a {} of at least {}", what, least);
  return fmt::format("a {} from {} to {}", what, least, most);
}

}  // namespace

JsonReader::JsonReader(const nlohmann::json& json, std::string place, std::string advice)
    : json_(json), place_(std::move(place)), advice_(std::move(advice)) {}
JsonReader::JsonReader(const nlohmann::json& json) : JsonReader(json, "JSON") {}
JsonReader::JsonReader(const nlohmann::json& json, const JsonReader& parent, const char* key, std::size_t index)
    : json_(json), parent_(&parent), key_(key), index_(index) {}

JsonReader JsonReader::at(const char* key) const& {
  if (!json_.is_object()) fail(fmt::format("expected an object, found {}", shown(json_)));
  const auto found = json_.find(key);
  if (found == json_.end()) fail(fmt::format("there is no '{}'", key));
  return {*found, *this, key, 0};
}

JsonReader JsonReader::at(std::size_t index) const& {
  if (index >= size()) fail(fmt::format("{} elements, more are needed", json_.size()));
  return {json_[index], *this, nullptr, index};
}

bool JsonReader::contains(const char* key) const { return json_.is_object() && json_.contains(key); }

std::vector<std::string> JsonReader::keys() const {
  if (!json_.is_object()) fail(fmt::format("expected an object, found {}", shown(json_)));
  std::vector<std::string> names;
  for (const auto& entry : json_.items()) names.push_back(entry.key());
  return names;
}

std::size_t JsonReader::size(std::size_t least, std::size_t most) const {
  if (!json_.is_array()) fail(fmt::format("expected a list, found {}", shown(json_)));
  if (json_.size() < least || json_.size() > most)
    fail(least == most ? fmt::format("expected {} elements, found {}", least, json_.size())
                       : fmt::format("expected {} to {} elements, found {}", least, most, json_.size()));
  return json_.size();
}

bool JsonReader::flag() const {
  if (!json_.is_boolean()) fail(fmt::format("expected true or false, found {}", shown(json_)));
  return json_.get<bool>();
}

std::string JsonReader::text() const {
  if (!json_.is_string()) fail(fmt::format("expected a text, found {}", shown(json_)));
  return json_.get<std::string>();
}

double JsonReader::number(double least, double most) const {
  if (!is_number(json_, least, most))
    fail(fmt::format("expected {}, found {}", describe("number", least, most), shown(json_)));
  return json_.get<double>();
}

double JsonReader::number_or(double instead) const { return json_.is_null() ? instead : number(); }

std::uint64_t JsonReader::whole(std::uint64_t least, std::uint64_t most) const {
  if (!is_whole(json_, least, most))
    fail(fmt::format("expected a whole number from {} to {}, found {}", least, most, shown(json_)));
  return json_.get<std::uint64_t>();
}

std::vector<double> JsonReader::numbers(std::size_t count, double least, double most) const {
  size(count, count);
  std::vector<double> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) values.push_back(at(i).number(least, most));
  return values;
}

std::vector<std::size_t> JsonReader::wholes(std::size_t count, std::uint64_t least, std::uint64_t most) const {
  size(count, count);
  std::vector<std::size_t> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) values.push_back(at(i).whole(least, most));
  return values;
}

std::vector<std::uint8_t> JsonReader::flags(std::size_t count) const {
  const auto values = wholes(count, 0, 1);
  return {values.begin(), values.end()};
}

std::vector<std::string> JsonReader::texts() const {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < size(); ++i) values.push_back(at(i).text());
  return values;
}

std::string JsonReader::path() const {
  if (!parent_) return {};
  const std::string before = parent_->path();
  if (!key_) return fmt::format("{}[{}]", before, index_);
  return before.empty() ? key_ : before + "." + key_;
}

void JsonReader::fail(const std::string& what) const {
  const JsonReader* root = this;
  while (root->parent_) root = root->parent_;
  const std::string where = path();
  throw RequestError(root->place_ + ": " + (where.empty() ? "" : where + ": ") + what + root->advice_);
}

}  // namespace thalweg
