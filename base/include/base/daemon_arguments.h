// SPDX-License-Identifier: Apache-2.0
// The command line that every daemon has: --config FILE, --check, --verbose, --help, and perhaps flags of
// its own.
#pragma once

#include <expected>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pathwise {

struct DaemonProgram {
  std::string_view name;                // "pathwise-te", before what is printed
  std::string_view usage;               // printed for --help, and after a mistake
  std::string config;                   // default of --config
  std::vector<std::string_view> flags;  // further options without a value: "--keep-routes"
};

struct DaemonArguments {
  std::string config;
  bool check = false;
  bool verbose = false;
  std::set<std::string_view> flags;  // those of DaemonProgram::flags that were given
};

// Else the exit status, everything having been said: 0 after --help, 2 after a mistake.
[[nodiscard]] std::expected<DaemonArguments, int> parse_daemon_arguments(int argc, const char* const* argv,
                                                                         const DaemonProgram& program);

}  // namespace pathwise
