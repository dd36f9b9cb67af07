#include <memory>

#include "thalweg/cli/commands.h"
#include "thalweg/cli/run_options.h"

namespace thalweg {

void add_integrate(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("integrate", "cross section of a run card, with its error");
  arguments->add_common(*command);
  command->add_option("--accuracy", arguments->accuracy, "relative error at which to stop");
  command->callback([=, &action] {
    action = [=] {
      Run run(arguments->card_with_overrides(), arguments->options());
      run.integrate();
      return finish(run, *arguments);
    };
  });
}

}  // namespace thalweg
