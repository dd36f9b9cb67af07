#include "thalweg/base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "thalweg/base/errors.h"
#include "thalweg/base/interrupt.h"

namespace thalweg {
namespace fs = std::filesystem;

namespace {

bool is_named(const Descriptor& file, const fs::path& path) {
  struct stat here = {}, named = {};
  return ::fstat(file.number(), &here) == 0 && ::lstat(path.c_str(), &named) == 0 && S_ISREG(here.st_mode) &&
         here.st_ino == named.st_ino && here.st_dev == named.st_dev;
}

// A program that is killed leaves no lock behind.
bool remove_if_stale(const fs::path& part) {
  const Descriptor file(part, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
  return file.valid() && file.lock() && is_named(file, part) && ::unlink(part.c_str()) == 0;
}

void refuse_special(const fs::path& path) {
  if (const std::string kind = special_kind(path); !kind.empty())
    request_error(
        "'{}' is {}: files are written to their end under another name and renamed then, which replaces regular "
        "files alone; give the name of one",
        path.string(), kind);
}

}  // namespace

std::string read_file(const fs::path& path, std::size_t limit) {
  std::error_code code;
  if (fs::is_directory(path, code)) request_error("'{}' is a folder, not a file", path.string());
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) request_error("cannot read '{}': {}", path.string(), std::strerror(errno));
  std::string text;
  char buffer[1 << 16];
  std::size_t n;
  while ((n = std::fread(buffer, 1, sizeof buffer, file)) > 0 && text.size() <= limit) text.append(buffer, n);
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  throw_if_interrupted();
  if (failed) request_error("cannot read '{}' to its end", path.string());
  if (text.size() > limit) request_error("'{}' is larger than {} bytes; is it the right file?", path.string(), limit);
  return text;
}

std::string special_kind(const fs::path& path) {
  std::error_code code;
  switch (fs::symlink_status(path, code).type()) {
    case fs::file_type::symlink: return "a symbolic link";
    case fs::file_type::directory: return "a folder";
    case fs::file_type::block:
    case fs::file_type::character: return "a device";
    case fs::file_type::fifo: return "a pipe";
    case fs::file_type::socket: return "a socket";
    default: return {};
  }
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  refuse_special(path_);
  // A name that is there belongs to a program that was killed, or to one of another machine.
  constexpr int kTries = 1000;
  for (int k = 0; k < kTries; ++k) {
    temporary_ = path_.string() + ".part" + std::to_string(::getpid() + k);
    file_ = Descriptor(temporary_, O_CREAT | O_EXCL | O_RDWR);
    if (!file_.valid() && errno != EEXIST) break;
    if (!file_.valid()) {
      remove_if_stale(temporary_);
    } else if (file_.lock() ? is_named(file_, temporary_) : errno != EWOULDBLOCK) {
      return;  // also on a file system without locks, where nothing is ever taken for stale
    }
  }
  run_error("cannot write '{}': {}; choose another place with -o or --run", path_.string(), std::strerror(errno));
}

AtomicFile::~AtomicFile() {
  if (!committed_) ::unlink(temporary_.c_str());
}

void AtomicFile::note(bool good) {
  if (!good && failure_ == 0) failure_ = errno;
}

void AtomicFile::check() const {
  if (failed())
    run_error("writing '{}' failed: {}; nothing was put under that name", path_.string(), std::strerror(failure_));
}

void AtomicFile::write(std::string_view text) {
  note(file_.append(text.data(), text.size()));
  check();
}

void AtomicFile::write_at(std::uint64_t offset, const void* data, std::size_t bytes) noexcept {
  if (!failed()) note(file_.write_at(offset, data, bytes));
}

void AtomicFile::read_at(std::uint64_t offset, void* data, std::size_t bytes) noexcept {
  const std::int64_t n = file_.read_at(offset, data, bytes);
  note(n >= 0);
  const auto done = static_cast<std::size_t>(std::max<std::int64_t>(n, 0));
  std::fill_n(static_cast<char*>(data) + done, bytes - done, '\0');
}

void AtomicFile::resize(std::uint64_t bytes) noexcept {
  if (!failed()) note(file_.resize(bytes));
}

void AtomicFile::commit() {
  refuse_special(path_);
  if (!failed()) note(file_.sync() && ::rename(temporary_.c_str(), path_.c_str()) == 0);
  check();
  committed_ = true;
  if (!sync_folder(path_.parent_path()))
    run_error("'{}' is complete, but its folder could not be written to disk: {}", path_.string(),
              std::strerror(errno));
}

void write_file(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

void write_file_if_new(const fs::path& path, std::string_view text) {
  std::error_code code;
  if (fs::is_regular_file(fs::symlink_status(path, code)) && fs::file_size(path, code) == text.size() &&
      read_file(path) == text)
    return;
  write_file(path, text);
}

void remove_stale_parts(const fs::path& folder, const std::vector<std::string>& names) {
  constexpr std::string_view kPart = ".part";
  std::error_code code;
  for (auto entry = fs::directory_iterator(folder.empty() ? "." : folder, code);
       !code && entry != fs::directory_iterator(); entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    const std::size_t end = name.find_last_not_of("0123456789") + 1;
    if (end == name.size() || !std::string_view(name).substr(0, end).ends_with(kPart)) continue;
    if (std::find(names.begin(), names.end(), name.substr(0, end - kPart.size())) != names.end())
      remove_if_stale(entry->path());
  }
}

}  // namespace thalweg
