#include "thalweg/integrands/user_library.h"

#include "thalweg/base/errors.h"

namespace thalweg {

UserLibrary::UserLibrary(const std::string& path) : library_(path) {
  auto symbol = [&](const char* name) {
    void* s = library_.find(name);
    if (!s)
      request_error(
          "'{}' has no function '{}'; it needs int thalweg_dim(void) and double thalweg_integrand(const double*)", path,
          name);
    return s;
  };
  const int dim = reinterpret_cast<int (*)()>(symbol("thalweg_dim"))();
  function_ = reinterpret_cast<double (*)(const double*)>(symbol("thalweg_integrand"));
  if (dim < 1 || dim > 64) request_error("'{}': thalweg_dim() returns {}; expected 1 to 64", path, dim);
  dim_ = static_cast<std::size_t>(dim);
}

}  // namespace thalweg
