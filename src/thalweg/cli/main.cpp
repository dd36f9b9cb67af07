#include <fmt/format.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <new>
#include <system_error>

#include "thalweg/base/errors.h"
#include "thalweg/base/interrupt.h"
#include "thalweg/base/json.h"
#include "thalweg/base/version.h"
#include "thalweg/cli/commands.h"

namespace {

// What a buffer still holds counts: a full disk is seen when it is written.
int checked(int code) {
  errno = 0;
  std::cout.flush();
  if (std::fflush(stdout) == 0 && !std::ferror(stdout) && std::cout.good()) return code;
  thalweg::run_error("writing to standard output failed: {}", std::strerror(errno ? errno : EIO));
}

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
    return checked(code == 0 ? 0 : 2);
  }
  return checked(action());
}

// The last words of a run. No exception where stderr is closed or full, too: the exit code still tells.
void say(const std::string& text) { std::fputs(("thalweg: " + text + "\n").c_str(), stderr); }

}  // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_ALL, "C");
  thalweg::install_signal_handlers();
  try {
    return run(argc, argv);
  } catch (const thalweg::Interrupted& interrupted) {
    return interrupted.exit_code();
  } catch (const thalweg::Error& error) {
    say(error.what());
    return error.exit_code();
  } catch (const std::system_error& error) {  // fmt::print says "cannot write to file"
    say(std::ferror(stdout) ? "writing to standard output failed: " + error.code().message() : error.what());
    return 1;
  } catch (const nlohmann::json::exception& error) {
    say(fmt::format("a JSON document of the run folder is not as it was written ({}); remove the file or the folder",
                    thalweg::describe(error)));
    return 1;
  } catch (const std::bad_alloc&) {
    say("out of memory");
    return 1;
  } catch (const std::exception& error) {
    say(error.what());
    return 1;
  }
}
