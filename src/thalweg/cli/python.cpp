#include "thalweg/cli/python.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "thalweg/base/errors.h"
#include "thalweg/base/interrupt.h"

namespace thalweg {
namespace fs = std::filesystem;

std::string python_program() {
  std::error_code code;
  const fs::path venv = fs::path(THALWEG_VENV) / "bin/python";
  return fs::exists(venv, code) ? venv.string() : "python3";
}

int run_python(const std::string& module, const std::string& argument) {
  const std::string python = python_program();
  const pid_t child = ::fork();
  if (child < 0) run_error("cannot start {}: {}", python, std::strerror(errno));
  if (child == 0) {
    ::setenv("PYTHONPATH", THALWEG_PYTHON, 1);
    ::execlp(python.c_str(), python.c_str(), "-m", module.c_str(), argument.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) try {
      throw_if_interrupted();
    } catch (const Interrupted&) {
      ::kill(child, SIGTERM);
      ::waitpid(child, &status, 0);
      throw;
    }
  throw_if_interrupted();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

}  // namespace thalweg
