// SPDX-License-Identifier: Apache-2.0
// Constrained shortest path: one additive objective, optionally one additive bound (delay), and link
// constraints (bandwidth, affinities) that only prune. Exact: label setting with dominance on
// (objective, delay) (Desrochers and Soumis, "A generalized permanent labelling algorithm for the
// shortest path problem with time windows", INFOR 26, 1988), ordered and pruned by the reverse
// shortest-path bounds of both metrics. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "te/algo/flex_algo.h"
#include "te/topology/topology.h"

namespace pathwise::te {

enum class CspfObjective : std::uint8_t { kIgp, kTe, kDelay };

struct CspfRequest {
  NodeIndex source = kNoNode;
  NodeIndex destination = kNoNode;
  CspfObjective optimise = CspfObjective::kDelay;
  // Bound on the sum of the links' average unidirectional delay (RFC 8233 section 3.1: Path Delay).
  std::optional<Microseconds> max_delay;
  std::optional<BitsPerSecond> bandwidth;
  // What is free on each link (index as in snapshot.links). Empty: each link's maximum reservable
  // bandwidth. Not used without `bandwidth`.
  std::span<const BitsPerSecond> available;
  AdminGroups exclude_any;
  AdminGroups include_any;  // empty: no constraint
  AdminGroups include_all;
};

struct ComputedPath {
  NodeIndex source = kNoNode;
  std::vector<LinkIndex> links;       // empty: the source is the destination
  std::uint64_t cost = 0;             // sum of the objective
  std::optional<Microseconds> delay;  // nullopt: a link of the path has no delay
  friend bool operator==(const ComputedPath&, const ComputedPath&) = default;
};

// More labels than this for one computation is a refusal: memory stays bounded (48 bytes each).
inline constexpr std::size_t kMaxCspfLabels = 2'000'000;

// Links without the objective's metric, without a delay if it is bounded, or without a known
// bandwidth if one is asked for, are not used. Of equal costs the path of less delay wins (if delay
// matters), then of fewer hops, then a fixed one for the same snapshot.
// Errors: kInvalidArgument (no such node), kNotFound (no path; says which constraint is in the way),
// kResourceExhausted.
[[nodiscard]] Result<ComputedPath> compute_cspf(const TopologySnapshot& snapshot, const CspfRequest& request);

}  // namespace pathwise::te
