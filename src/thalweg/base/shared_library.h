// A shared library of somebody else, loaded at run time.
#pragma once

#include <string>

namespace thalweg {

class SharedLibrary {
 public:
  // RequestError when the file is not there, is no shared library, ends too early (mapping such a file would end the
  // program), or cannot be loaded. Its names are not seen by others.
  explicit SharedLibrary(const std::string& path);
  ~SharedLibrary();
  SharedLibrary(const SharedLibrary&) = delete;
  SharedLibrary& operator=(const SharedLibrary&) = delete;

  // nullptr when there is no such function.
  void* find(const char* name) const;

 private:
  void* handle_ = nullptr;
};

}  // namespace thalweg
