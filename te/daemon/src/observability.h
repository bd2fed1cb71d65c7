// SPDX-License-Identifier: Apache-2.0
// te's state as metrics and as health. Names: docs/operating.md. te's thread.
#pragma once

#include <string>
#include <vector>

#include "net/metrics.h"
#include "te/fib/fib.h"
#include "te/measure/stamp_udp.h"
#include "te/snapshot/path_snapshot.h"

namespace pathwise::te {

struct Observed {
  const PathSnapshot& snapshot;
  const Fib& fib;
  const ReflectorCounters& reflector;
  const SenderCounters& sender;
  std::uint64_t netlink_overruns = 0;
  std::vector<std::string> topology_sources;   // as configured; may be none
  std::string topology_detail;                 // the source that is followed, or why it cannot be
  std::vector<std::string> topology_problems;  // what is wrong in the source
};

void update_metrics(net::Metrics& metrics, const Observed& observed);

// What is not as it should be; empty: all well.
[[nodiscard]] std::vector<std::string> problems(const Observed& observed);
// {"status":"ok"|"degraded","problems":[…]}
[[nodiscard]] std::string health_json(const Observed& observed);

}  // namespace pathwise::te
