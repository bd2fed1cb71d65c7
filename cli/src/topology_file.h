// SPDX-License-Identifier: Apache-2.0
// `pathwise topology check FILE` and `pathwise topology diff A B`: topology files without a daemon. The words are
// those behind the sub-command; the exit codes are those of commands.h.
#pragma once

#include <span>
#include <string>

namespace pathwise::cli {

using Words = std::span<const std::string>;

// Says what is in the file, which links no computation uses and why; 1 with the element if the file is wrong, or if
// its source contradicted itself.
int topology_check(Words words);
// One line for each element that differs, attribute by attribute; 0 whether or not there are any.
int topology_diff(Words words);

}  // namespace pathwise::cli
