// SIGINT and SIGTERM: the first asks for an orderly end at the next chunk, a second SIGINT ends at
// once. Long loops call throw_if_interrupted(); the command line turns Interrupted into 130 or 143.
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
void throw_if_interrupted();

}  // namespace thalweg
