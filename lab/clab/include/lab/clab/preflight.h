// SPDX-License-Identifier: Apache-2.0
// What this machine lacks for a lab, found before anything starts: each finding says what is
// missing and what to do about it. The kernel is probed by doing, in a network namespace of a
// thread that ends with the probe, not by reading configuration.
#pragma once

#include <string>
#include <vector>

#include "lab/clab/engine.h"

namespace pathwise::lab {

struct Finding {
  enum class Severity : std::uint8_t { kOk, kWarning, kFatal };
  Severity severity = Severity::kOk;
  std::string subject;  // "seg6local NEXT-C-SID"
  std::string detail;   // what was found
  std::string remedy;   // empty if kOk
};

[[nodiscard]] std::vector<Finding> preflight(ContainerEngine& engine);

// All fatal findings as one error (kFailedPrecondition), or nothing.
[[nodiscard]] Result<void> verdict(const std::vector<Finding>& findings);

}  // namespace pathwise::lab
