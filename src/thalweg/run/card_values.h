// What values in a card may look like: numbers with units and parameters, whole numbers, names out of a list.
#pragma once

#include <algorithm>
#include <cstdint>

#include "thalweg/base/spelling.h"
#include "thalweg/model/parameters.h"
#include "thalweg/run/card_file.h"

namespace thalweg {

// All of them throw RequestError for what they cannot read.
class CardValues : protected CardFile {
 protected:
  using CardFile::CardFile;

  // Expressions may name the parameters of `current_`.
  double parameter(const std::string& name) const { return current_->get(name); }
  const Parameters* current_ = nullptr;

  // A number, or a text with an expression. `energy` says whether a unit makes sense.
  double number(const toml::node& node, bool energy) const;
  std::uint64_t whole(const toml::node& node, std::uint64_t least, std::uint64_t most) const;
  double ranged(const toml::node& node, double least, double most) const;
  // A text, or a list of texts.
  static std::vector<std::string> texts(const toml::node& node);
  // The text of a key, one of `known`; `otherwise` where the card does not have it.
  std::string choice(const char* key, const std::string& otherwise, const std::vector<std::string>& known) const;

  // An enumeration whose names are `known`, in order.
  template <class Enum>
  void pick(const char* key, Enum& value, const std::vector<std::string>& known) const {
    const std::string name = choice(key, known[static_cast<std::size_t>(value)], known);
    value = static_cast<Enum>(std::find(known.begin(), known.end(), name) - known.begin());
  }
};

}  // namespace thalweg
