// SPDX-License-Identifier: Apache-2.0
// From links to segments and back. encode_path() finds the cheapest list of uN and uA SIDs that takes exactly
// the given links; walk() follows carriers hop by hop as routers would, and shares nothing with the encoder but
// SPF and the meaning of a uA: it is the check. Pure; any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "base/error.h"
#include "te/algo/cspf.h"
#include "te/algo/flex_algo.h"
#include "te/algo/node_ids.h"
#include "te/srv6/sid_map.h"
#include "te/topology/topology.h"

namespace pathwise::te {

struct SegmentOptions {
  // The algorithms whose shortest paths a uN may use. One without a locator at a node is not used to reach it.
  std::vector<FlexAlgoDefinition> algorithms{FlexAlgoDefinition{}};  // algorithm 0 alone
  // Set: uA SIDs may be used too, with these functions. They are algorithm 0's, which must be offered.
  const SidMap* adjacencies = nullptr;
  // Every link that has a uA is named by it, so that the path stays where it is whatever the metrics become.
  bool pin = false;
  // The endpoint's uDT6 will follow: the list ends with a uN (it cannot stand behind a uA), and the function
  // is one of the ids.
  bool ends_with_udt6 = true;
  // Links that packets may take as well: a uN may then have several shortest paths, if each of their links is
  // one of these. Empty: a uN needs an only shortest path.
  std::function<bool(LinkIndex)> ecmp;
  // What the headend can push (carriers are the SIDs of RFC 9352's MSDs), and how many 16-bit ids it may be.
  std::optional<std::size_t> max_carriers = std::nullopt;
  std::optional<std::size_t> max_ids = std::nullopt;
};

// The list with the fewest carriers (as pack_carriers() makes them: six ids each, another algorithm begins
// another), of these with the fewest ids (a uN is one, a uA two, the uDT6 one), of these with fewer uAs, then with
// the algorithms named first. Exact: label setting over (position, algorithm, ids in the open carrier), where a
// later position is never worse, because a part of an only shortest path is one too. Shortest paths are
// computed from the few positions that matter.
// A path without links is one segment: the source itself in the first algorithm.
// kFailedPrecondition: a hop that no offered segment takes, named; or a node without id. kInvalidArgument: the
// links do not follow each other. kResourceExhausted: the limits; it says how much the path needs.
[[nodiscard]] Result<std::vector<Segment>> encode_path(const TopologySnapshot& snapshot, const ComputedPath& path,
                                                       const NodeIds& ids, const SegmentOptions& options);

// The link that a uA SID of `from` towards `to` means: of parallel links the first usable one of the
// snapshot (least local address). kNoLink: there is none.
[[nodiscard]] LinkIndex adjacency_link(const TopologySnapshot& snapshot, NodeIndex from, NodeIndex to);

struct WalkOptions {
  const SidMap& map;
  const NodeIds& ids;
  const std::vector<FlexAlgoDefinition>& algorithms;
};

// The links that a packet takes from `source` with this segment list. Errors: kFailedPrecondition
// (several next hops, or none), kInvalidArgument (a carrier that is none of ours, or holds no node).
[[nodiscard]] Result<std::vector<LinkIndex>> walk(const TopologySnapshot& snapshot, NodeIndex source,
                                                  const std::vector<Ipv6Address>& carriers, const WalkOptions& options);

// The same where routers may choose between equal-cost next hops: every link that some packet can take,
// ascending. Errors as of walk(), but for several next hops.
[[nodiscard]] Result<std::vector<LinkIndex>> spread(const TopologySnapshot& snapshot, NodeIndex source,
                                                    const std::vector<Ipv6Address>& carriers,
                                                    const WalkOptions& options);

}  // namespace pathwise::te
