// SPDX-License-Identifier: Apache-2.0
#include "base/daemon_arguments.h"

#include <cstdio>

#include "base/format.h"

namespace pathwise {

std::expected<DaemonArguments, int> parse_daemon_arguments(int argc, const char* const* argv,
                                                           const DaemonProgram& program) {
  DaemonArguments arguments{.config = program.config};
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--config" && i + 1 < argc) {
      arguments.config = argv[++i];
    } else if (option == "--check") {
      arguments.check = true;
    } else if (option == "--verbose") {
      arguments.verbose = true;
    } else if (option == "--help" || option == "-h") {
      print_to(stdout, "{}", program.usage);
      return std::unexpected(0);
    } else {
      print_to(stderr, "{}: unknown or incomplete option '{}'\n{}", program.name, option, program.usage);
      return std::unexpected(2);
    }
  }
  return arguments;
}

}  // namespace pathwise
