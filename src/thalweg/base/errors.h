// Errors that a user can act on. Every message says what is wrong, which value, where, what was
// expected and what to try. Three tiers, never mixed:
//   RequestError  the command line, card or an input file is wrong         (exit code 2)
//   RunError      the request was fine, carrying it out failed             (exit code 1)
//   assert()      a contract broken by our own code
// A difficult event is none of these: it is a value and a counter.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace thalweg {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  virtual int exit_code() const = 0;
};

class RequestError : public Error {
 public:
  using Error::Error;
  int exit_code() const override { return 2; }
};

class RunError : public Error {
 public:
  using Error::Error;
  int exit_code() const override { return 1; }
};

// Throw with a formatted message: request_error("unknown particle '{}'", name).
template <class... Args>
[[noreturn]] void request_error(fmt::format_string<Args...> text, Args&&... args) {
  throw RequestError(fmt::format(text, std::forward<Args>(args)...));
}

template <class... Args>
[[noreturn]] void run_error(fmt::format_string<Args...> text, Args&&... args) {
  throw RunError(fmt::format(text, std::forward<Args>(args)...));
}

// Runs `body`; an error that leaves it gets `place` (such as "card.toml:7: cuts.m_ee") in front.
template <class Body>
decltype(auto) with_place(const std::string& place, Body&& body) {
  try {
    return body();
  } catch (const RequestError& error) {
    throw RequestError(place + ": " + error.what());
  } catch (const RunError& error) {
    throw RunError(place + ": " + error.what());
  }
}

}  // namespace thalweg
