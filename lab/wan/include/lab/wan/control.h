// SPDX-License-Identifier: Apache-2.0
// The relay's control protocol: one JSON object a line in, one a line out.
//
//   {"op":"set","link":"pune-pa1","delay":"30ms","rate":"50Mbps","loss":"1%","one_way":true}
//   {"op":"cut","link":"pune-pa1"}     both directions, unless one_way
//   {"op":"heal","link":"all"}         back to what the topology file says
//   {"op":"show"}                      every direction with its shape and counters
//
// Answers: {"ok":true,"directions":[…]} with the directions that the command was about, or
// {"ok":false,"error":"…"}. Pure but for the pipes that it changes; the relay's thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/wan/pipe.h"
#include "lab/wan/plan.h"

namespace pathwise::wan {

// A direction while the relay runs.
struct LiveDirection {
  Direction plan;
  Pipe pipe;
};

// The answer, without its newline. A command that is refused changes nothing.
[[nodiscard]] std::string handle_command(std::string_view line, std::vector<LiveDirection>& directions, Time now);

// The command line of `pathwise-wan ctl` as one command: {"set", "pune-pa1", "delay", "30ms", "one-way"}.
[[nodiscard]] Result<std::string> command_of(const std::vector<std::string>& words);

// An answer as text for a terminal. The error of an answer that is not ok.
[[nodiscard]] Result<std::string> render_answer(std::string_view answer);

}  // namespace pathwise::wan
