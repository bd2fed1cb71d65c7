// SPDX-License-Identifier: Apache-2.0
// What a path computation must find, by trying everything: shares nothing with te/algo but the request.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "te/algo/cspf.h"

namespace pathwise::te {

struct OraclePath {
  std::vector<LinkIndex> links;
  std::uint64_t cost = 0;
  // The order of preference as cspf.h words it: penalties, cost, bounded sums, hops.
  std::vector<std::uint64_t> rank;
};

// Every loopless path that keeps every constraint, the best rank first.
[[nodiscard]] std::vector<OraclePath> all_paths(const TopologySnapshot& snapshot, const CspfRequest& request);

// The links as such a path, whether they keep the constraints or not; they must have the metrics.
[[nodiscard]] OraclePath describe(const TopologySnapshot& snapshot, const CspfRequest& request,
                                  std::vector<LinkIndex> links);
[[nodiscard]] bool keeps_constraints(const TopologySnapshot& snapshot, const CspfRequest& request,
                                     const std::vector<LinkIndex>& links);

// A request with any combination of objective, bounds and constraints; each of them is there half the time or less.
// Refers to `prices`, which it fills.
[[nodiscard]] CspfRequest random_request(const TopologySnapshot& snapshot, Random& random,
                                         std::vector<std::uint32_t>& prices);

// "a-b-c", or the error.
[[nodiscard]] std::string route(const TopologySnapshot& snapshot, const Result<ComputedPath>& path);

}  // namespace pathwise::te
