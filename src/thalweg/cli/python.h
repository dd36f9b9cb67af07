// Pictures are Python's part: modules of python/thalweg, run in the project's virtual environment.
#pragma once

#include <string>

namespace thalweg {

// The interpreter: that of the virtual environment, or python3.
std::string python_program();
// `python -m MODULE ARGUMENT`: its exit code, 127 where it could not be started.
int run_python(const std::string& module, const std::string& argument);

}  // namespace thalweg
