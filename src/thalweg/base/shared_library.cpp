#include "thalweg/base/shared_library.h"

#include <dlfcn.h>
#include <elf.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

// Whether all segments and the table of sections lie inside of the file.
void check_complete(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) request_error("the library '{}' cannot be read", path.string());
  Elf64_Ehdr head;
  if (!file.read(reinterpret_cast<char*>(&head), sizeof head) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
      head.e_ident[EI_CLASS] != ELFCLASS64)
    request_error("'{}' is no shared library", path.string());
  std::uint64_t end = head.e_shoff + std::uint64_t{head.e_shnum} * head.e_shentsize;
  file.seekg(static_cast<std::streamoff>(std::min<std::uint64_t>(head.e_phoff, size)));
  for (int i = 0; i < head.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (head.e_phentsize != sizeof segment || !file.read(reinterpret_cast<char*>(&segment), sizeof segment))
      request_error("the library '{}' is damaged: its table of segments is cut", path.string());
    if (segment.p_offset > size || segment.p_filesz > size - segment.p_offset) end = size + 1;
  }
  if (end > size) request_error("the library '{}' is cut: {} bytes are not all of it", path.string(), size);
}

}  // namespace

SharedLibrary::SharedLibrary(const std::string& path) {
  // A name without a slash would be searched for in the folders of the system.
  const auto whole = std::filesystem::absolute(path);
  check_complete(whole);
  handle_ = dlopen(whole.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle_) request_error("the library cannot be loaded: {}", dlerror());
}

SharedLibrary::~SharedLibrary() {
  if (handle_) dlclose(handle_);
}

void* SharedLibrary::find(const char* name) const { return dlsym(handle_, name); }

}  // namespace thalweg
