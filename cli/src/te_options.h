// SPDX-License-Identifier: Apache-2.0
// The words of commands that ask pathwise-te.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/units.h"

namespace pathwise::cli {

struct TeOptions {
  bool json = false;
  bool dot = false;
  std::string te = "/run/pathwise/te.sock";  // path of the socket
  std::string file;                          // --file: a saved topology instead of te
  std::string svg;                           // --svg: where to
  Milliseconds deadline{30'000};             // --deadline
  std::vector<std::string> rest;
};

// `allowed`: those of --json, --dot, --te, --file, --svg and --deadline that the command has.
// kInvalidArgument: another option, or one without its value.
[[nodiscard]] Result<TeOptions> read_te_options(std::span<const std::string> words,
                                                std::span<const std::string_view> allowed);

}  // namespace pathwise::cli
