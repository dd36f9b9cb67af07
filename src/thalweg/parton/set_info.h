// Metadata of LHAPDF 6 sets: .info files and the headers of grid files, both YAML (arXiv:1412.7420, section 3.2).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

// Keys with a value each: a text, a number, or a list of them, in flow or in block style. Nothing is interpreted before
// it is asked for, so that a set may hold keys that we do not know. Every error is a RequestError that names the file,
// the line and the key.
class SetInfo {
 public:
  static constexpr std::size_t kMostBytes = 1 << 20;

  SetInfo() = default;
  // One YAML document, a table of keys, or nothing at all. `line` is where the text begins in the file `place`. Broken
  // YAML, anything but a table, and a key with two values are refused.
  static SetInfo parse(std::string_view text, const std::string& place, int line = 1);

  bool has(const std::string& key) const { return entries_.count(key) > 0; }
  std::vector<std::string> keys() const;
  // Where a key stands: "FILE:LINE: KEY".
  std::string place_of(const std::string& key) const;

  // Empty where the key is missing; refused where its value is of another kind.
  std::optional<std::string> text(const std::string& key) const;
  std::optional<double> number(const std::string& key) const;  // finite
  std::optional<int> whole(const std::string& key, int least, int most) const;
  std::optional<std::vector<double>> numbers(const std::string& key) const;  // of a list, or of a text with commas
  // The place of the value, in small letters, among `known`.
  std::optional<std::size_t> choice(const std::string& key, const std::vector<std::string>& known) const;

  void set(const std::string& key, const std::string& value, const std::string& place);
  // Adds what is not here yet: the header of a member goes before the .info file of the set.
  void add(const SetInfo& other);

 private:
  enum class Kind { scalar, list, other };  // other: nothing, a table, or a list of more than scalars
  struct Entry {
    Kind kind = Kind::scalar;
    std::vector<std::string> items;
    std::string place;
    bool operator==(const Entry& o) const { return kind == o.kind && items == o.items; }
  };
  const Entry* find(const std::string& key) const;
  std::map<std::string, Entry> entries_;
};

}  // namespace thalweg
