// Runs a test on each SIMD target of this machine.
#pragma once

#include <gtest/gtest.h>
#include <hwy/targets.h>

namespace thalweg {

// Runs `body` on each target, and says which in a failure.
inline void on_every_target(const auto& body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace thalweg
