#include <fmt/format.h>

#include <clocale>
#include <new>

#include "thalweg/base/errors.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/base/version.h"
#include "thalweg/cli/commands.h"

namespace {

int run(int argc, char** argv) {
  CLI::App app{"Thalweg: from a process name to collider events"};
  app.name("thalweg");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("thalweg ") + thalweg::version());
  app.footer(
      "Exit codes: 0 done, 1 the run failed, 2 the request is wrong, 3 the map is not usable, 4 fewer events or less "
      "accuracy than asked.");
  thalweg::Action action;
  thalweg::add_generate(app, action);
  thalweg::add_integrate(app, action);
  thalweg::add_train(app, action);
  thalweg::add_evaluate(app, action);
  thalweg::add_diagrams(app, action);
  thalweg::add_export(app, action);
  thalweg::add_inspect(app, action);
  thalweg::add_diagnose(app, action);
  thalweg::add_report(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return action();
}

}  // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_ALL, "C");
  thalweg::install_signal_handlers();
  try {
    return run(argc, argv);
  } catch (const thalweg::Interrupted& interrupted) {
    return interrupted.exit_code();
  } catch (const thalweg::Error& error) {
    fmt::print(stderr, "thalweg: {}\n", error.what());
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "thalweg: out of memory\n");
    return 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "thalweg: {}\n", error.what());
    return 1;
  }
}
