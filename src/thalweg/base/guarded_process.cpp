#include "thalweg/base/guarded_process.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "thalweg/base/errors.h"
#include "thalweg/base/interrupt.h"

namespace thalweg {
namespace {

void write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(file, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

// The exit code and, behind it, the result or the message.
[[noreturn]] void work(int file, const std::function<std::string()>& make) {
  char code = 0;
  std::string text;
  try {
    text = make();
  } catch (const Interrupted& interrupted) {
    ::_exit(interrupted.exit_code());
  } catch (const Error& error) {
    code = static_cast<char>(error.exit_code());
    text = error.what();
  } catch (const std::exception& error) {
    code = 1;
    text = error.what();
  }
  write_all(file, code + text);
  ::_exit(0);
}

// The process that works, ended when this object is.
class Worker {
 public:
  explicit Worker(pid_t id) : id_(id) {}
  ~Worker() {
    if (id_ <= 0) return;
    ::kill(id_, SIGKILL);
    wait();
  }
  int wait() {
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    id_ = 0;
    return status;
  }

 private:
  pid_t id_;
};

}  // namespace

std::string in_guarded_process(const std::string& place, const std::function<std::string()>& make) {
  int ends[2];
  std::fflush(nullptr);
  if (::pipe(ends) != 0) run_error("{}: no pipe: {}", place, std::strerror(errno));
  const pid_t parent = ::getpid(), id = ::fork();
  if (id < 0) run_error("{}: no process: {}", place, std::strerror(errno));
  if (id == 0) {
    ::close(ends[0]);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    work(ends[1], make);
  }
  ::close(ends[1]);
  Worker worker(id);
  std::string text;
  char buffer[1 << 16];
  for (ssize_t n = 1; n > 0 || (n < 0 && errno == EINTR);) {
    n = ::read(ends[0], buffer, sizeof buffer);
    if (n > 0) text.append(buffer, static_cast<std::size_t>(n));
    if (n < 0 && is_interrupted()) break;
  }
  ::close(ends[0]);
  throw_if_interrupted();
  const int status = worker.wait();
  if (WIFSIGNALED(status))
    request_error("{} is damaged: the library that reads it ended with signal {} ({})", place, WTERMSIG(status),
                  strsignal(WTERMSIG(status)));
  if (text.empty()) run_error("{}: reading ended without a result", place);
  const char code = text.front();
  text.erase(0, 1);
  if (code == 2) throw RequestError(text);
  if (code != 0) throw RunError(text);
  return text;
}

}  // namespace thalweg
