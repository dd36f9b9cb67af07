#include "thalweg/run/run_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"
#include "thalweg/run/sealed_json.h"

namespace thalweg {
namespace fs = std::filesystem;

RunFolder::RunFolder(fs::path path, const RunCard& card)
    : path_(std::move(path)), card_(crc32_of(card.resolved_sampling)) {
  open_folder();
  lock_folder();
  remove_stale_parts(path_, {"card.sampling.toml", "card.toml", "param_card.dat", "channels.json", "state.json",
                             "training.json", "sampler.h5", "generation.json", "result.json", "diagnosis.json",
                             "events.lhe", "events.lhe.gz", "events.h5", "events.npy"});
  std::error_code code;
  const fs::path sampling = file("card.sampling.toml");
  if (fs::exists(sampling, code)) {
    if (read_file(sampling) != card.resolved_sampling)
      request_error("'{}' holds a run of another card (see {}); choose another folder with --run, or remove it",
                    path_.string(), sampling.string());
  } else {
    write_file(sampling, card.resolved_sampling);
  }
}

void RunFolder::open_folder() const {
  std::error_code code;
  if (fs::exists(path_, code)) {
    if (!fs::is_directory(path_, code))
      request_error("'{}' is a file; choose another run folder with --run", path_.string());
    const bool empty = fs::is_empty(path_, code);
    if (!empty && !fs::exists(file("card.sampling.toml"), code) && !fs::exists(file(".lock"), code) &&
        !fs::exists(file("sampler.h5"), code))
      request_error("'{}' exists and is no run folder; choose another with --run", path_.string());
    refuse_links();
  } else if (!fs::create_directories(path_, code) && code) {
    run_error("cannot create the run folder '{}': {}; choose another with --run", path_.string(), code.message());
  } else if (!sync_folder(path_.parent_path())) {
    run_error("cannot create the run folder '{}': {}; choose another with --run", path_.string(), std::strerror(errno));
  }
}

// Ours is what stands under the name .lock: who removes the folder of a run at work and starts another has two.
void RunFolder::lock_folder() {
  lock_ = Descriptor(file(".lock"), O_CREAT | O_RDWR | O_NOFOLLOW);
  if (!lock_.valid())
    run_error("cannot write in the run folder '{}': {}; choose another with --run", path_.string(),
              std::strerror(errno));
  if (!lock_.lock()) {
    if (errno != EWOULDBLOCK)
      run_error("cannot lock the run folder '{}': {}; choose another with --run", path_.string(), std::strerror(errno));
    char text[32] = {};
    const bool known = lock_.read_at(0, text, sizeof text - 1) > 0;
    run_error("another run is at work in '{}'{}; wait for it, or choose another folder with --run", path_.string(),
              known ? fmt::format(" (process {})", std::atol(text)) : "");
  }
  // Only a help for the message of a second run.
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (lock_.resize(0)) lock_.write_at(0, pid.data(), pid.size());
}

void RunFolder::refuse_links() const {
  std::error_code code;
  const fs::directory_iterator entries(path_, code);
  if (code) run_error("cannot read the run folder '{}': {}; choose another with --run", path_.string(), code.message());
  for (const auto& entry : entries)
    if (const std::string kind = special_kind(entry.path()); !kind.empty() && kind != "a folder")
      request_error(
          "'{}' is {}: the files of a run folder are files; copy what it stands for, or choose another folder with "
          "--run",
          entry.path().string(), kind);
}

namespace {

// What to do without a document, by its name.
std::string advice(const std::string& name) {
  if (name == "state") return "remove it, and events.partial with generation.json, to adapt and integrate again";
  if (name == "generation") return "remove it to make the events again";
  if (name == "training") return "remove it to decide again how long to train";
  return "remove it to have it made again";
}

std::optional<nlohmann::json> load_sealed(const fs::path& path, const std::string& card) {
  std::error_code code;
  if (!fs::exists(fs::symlink_status(path, code))) return std::nullopt;
  const std::string name = path.stem().string();
  return unsealed(read_file(path), name, card, fmt::format("'{}'", path.string()), advice(name));
}

}  // namespace

std::optional<nlohmann::json> load_json(const fs::path& path) {
  std::error_code code;
  const fs::path card = path.parent_path() / "card.sampling.toml";
  return load_sealed(path, fs::exists(card, code) ? crc32_of(read_file(card)) : "");
}

std::optional<nlohmann::json> RunFolder::load(const std::string& name) const {
  return load_sealed(file(name + ".json"), card_);
}

JsonReader RunFolder::reader(const std::string& name, const nlohmann::json& json) const {
  return {json, fmt::format("'{}' is damaged", file(name + ".json").string()), "; " + advice(name)};
}

nlohmann::json RunFolder::save(const std::string& name, nlohmann::json json) const {
  struct stat status = {};
  if (::fstat(lock_.number(), &status) == 0 && status.st_nlink == 0)
    run_error("the run folder '{}' was removed while this run was at work in it", path_.string());
  write_file(file(name + ".json"), sealed(name, card_, json, name == "state" ? -1 : 2));
  return json;
}

void RunFolder::remove(const std::string& name) const {
  if (::unlink(file(name).c_str()) != 0 && errno != ENOENT)
    run_error("cannot remove '{}': {}", file(name).string(), std::strerror(errno));
  if (!sync_folder(path_)) run_error("cannot write the folder '{}': {}", path_.string(), std::strerror(errno));
}

void RunFolder::log(const std::string& line) const {
  unwritten_ += line + "\n";
  const Descriptor out(file("log.txt"), O_CREAT | O_WRONLY | O_APPEND | O_NOFOLLOW);
  const bool good = out.valid() && out.append(unwritten_.data(), unwritten_.size());
  if (good) {
    unwritten_.clear();
  } else if (!log_failed_) {
    log_failed_ = true;
    std::fputs(fmt::format("thalweg: cannot write '{}': {}; lines of it may be missing\n", file("log.txt").string(),
                           std::strerror(errno))
                   .c_str(),
               stderr);
  }
}

}  // namespace thalweg
