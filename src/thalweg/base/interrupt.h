// SIGINT and SIGTERM: the first asks for an orderly end at the next chunk. Long loops call throw_if_interrupted(); the
// command line turns Interrupted into 130 or 143. A second SIGINT, or ten seconds without an orderly end, end the
// program at once, with the same exit code: files are whole at any time, a run goes on from its last checkpoint.
#pragma once

#include <exception>

namespace thalweg {

class Interrupted : public std::exception {
 public:
  explicit Interrupted(int signal) : signal_(signal) {}
  const char* what() const noexcept override { return "interrupted"; }
  int exit_code() const { return 128 + signal_; }

 private:
  int signal_;
};

// Installs the handlers, once per process.
void install_signal_handlers();
bool is_interrupted();
void throw_if_interrupted();

}  // namespace thalweg
