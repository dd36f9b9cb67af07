#include "thalweg/base/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace fs = std::filesystem;

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
  if (failed) request_error("cannot read '{}' to its end", path.string());
  if (text.size() > limit) request_error("'{}' is larger than {} bytes; is it the right file?", path.string(), limit);
  return text;
}

AtomicFile::AtomicFile(fs::path path)
    : path_(std::move(path)), temporary_(path_.string() + ".part" + std::to_string(::getpid())) {
  file_ = std::fopen(temporary_.c_str(), "wb");
  if (!file_)
    run_error("cannot write '{}': {}; choose another place with -o or --run", path_.string(), std::strerror(errno));
}

AtomicFile::~AtomicFile() {
  if (file_) std::fclose(file_);
  if (!committed_) {
    std::error_code ignored;
    fs::remove(temporary_, ignored);
  }
}

void AtomicFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size())
    run_error("writing '{}' failed: {}; nothing was put under that name", path_.string(), std::strerror(errno));
}

void AtomicFile::close_for_library() {
  std::fclose(file_);
  file_ = nullptr;
}

void AtomicFile::commit() {
  bool good = true;
  if (file_) {
    good = std::fflush(file_) == 0 && ::fsync(fileno(file_)) == 0;
    const int saved = errno;
    good = std::fclose(file_) == 0 && good;
    file_ = nullptr;
    if (!good && saved) errno = saved;
  }
  if (!good || std::rename(temporary_.c_str(), path_.c_str()) != 0)
    run_error("writing '{}' failed: {}; nothing was put under that name", path_.string(), std::strerror(errno));
  committed_ = true;
}

void write_file(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace thalweg
