// SPDX-License-Identifier: Apache-2.0
// The command line of pathwise-load.
#pragma once

#include <span>
#include <string>

#include "lab/load/client.h"

namespace pathwise::lab {

struct LoadCommand {
  LoadOptions options;
  Microseconds duration{10'000'000};
  std::string records_file;  // empty: none
  bool help = false;
};

[[nodiscard]] std::string load_usage();
// kInvalidArgument naming the option and what would be right.
[[nodiscard]] Result<LoadCommand> parse_load_command(std::span<const char* const> arguments);

}  // namespace pathwise::lab
