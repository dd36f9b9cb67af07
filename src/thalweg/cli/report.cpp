#include <filesystem>
#include <memory>

#include "thalweg/base/errors.h"
#include "thalweg/cli/commands.h"
#include "thalweg/cli/python.h"
#include "thalweg/run/run_folder.h"

namespace thalweg {
namespace {

int run(const std::string& folder) {
  if (!load_json(std::filesystem::path(folder) / "result.json"))
    request_error("'{}' is no finished run (no result.json); make one with thalweg generate", folder);
  if (run_python("thalweg.report", folder) != 0)
    run_error("the report needs Python with numpy, h5py, pylhe and matplotlib ({}); run scripts/setup",
              python_program());
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
