// A shared library with an integrand of the user.
#pragma once

#include <cstddef>
#include <string>

#include "thalweg/base/shared_library.h"

namespace thalweg {

class UserLibrary {
 public:
  // RequestError if the file cannot be loaded, lacks `thalweg_dim` or `thalweg_integrand`, or has a dimension
  // outside 1 to 64.
  explicit UserLibrary(const std::string& path);

  std::size_t dim() const { return dim_; }
  double value(const double* x) const { return function_(x); }

 private:
  SharedLibrary library_;
  std::size_t dim_ = 0;
  double (*function_)(const double*) = nullptr;
};

}  // namespace thalweg
