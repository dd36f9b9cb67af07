// The folder of a run: resolved card, log, state, result, events. One run at a time owns it.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "thalweg/run/card.h"

namespace thalweg {

class RunFolder {
 public:
  // Creates the folder or opens that of an earlier run of the same card. RequestError when it holds
  // another card (all keys but [output] count) or something that is no run; RunError when it cannot be
  // written or another process is at work in it.
  RunFolder(std::filesystem::path path, const RunCard& card);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(const std::string& name) const { return path_ / name; }

  // JSON documents by name ("state", "generation", "result"); nothing when there is none. RequestError
  // when one is damaged.
  std::optional<nlohmann::json> load(const std::string& name) const;
  void save(const std::string& name, const nlohmann::json& json) const;
  void remove(const std::string& name) const;
  void log(const std::string& line) const;

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

// A document of a run folder, for readers that do not own it.
std::optional<nlohmann::json> load_json(const std::filesystem::path& file);

}  // namespace thalweg
