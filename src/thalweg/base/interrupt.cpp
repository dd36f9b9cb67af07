#include "thalweg/base/interrupt.h"

#include <unistd.h>

#include <csignal>

namespace thalweg {
namespace {

constexpr unsigned kPatience = 10;  // seconds

volatile std::sig_atomic_t received = 0;

extern "C" void on_signal(int signal) {
  if (received == SIGINT && signal == SIGINT) _exit(128 + SIGINT);
  if (received == 0) alarm(kPatience);
  received = signal;
}

extern "C" void on_alarm(int) { _exit(128 + received); }

}  // namespace

void install_signal_handlers() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = on_alarm;
  sigaction(SIGALRM, &action, nullptr);
  // A write to a closed pipe or past a file size limit is an error we report, not a sudden death.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}

bool is_interrupted() { return received != 0; }

void throw_if_interrupted() {
  if (received != 0) throw Interrupted(static_cast<int>(received));
}

}  // namespace thalweg
