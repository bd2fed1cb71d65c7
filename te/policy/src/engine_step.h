// SPDX-License-Identifier: Apache-2.0
// What the parts of PolicyEngine share while they work on one step.
#pragma once

#include <algorithm>
#include <variant>

#include "te/policy/engine.h"

namespace pathwise::te {

struct PolicyEngine::Step {
  const EngineInputs& inputs;
  EngineTime now;
  EngineOutput& out;

  void wake_at(SteadyTime when) { out.wake = out.wake ? std::min(*out.wake, when) : when; }
};

// nullptr: a candidate of another kind.
inline const ExplicitIntent* explicit_of(const CandidateIntent& candidate) {
  return std::get_if<ExplicitIntent>(&candidate.kind);
}

}  // namespace pathwise::te
