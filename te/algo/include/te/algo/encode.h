// SPDX-License-Identifier: Apache-2.0
// From links to segments and back. encode_path() finds the fewest uN SIDs whose shortest paths are
// exactly the given links; walk() follows carriers hop by hop as routers would, and shares nothing
// with the encoder but SPF: it is the check. Pure; any thread.
#pragma once

#include <vector>

#include "base/error.h"
#include "te/algo/cspf.h"
#include "te/algo/flex_algo.h"
#include "te/algo/node_ids.h"
#include "te/srv6/sid_map.h"
#include "te/topology/topology.h"

namespace pathwise::te {

// The algorithms whose shortest paths a segment may use. Of equally short lists the one with fewer
// changes of algorithm (each begins a carrier) wins, then the one of the algorithms named first.
// An algorithm without a locator at a node is not used to reach it.
struct SegmentOptions {
  std::vector<FlexAlgoDefinition> algorithms{FlexAlgoDefinition{}};  // algorithm 0 alone
};

// A path without links is one segment: the source itself in the first algorithm.
// kFailedPrecondition: a hop that no offered algorithm takes as its only shortest path (it needs an
// adjacency SID), named; or a node without id. kInvalidArgument: the links do not follow each other.
[[nodiscard]] Result<std::vector<NodeSegment>> encode_path(const TopologySnapshot& snapshot, const ComputedPath& path,
                                                           const NodeIds& ids, const SegmentOptions& options);

struct WalkOptions {
  const SidMap& map;
  const NodeIds& ids;
  const std::vector<FlexAlgoDefinition>& algorithms;
};

// The links that a packet takes from `source` with this segment list. Errors: kFailedPrecondition
// (several next hops, or none), kInvalidArgument (a carrier that is none of ours, or holds no node).
[[nodiscard]] Result<std::vector<LinkIndex>> walk(const TopologySnapshot& snapshot, NodeIndex source,
                                                  const std::vector<Ipv6Address>& carriers, const WalkOptions& options);

}  // namespace pathwise::te
