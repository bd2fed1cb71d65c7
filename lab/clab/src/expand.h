// SPDX-License-Identifier: Apache-2.0
// Environment variables in a topology's text, as containerlab expands them before reading YAML:
// $NAME and ${NAME} become the value where the variable is set and stay as they are where it is
// not; ${NAME:-text}, ${NAME:=text}, ${NAME-text} and ${NAME=text} become the text instead.
#pragma once

#include <string>
#include <string_view>

#include "lab/clab/topology.h"

namespace pathwise::lab {

// The expanded text has as many lines as `text`, so that later errors keep their line numbers.
// Mistakes go to `problems` with their place in `file`.
[[nodiscard]] std::string expand(std::string_view text, const std::string& file, const Environment& environment,
                                 config::Diagnostics& problems);

}  // namespace pathwise::lab
