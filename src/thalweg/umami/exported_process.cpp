#include "thalweg/umami/exported_process.h"

#include <filesystem>

#include "thalweg/base/errors.h"
#include "thalweg/base/files.h"

namespace thalweg {

void export_process(const std::string& library, const std::string& target, const std::string& process,
                    const std::string& model) {
  std::string bytes = read_file(library, std::size_t{1} << 30);
  const std::string mark(kExportMark);
  const std::string text = mark + process + "\n" + model;
  if (text.size() >= kExportSize) request_error("a process string of {} characters is too long", process.size());
  const std::size_t place = bytes.find(mark);
  if (place == std::string::npos || place + kExportSize > bytes.size())
    request_error("'{}' is no library of thalweg", library);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(place), kExportSize, '\0');
  std::copy(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(place));
  write_file(target, bytes);
}

std::string exported_library() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto library = program.parent_path().parent_path() / "lib" / "libthalweg.so";
  if (error || !std::filesystem::exists(library))
    request_error("the library '{}' is not there; it is built beside the program", library.string());
  return library.string();
}

}  // namespace thalweg
