// SPDX-License-Identifier: Apache-2.0
// From links to segments and back. encode_path() finds the fewest uN SIDs whose shortest paths are
// exactly the given links; pin_path() names every link by its uA SID, so that the path stays where it
// is whatever the metrics become; walk() follows carriers hop by hop as routers would, and shares nothing
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
[[nodiscard]] Result<std::vector<Segment>> encode_path(const TopologySnapshot& snapshot, const ComputedPath& path,
                                                       const NodeIds& ids, const SegmentOptions& options);

// The link that a uA SID of `from` towards `to` means: of parallel links the first usable one of the
// snapshot (least local address). kNoLink: there is none.
[[nodiscard]] LinkIndex adjacency_link(const TopologySnapshot& snapshot, NodeIndex from, NodeIndex to);

// One uA a link, then the last node's uN in algorithm 0 (a uDT6 needs a node).
// kFailedPrecondition: a node without id, or a link without a uA: it is not its nodes' adjacency_link(), or
// `map` has no function for the neighbour's id. kInvalidArgument: the links do not follow each other.
[[nodiscard]] Result<std::vector<Segment>> pin_path(const TopologySnapshot& snapshot, const ComputedPath& path,
                                                    const NodeIds& ids, const SidMap& map);

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
