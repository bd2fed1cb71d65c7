// SPDX-License-Identifier: Apache-2.0
// completion: scripts for shells.
#include <iostream>

#include "command_table.h"
#include "commands.h"

namespace pathwise::cli {

int run_completion(Words words) {
  const auto script = words.size() == 1 ? completion_script(words[0])
                                        : fail(ErrorCode::kInvalidArgument, "which shell: bash, zsh or fish?");
  if (!script) {
    std::cerr << "pathwise: " << script.error().message << "\n";
    return 2;
  }
  std::cout << *script;
  return 0;
}

}  // namespace pathwise::cli
