// SPDX-License-Identifier: Apache-2.0
// pathwise: the command line.
#include <array>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "command_table.h"
#include "commands.h"

namespace {

using pathwise::cli::Words;

struct Command {
  std::string_view name;
  int (*run)(Words);
};

constexpr std::array kCommands = {
    Command{"lab", pathwise::cli::run_lab},
    Command{"paths", pathwise::cli::run_paths},
    Command{"sites", pathwise::cli::run_sites},
    Command{"explain", pathwise::cli::run_explain},
    Command{"topology", pathwise::cli::run_topology},
    Command{"te", pathwise::cli::run_te},
    Command{"lsps", pathwise::cli::run_lsps},
    Command{"policy", pathwise::cli::run_policy},
    Command{"completion", pathwise::cli::run_completion},
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty()) {
    for (const Command& command : kCommands) {
      if (command.name == words[0]) return command.run(Words(words).subspan(1));
    }
    if (words[0] == "--help" || words[0] == "help") {
      std::cout << pathwise::cli::usage();
      return 0;
    }
    std::cerr << "pathwise: there is no command '" << words[0] << "'\n";
  }
  std::cerr << pathwise::cli::usage();
  return 2;
}
