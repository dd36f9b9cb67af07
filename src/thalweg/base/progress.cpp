#include "thalweg/base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace thalweg {
namespace {

std::string duration(double seconds) {
  if (seconds < 100) return fmt::format("{:.0f} s", seconds);
  if (seconds < 6000) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string count(double n) {
  if (n >= 1e7) return fmt::format("{:.1f}M", n / 1e6);
  if (n >= 1e4) return fmt::format("{:.1f}k", n / 1e3);
  return fmt::format("{:.0f}", n);
}

}  // namespace

Progress::Progress(Verbosity verbosity) : verbosity_(verbosity), terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::start(std::string stage, std::uint64_t total, std::string unit) {
  stage_ = std::move(stage);
  unit_ = std::move(unit);
  total_ = total;
  begin_ = shown_ = std::chrono::steady_clock::now();
}

double Progress::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

std::string Progress::line(std::uint64_t done, const std::string& note) const {
  const double elapsed = seconds();
  const double rate = elapsed > 0 ? static_cast<double>(done) / elapsed : 0;
  std::string text = fmt::format("{:<10} {}", stage_, count(static_cast<double>(done)));
  if (total_ > 0) text += fmt::format(" of {}", count(static_cast<double>(total_)));
  text += fmt::format(" {}, {}/s", unit_, count(rate));
  if (total_ > done && rate > 0) text += fmt::format(", {} left", duration(static_cast<double>(total_ - done) / rate));
  if (!note.empty()) text += "  " + note;
  return text;
}

// On a terminal the line before is wiped first.
void Progress::show(const std::string& text, const char* end) const {
  // A run does not end because nobody can read this any more: no exception.
  std::fputs(fmt::format("{}{}{}", terminal_ ? "\r\x1b[K" : "", text, end).c_str(), stderr);
  std::fflush(stderr);
}

void Progress::update(std::uint64_t done, const std::string& note) {
  if (verbosity_ == Verbosity::quiet) return;
  const auto now = std::chrono::steady_clock::now();
  if (std::chrono::duration<double>(now - shown_).count() < (terminal_ ? 0.2 : 10.0)) return;
  shown_ = now;
  show(line(done, note), terminal_ ? "" : "\n");
}

void Progress::finish(std::uint64_t done, const std::string& note) {
  if (verbosity_ == Verbosity::quiet) return;
  show(line(done, note) + "  (" + duration(seconds()) + ")", "\n");
}

void Progress::say(const std::string& text) {
  if (verbosity_ == Verbosity::quiet) return;
  show(text, "\n");
}

}  // namespace thalweg
