// The TOML side of a card: overrides, known keys, and places for messages.
#pragma once

#include <toml++/toml.h>

#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "thalweg/base/errors.h"

namespace thalweg {

class CardFile {
 public:
  // RequestError for text that is no TOML and for overrides ("KEY=VALUE", dotted keys) that do not fit.
  CardFile(std::string_view text, std::string place, const std::vector<std::string>& set);

 protected:
  const toml::table& root() const { return root_; }
  const std::string& place() const { return place_; }
  // RequestError for a key that no card has, with the nearest spelling.
  void check_keys() const;
  // The node of "table.key" or "key"; nullptr when the card does not have it.
  const toml::node* find(const std::string& key) const;
  // "cards/x.toml:12: beams.energy", or "--set beams.energy" for an override.
  std::string where(const std::string& key, const toml::node* node) const;

  // read_node(node) with the place in front of its errors, or otherwise() when the key is not there.
  template <class Read, class Default>
  std::invoke_result_t<Default> at(const std::string& key, const Read& read_node, const Default& otherwise) const {
    const toml::node* node = find(key);
    if (!node) return otherwise();
    return with_place(where(key, node), [&]() -> std::invoke_result_t<Default> { return read_node(*node); });
  }

  static std::string text(const toml::node& node);
  static bool boolean(const toml::node& node);

 private:
  void override_key(const std::string& assignment);

  toml::table root_;
  std::string place_;
  std::set<std::string> overrides_;
};

}  // namespace thalweg
