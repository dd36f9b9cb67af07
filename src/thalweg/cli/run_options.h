// The options that generate, integrate and train share.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "thalweg/run/run.h"

namespace thalweg {

struct RunArguments {
  std::string card;
  std::vector<std::string> set;
  std::string folder, output, sampler, precision, train_for;
  std::optional<std::int64_t> events, seed, batches;
  std::optional<double> accuracy;
  int threads = 0;
  bool json = false, quiet = false, resume = false;

  void add_common(CLI::App& command);
  RunCard card_with_overrides() const;
  RunOptions options() const;
};

// Prints result.json alone (--json) or a short summary, and returns the run's exit code.
int finish(const Run& run, const RunArguments& arguments);

}  // namespace thalweg
