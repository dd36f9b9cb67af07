#include "thalweg/integrands/user_library.h"

#include <dlfcn.h>

#include <filesystem>

#include "thalweg/base/errors.h"

namespace thalweg {

UserLibrary::UserLibrary(const std::string& path) {
  // A name without a slash would be searched for in the folders of the system.
  handle_ = dlopen(std::filesystem::absolute(path).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle_) request_error("the library of the integrand cannot be loaded: {}", dlerror());
  auto symbol = [&](const char* name) {
    void* s = dlsym(handle_, name);
    if (!s) {
      dlclose(handle_);
      request_error(
          "'{}' has no function '{}'; it needs int thalweg_dim(void) and double thalweg_integrand(const double*)", path,
          name);
    }
    return s;
  };
  const int dim = reinterpret_cast<int (*)()>(symbol("thalweg_dim"))();
  function_ = reinterpret_cast<double (*)(const double*)>(symbol("thalweg_integrand"));
  if (dim < 1 || dim > 64) {
    dlclose(handle_);
    request_error("'{}': thalweg_dim() returns {}; expected 1 to 64", path, dim);
  }
  dim_ = static_cast<std::size_t>(dim);
}

UserLibrary::~UserLibrary() { dlclose(handle_); }

}  // namespace thalweg
