#include "thalweg/run/card_file.h"

#include <algorithm>
#include <map>

#include "thalweg/base/spelling.h"

namespace thalweg {
namespace {

// The keys of each table. Tables that are not listed here ([parameters], [cuts]) have free keys.
const std::map<std::string, std::vector<std::string>> kKeys = {
    {"",
     {"process", "integrand", "model", "amplitude", "precision", "seed", "parameters", "beams", "scales", "cuts",
      "integration", "sampling", "output"}},
    {"beams", {"energy", "pdf", "flavours"}},
    {"integrand", {"name", "dimension", "cut", "prior", "channels", "library", "cost", "angles"}},
    {"scales", {"factorization", "renormalization", "running"}},
    {"integration", {"accuracy", "points"}},
    {"sampling",
     {"preset",
      "sampler",
      "channels",
      "sub_processes",
      "vegas_bins",
      "vegas_damping",
      "adaptation_iterations",
      "adaptation_points",
      "overweight_budget",
      "batches",
      "batch_size",
      "bins",
      "hidden",
      "layers",
      "learning_rate",
      "cells",
      "cell_points",
      "loss",
      "activation",
      "inputs",
      "clip",
      "gradient_limit",
      "settle",
      "anneal",
      "unfold",
      "integral_term",
      "integral_width",
      "schedule",
      "reuse",
      "weights",
      "weight_hidden",
      "weight_layers",
      "drop",
      "face_share",
      "vegas_start",
      "tail"}},
    {"output", {"events", "format", "variations"}},
};

[[noreturn]] void unknown_key(const std::string& place, const std::string& key, const std::vector<std::string>& known) {
  request_error("{}: unknown key '{}'{} Known: {}", place, key, did_you_mean(key, known), comma_list(known));
}

// The value of an override: TOML, or else a bare word, which is a string.
toml::table parse_value(const std::string& key, const std::string& value) {
  try {
    toml::table parsed = toml::parse("v = " + value);
    if (parsed.size() != 1) request_error("--set {}: one value is expected", key);
    return parsed;
  } catch (const toml::parse_error&) {
    return toml::table{{"v", value}};
  }
}

}  // namespace

CardFile::CardFile(std::string_view text, std::string place, const std::vector<std::string>& set)
    : place_(std::move(place)) {
  try {
    root_ = toml::parse(text, place_);
  } catch (const toml::parse_error& error) {
    request_error("{}:{}: {}", place_, error.source().begin.line, error.description());
  }
  for (const std::string& assignment : set) override_key(assignment);
}

std::string CardFile::where(const std::string& key, const toml::node* node) const {
  if (overrides_.count(key)) return "--set " + key;
  if (!node || node->source().begin.line == 0) return place_ + ": " + key;
  return fmt::format("{}:{}: {}", place_, node->source().begin.line, key);
}

void CardFile::override_key(const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    request_error("--set {}: expected KEY=VALUE, such as --set beams.pdf=NNPDF31_lo_as_0118", assignment);
  const std::string key = assignment.substr(0, equals);
  toml::table parsed = parse_value(key, assignment.substr(equals + 1));
  const auto& known = kKeys.at("");
  if (const std::string head = key.substr(0, key.find('.')); std::find(known.begin(), known.end(), head) == known.end())
    unknown_key("--set " + key, head, known);
  // TOML reads mass.z = 1 in [parameters] as nested tables, and a cut is a table: walk down the dots.
  toml::table* table = &root_;
  std::string leaf = key;
  for (std::size_t dot; (dot = leaf.find('.')) != std::string::npos; leaf = leaf.substr(dot + 1)) {
    const std::string inner = leaf.substr(0, dot);
    if (!table->contains(inner)) table->insert(inner, toml::table{});
    table = (*table)[inner].as_table();
    if (!table) request_error("--set {}: '{}' is not a table in {}", key, inner, place_);
  }
  table->insert_or_assign(leaf, std::move(*parsed.get("v")));
  overrides_.insert(key);
}

void CardFile::check_keys() const {
  for (const auto& [prefix, known] : kKeys) {
    const toml::table* table = &root_;
    if (!prefix.empty()) {
      const toml::node* node = root_.get(prefix);
      if (!node) continue;
      table = node->as_table();
      if (!table) request_error("{}: expected a table [{}]", where(prefix, node), prefix);
    }
    for (const auto& [key, node] : *table) {
      const std::string name(key.str());
      if (std::find(known.begin(), known.end(), name) == known.end())
        unknown_key(where(prefix.empty() ? name : prefix + "." + name, &node), name, known);
    }
  }
}

const toml::node* CardFile::find(const std::string& key) const {
  const auto dot = key.find('.');
  if (dot == std::string::npos) return root_.get(key);
  const toml::node* table = root_.get(key.substr(0, dot));
  return table && table->is_table() ? table->as_table()->get(key.substr(dot + 1)) : nullptr;
}

std::string CardFile::text(const toml::node& node) {
  if (const auto value = node.value<std::string>(); value && node.is_string()) return *value;
  request_error("expected a text in quotes");
}
bool CardFile::boolean(const toml::node& node) {
  if (node.is_boolean()) return *node.value<bool>();
  request_error("expected true or false");
}

}  // namespace thalweg
