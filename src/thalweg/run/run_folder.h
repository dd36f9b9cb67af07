// The folder of a run: resolved card, log, state, result, events. One run at a time owns it.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "thalweg/base/descriptor.h"
#include "thalweg/base/json_reader.h"
#include "thalweg/run/card.h"

namespace thalweg {

class RunFolder {
 public:
  // Creates the folder or opens that of an earlier run of the same card, and removes what killed programs left of files
  // that they were writing. The path may lead through links, the folder itself holds files (and folders that it does
  // not use) alone: RequestError for links, devices and pipes in it, when it holds another card (all keys but [output]
  // count) or something that is no run. RunError when it cannot be written or another program is at work in it.
  RunFolder(std::filesystem::path path, const RunCard& card);
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(const std::string& name) const { return path_ / name; }

  // JSON documents by name ("state", "generation", "result") in their envelope (sealed_json.h); nothing when there is
  // none. RequestError when one is damaged, of another version or of another card.
  std::optional<nlohmann::json> load(const std::string& name) const;
  // On disk when it returns, and so is what was saved before: the order of calls is that of a crash, too.
  // Returns the document as it is in the file.
  nlohmann::json save(const std::string& name, nlohmann::json json) const;
  // The values of a document, with messages that name the file and what to do.
  JsonReader reader(const std::string& name, const nlohmann::json& json) const;
  void remove(const std::string& name) const;
  // A line of log.txt. Told on stderr, once, where that cannot be written; the line then waits for the next one.
  void log(const std::string& line) const;

 private:
  void open_folder() const;
  void lock_folder();
  void refuse_links() const;
  std::filesystem::path path_;
  std::string card_;  // CRC-32 of the resolved card
  Descriptor lock_;
  mutable std::string unwritten_;  // of the log
  mutable bool log_failed_ = false;
};

// A document of a run folder, for readers that do not own it.
std::optional<nlohmann::json> load_json(const std::filesystem::path& file);

}  // namespace thalweg
