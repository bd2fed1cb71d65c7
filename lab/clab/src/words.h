// SPDX-License-Identifier: Apache-2.0
// Splits a command line into words as a POSIX shell would, without expanding anything: how
// containerlab reads cmd, entrypoint and exec.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace pathwise::lab {

// kInvalidArgument for a quote that is not closed.
[[nodiscard]] Result<std::vector<std::string>> split_words(std::string_view line);

}  // namespace pathwise::lab
