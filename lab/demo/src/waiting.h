// SPDX-License-Identifier: Apache-2.0
// Waits for a condition that only asking can tell.
#pragma once

#include <chrono>
#include <thread>

#include "base/clock.h"

namespace pathwise::lab {

// Asks every 50 ms (each question is a command in a container, so no faster) until `condition` holds or `deadline`.
template <typename Condition>
[[nodiscard]] bool wait_until(const Clock& clock, SteadyTime deadline, Condition&& condition) {
  while (!condition()) {
    if (clock.now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

}  // namespace pathwise::lab
