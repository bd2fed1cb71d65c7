// SPDX-License-Identifier: Apache-2.0
// The command line that every daemon has: --config FILE, --check, --verbose, --help.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace pathwise {

struct DaemonProgram {
  std::string_view name;   // "pathwise-te", before what is printed
  std::string_view usage;  // printed for --help, and after a mistake
  std::string config;      // default of --config
};

struct DaemonArguments {
  std::string config;
  bool check = false;
  bool verbose = false;
};

// Else the exit status, everything having been said: 0 after --help, 2 after a mistake.
[[nodiscard]] std::expected<DaemonArguments, int> parse_daemon_arguments(int argc, const char* const* argv,
                                                                         const DaemonProgram& program);

}  // namespace pathwise
