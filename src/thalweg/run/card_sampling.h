// [integration], [sampling] and [output] of a card, and its seed.
#pragma once

#include "thalweg/run/card.h"
#include "thalweg/run/card_values.h"

namespace thalweg {

class SamplingKeys : protected CardValues {
 protected:
  using CardValues::CardValues;

  // RequestError for values out of their ranges and names that are not known.
  void read_sampling(RunCard& card) const;

 private:
  static void use_baseline(RunCard& card);
  void read_network(RunCard& card) const;
  void read_variations(RunCard& card) const;
  static std::vector<std::string> formats(const toml::node& node, bool points);
};

}  // namespace thalweg
