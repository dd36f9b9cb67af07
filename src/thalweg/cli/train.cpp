#include <memory>

#include "thalweg/cli/commands.h"
#include "thalweg/cli/run_options.h"

namespace thalweg {

void add_train(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("train", "adapt the sampler and store it in the run folder");
  arguments->add_common(*command);
  command->callback([=, &action] {
    action = [=] {
      Run run(arguments->card_with_overrides(), arguments->options());
      run.train();
      return finish(run, *arguments);
    };
  });
}

}  // namespace thalweg
