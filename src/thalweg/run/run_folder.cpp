#include "thalweg/run/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"

namespace thalweg {
namespace fs = std::filesystem;

RunFolder::RunFolder(fs::path path, const RunCard& card) : path_(std::move(path)) {
  std::error_code code;
  const fs::path sampling = file("card.sampling.toml");
  if (fs::exists(path_, code)) {
    if (!fs::is_directory(path_, code))
      request_error("'{}' is a file; choose another run folder with --run", path_.string());
    const bool empty = fs::is_empty(path_, code);
    if (!empty && !fs::exists(sampling, code) && !fs::exists(file(".lock"), code) &&
        !fs::exists(file("sampler.h5"), code))
      request_error("'{}' exists and is no run folder; choose another with --run", path_.string());
  } else if (!fs::create_directories(path_, code) && code) {
    run_error("cannot create the run folder '{}': {}; choose another with --run", path_.string(), code.message());
  }
  lock_ = ::open(file(".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (lock_ < 0)
    run_error("cannot write in the run folder '{}': {}; choose another with --run", path_.string(),
              std::strerror(errno));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0)
    run_error("another run is at work in '{}'; wait for it, or choose another folder with --run", path_.string());
  if (fs::exists(sampling, code)) {
    if (read_file(sampling) != card.resolved_sampling)
      request_error("'{}' holds a run of another card (see {}); choose another folder with --run, or remove it",
                    path_.string(), sampling.string());
  } else {
    write_file(sampling, card.resolved_sampling);
  }
}

RunFolder::~RunFolder() {
  if (lock_ >= 0) ::close(lock_);
}

std::optional<nlohmann::json> load_json(const fs::path& path) {
  std::error_code code;
  if (!fs::exists(path, code)) return std::nullopt;
  try {
    return nlohmann::json::parse(read_file(path));
  } catch (const nlohmann::json::exception&) {
    request_error("'{}' is damaged; remove it to start that stage again", path.string());
  }
}

std::optional<nlohmann::json> RunFolder::load(const std::string& name) const { return load_json(file(name + ".json")); }

void RunFolder::save(const std::string& name, const nlohmann::json& json) const {
  write_file(file(name + ".json"), json.dump(name == "state" ? -1 : 2) + "\n");
}

void RunFolder::remove(const std::string& name) const {
  std::error_code ignored;
  fs::remove(file(name), ignored);
}

void RunFolder::log(const std::string& line) const {
  if (std::FILE* out = std::fopen(file("log.txt").c_str(), "a")) {
    std::fprintf(out, "%s\n", line.c_str());
    std::fclose(out);
  }
}

}  // namespace thalweg
