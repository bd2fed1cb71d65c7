// SPDX-License-Identifier: Apache-2.0
// Work inside another network namespace. A thread that changed its namespace is not given back:
// each call has a thread of its own.
#pragma once

#include <functional>

#include "base/error.h"

namespace pathwise::lab {

// Runs `work` in the network namespace of process `pid` (0: this process's) and returns its
// result. kNotFound if there is no such process here.
Result<void> in_netns_of(int pid, const std::function<Result<void>()>& work);

// Runs `work` in a new, empty network namespace.
Result<void> in_new_netns(const std::function<Result<void>()>& work);

}  // namespace pathwise::lab
