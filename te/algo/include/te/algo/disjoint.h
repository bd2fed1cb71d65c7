// SPDX-License-Identifier: Apache-2.0
// Two paths that do not fail together, with the least sum of costs. Pure; any thread.
//
// Links or nodes, and no bound on a sum and no hop to include: Suurballe's two augmentations with reduced
// costs (Suurballe, "Disjoint paths in a network", Networks 4, 1974; Suurballe and Tarjan, Networks 14, 1984;
// nodes split as in Bhandari, "Survivable Networks", 1999): polynomial and exact.
// With bounds, includes or shared risks the problem is NP-hard (for risks: Hu, "Diverse routing in optical mesh
// networks", IEEE Trans. Communications 51, 2003). Then the pair of Suurballe is taken if it happens to keep
// every constraint: nothing is better. Else first paths are tried in the order of their costs (Yen), each with
// the best second path beside it, until no pair that is left can be better: also exact, and free of traps (a
// best first path that leaves no second), but after kMaxDisjointTrials first paths, or the work that k_shortest.h
// allows, it gives up: the best pair so far is returned as not `proven`.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "te/algo/cspf.h"
#include "te/topology/topology.h"

namespace pathwise::te {

// What the paths must not have in common besides their ends. A link in its two directions is the same link;
// it is never shared, whatever is asked.
enum class Disjointness : std::uint8_t { kLink, kNode, kSrlg, kNodeAndSrlg };

struct DisjointRequest {
  CspfRequest path;  // for each of the two; without penalties
  Disjointness disjoint = Disjointness::kLink;
  // The T flag of RFC 8800's DISJOINTNESS-CONFIGURATION TLV: no pair rather than one that shares. Else the pair that
  // shares the fewest elements (links, and nodes and risk groups if they count), then the one of the least cost.
  bool strict = true;
};

struct DisjointPair {
  ComputedPath first;  // the cheaper one
  ComputedPath second;
  std::size_t shared_links = 0;
  std::size_t shared_nodes = 0;  // besides the ends
  std::size_t shared_srlgs = 0;
  bool proven = true;  // no other pair is better
  [[nodiscard]] std::uint64_t cost() const { return first.cost + second.cost; }
};

inline constexpr std::size_t kMaxDisjointTrials = 100;

// Errors: those of compute_cspf() (kNotFound also if there are paths, but strictly no two: proven, and says what
// they all share if it is one risk); kResourceExhausted: none was found among the first kMaxDisjointTrials first
// paths; kInvalidArgument: penalties, or both ends are the same node. Not strict, there is a pair if there is a
// path. Relaxed risk groups are counted link by link while a second path is chosen: such a pair is only `proven`
// if nothing is shared.
[[nodiscard]] Result<DisjointPair> disjoint_pair(const TopologySnapshot& snapshot, const DisjointRequest& request);

}  // namespace pathwise::te
