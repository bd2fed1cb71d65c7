// SPDX-License-Identifier: Apache-2.0
// Which interfaces of the wan node belong together, and how each direction behaves: read from the
// topology file that the lab itself was deployed from.
//
//   links:
//     - endpoints: ["r-pune:to-pa1", "wan:pune-pa1"]
//       vars: {delay: 1.5ms, rate: 200Mbps, loss: 0.1%, queue: 256KiB}
//     - endpoints: ["pa1:to-pune", "wan:pa1-pune"]
//       vars: {delay: 1.5ms, rate: 200Mbps}
//
// Interface x-y pairs with y-x. The vars of the link at x-y are those of the direction x to y:
// what comes in at x-y leaves at y-x. Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "lab/clab/topology.h"
#include "lab/wan/pipe.h"

namespace pathwise::wan {

struct Direction {
  std::string in;   // interface "pune-pa1"; also the direction's name
  std::string out;  // interface "pa1-pune"
  Shape shape;
};

// In the order of the file. Errors name the file and line: an interface that is not x-y, one without
// its pair, a var that is unknown or wrong; kNotFound for a node without links.
[[nodiscard]] Result<std::vector<Direction>> plan(const lab::Topology& topology, std::string_view node);

// "0.01" or "1%" as a probability.
[[nodiscard]] Result<double> parse_loss(std::string_view text);

inline constexpr Microseconds kDelayMax{10'000'000};

}  // namespace pathwise::wan
