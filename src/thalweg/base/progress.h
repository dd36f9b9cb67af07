// Progress of long work on stderr: one line that rewrites itself on a terminal, plain lines every
// few seconds elsewhere. Time is only ever shown, never used to decide anything.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace thalweg {

enum class Verbosity { quiet, normal };

class Progress {
 public:
  explicit Progress(Verbosity verbosity);

  // Starts a stage of `total` units (0: unknown), such as ("generate", 10000, "events").
  void start(std::string stage, std::uint64_t total, std::string unit);
  // `done` units of the stage are made; `note` is shown behind the rate and the time left.
  void update(std::uint64_t done, const std::string& note = "");
  void finish(std::uint64_t done, const std::string& note = "");
  // One line of information that stays.
  void say(const std::string& line);
  // Seconds since start().
  double seconds() const;

 private:
  void show(const std::string& text, const char* end) const;
  std::string line(std::uint64_t done, const std::string& note) const;
  Verbosity verbosity_;
  bool terminal_;
  std::string stage_, unit_;
  std::uint64_t total_ = 0;
  std::chrono::steady_clock::time_point begin_, shown_;
};

}  // namespace thalweg
