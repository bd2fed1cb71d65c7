// SPDX-License-Identifier: Apache-2.0
// The relay's loop: frames from each interface into its pipe, frames that are due out of the
// pair's, commands from the control socket; one epoll, one thread, nanosecond time-outs.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/error.h"
#include "lab/wan/plan.h"

namespace pathwise::wan {

// Runs until `stop` is set and a signal has interrupted the wait. Errors are those of starting.
Result<void> relay(const std::vector<Direction>& directions, const std::string& control_path,
                   const std::atomic<bool>& stop);

}  // namespace pathwise::wan
