#include "thalweg/base/guarded_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>

#include "thalweg/base/errors.h"

namespace thalweg {
namespace {

TEST(GuardedProcess, PassesOnResultsAndErrors) {
  EXPECT_EQ(in_guarded_process("f", [] { return std::string(1'000'000, 'x'); }), std::string(1'000'000, 'x'));
  EXPECT_EQ(in_guarded_process("f", [] { return std::string(); }), "");
  EXPECT_THROW(in_guarded_process("f", []() -> std::string { request_error("no"); }), RequestError);
  EXPECT_THROW(in_guarded_process("f", []() -> std::string { run_error("no"); }), RunError);
  EXPECT_THROW(in_guarded_process("f", []() -> std::string { throw std::bad_alloc(); }), RunError);
}

TEST(GuardedProcess, ACrashIsASentence) {
  for (const int signal : {SIGKILL, SIGTERM}) {
    try {
      in_guarded_process("'a.h5'", [&]() -> std::string {
        ::signal(signal, SIG_DFL);
        ::raise(signal);
        return "alive";
      });
      FAIL();
    } catch (const RequestError& error) {
      EXPECT_NE(std::string(error.what()).find("'a.h5' is damaged"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace thalweg
