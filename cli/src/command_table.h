// SPDX-License-Identifier: Apache-2.0
// Every command of `pathwise` with its words: what help prints, and what the shells complete. One table, so that
// neither can forget a command. Constants; any thread.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace pathwise::cli {

struct CommandWords {
  std::string_view name;
  std::string_view help;                      // its lines of the usage
  std::vector<std::string_view> subcommands;  // the word behind the name, if there is a choice
  std::vector<std::string_view> options;
};

[[nodiscard]] std::span<const CommandWords> command_words();
[[nodiscard]] std::string usage();

// A script that completes commands, subcommands and options, and file names for everything else.
// kInvalidArgument: a shell that is none of bash, zsh, fish.
[[nodiscard]] Result<std::string> completion_script(std::string_view shell);

}  // namespace pathwise::cli
