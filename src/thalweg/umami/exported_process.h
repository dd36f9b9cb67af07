// What an exported library computes: a text inside of libthalweg.so that `thalweg export` overwrites in its copy.
#pragma once

#include <cstddef>
#include <string>

namespace thalweg {

// In front of the text in the file; no other place holds these bytes.
inline constexpr char kExportMark[] = "thalweg exported process:\x01\x02\x03:";
inline constexpr std::size_t kExportSize = 2048;  // mark and text, filled up with zeros

// A copy of the library with the process and model written into it. RequestError when `library` has no such place or
// the text is too long; RunError when `target` cannot be written.
void export_process(const std::string& library, const std::string& target, const std::string& process,
                    const std::string& model);

// libthalweg.so of the running program: in ../lib of where the program lies. RequestError when it is not there.
std::string exported_library();

}  // namespace thalweg
