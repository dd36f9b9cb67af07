#include <memory>

#include "thalweg/cli/commands.h"
#include "thalweg/cli/run_options.h"

namespace thalweg {

void add_generate(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("generate", "unweighted events from a run card");
  arguments->add_common(*command);
  command->add_option("-n,--events", arguments->events, "number of events (default: the card's)")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000'000'000}));
  command->add_option("-o,--output", arguments->output, "event file: .lhe, .lhe.gz or .h5");
  command->callback([=, &action] {
    action = [=] {
      Run run(arguments->card_with_overrides(), arguments->options());
      run.generate();
      return finish(run, *arguments);
    };
  });
}

}  // namespace thalweg
