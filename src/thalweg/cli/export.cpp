#include <fmt/format.h>

#include <memory>

#include "thalweg/amplitude/evaluator.h"
#include "thalweg/base/errors.h"
#include "thalweg/cli/commands.h"
#include "thalweg/umami/exported_process.h"

namespace thalweg {
namespace {

struct Arguments {
  std::string process, model = "sm", output;
};

int run(const Arguments& a) {
  const Model model(a.model);
  select_process(parse_process(a.process, model, default_multiparticles(5)), model,
                 model.vertices(model.default_parameters()));
  if (!a.output.ends_with(".so")) request_error("-o {}: expected a name that ends in .so", a.output);
  export_process(exported_library(), a.output, a.process, a.model);
  fmt::print("{}: {} (model {}) through the UMAMI interface\n", a.output, a.process, a.model);
  return 0;
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("export", "a process as a shared library with the UMAMI interface");
  command->add_option("process", a->process, "such as \"g g > t t~\"")->required();
  command->add_option("-o,--output", a->output, "library to write (.so)")->required();
  command->add_option("--model", a->model, "sm, sm_zprime or sm_cp");
  command->callback([=, &action] { action = [=] { return run(*a); }; });
}

}  // namespace thalweg
