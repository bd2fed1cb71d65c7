// SPDX-License-Identifier: Apache-2.0
// pathwise: the command line.
#include <array>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"

namespace {

using pathwise::cli::Words;

struct Command {
  std::string_view name;
  int (*run)(Words);
};

constexpr std::array kCommands = {
    Command{"lab", pathwise::cli::run_lab},     Command{"paths", pathwise::cli::run_paths},
    Command{"sites", pathwise::cli::run_sites}, Command{"explain", pathwise::cli::run_explain},
    Command{"lsps", pathwise::cli::run_lsps},   Command{"policy", pathwise::cli::run_policy},
};

constexpr std::string_view kUsage =
    "usage: pathwise COMMAND …\n"
    "  lab preflight                      what this machine lacks to run a lab\n"
    "  lab up|down|status FILE.clab.yml   deploy a containerlab topology, without containerlab\n"
    "  lab exec FILE.clab.yml NODE COMMAND [ARG …]\n"
    "  paths [--json]                     per site and tier: state, active path, SIDs, RTT\n"
    "  sites [--json]                     per site: models, load, age of its digest\n"
    "  explain REQUEST-ID [--json]        why a request went where it went\n"
    "  lsps [--json] [--pce SOCKET]       what a pathwise-pce has computed\n"
    "  policy check FILE                  every mistake of a fabric.yaml or node.yaml, with line and column\n"
    "  policy hash-key KEY                the scrypt line of an API key, for fabric.yaml\n"
    "paths, sites and explain ask the router at --admin ADDRESS (default unix:/run/pathwise/admin.sock)\n";

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty()) {
    for (const Command& command : kCommands) {
      if (command.name == words[0]) return command.run(Words(words).subspan(1));
    }
    if (words[0] == "--help" || words[0] == "help") {
      std::cout << kUsage;
      return 0;
    }
    std::cerr << "pathwise: there is no command '" << words[0] << "'\n";
  }
  std::cerr << kUsage;
  return 2;
}
