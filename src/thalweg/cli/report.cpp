#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "thalweg/base/errors.h"
#include "thalweg/cli/commands.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

// Plots are Python's part: python/thalweg/report.py with the project's virtual environment.
int run(const std::string& folder) {
  std::error_code code;
  if (!fs::exists(fs::path(folder) / "result.json", code))
    request_error("'{}' is no finished run (no result.json); make one with thalweg generate", folder);
  const fs::path venv = fs::path(THALWEG_VENV) / "bin/python";
  const std::string python = fs::exists(venv, code) ? venv.string() : "python3";
  const pid_t child = ::fork();
  if (child < 0) run_error("cannot start {}: {}", python, std::strerror(errno));
  if (child == 0) {
    ::setenv("PYTHONPATH", THALWEG_PYTHON, 1);
    ::execlp(python.c_str(), python.c_str(), "-m", "thalweg.report", folder.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    run_error("the report needs Python with numpy, h5py, pylhe and matplotlib ({}); run scripts/setup", python);
  return 0;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("report", "pictures of a finished run");
  command->add_option("run", *folder, "run folder")->required();
  command->callback([=, &action] { action = [=] { return run(*folder); }; });
}

}  // namespace thalweg
