// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "te/algo/encode.h"
#include "te/algo/spf.h"

namespace pathwise::te {
namespace {

// Forwards from `at` to `target` as every router on the way decides for itself.
Result<void> forward(const TopologySnapshot& snapshot, std::span<const std::uint32_t> costs, NodeIndex at,
                     NodeIndex target, std::vector<LinkIndex>& taken) {
  Spf spf;
  while (at != target) {
    spf.run(snapshot, costs, at);
    const auto next = spf.first_hops(target);
    if (next.size() != 1) {
      return fail(ErrorCode::kFailedPrecondition, "walk: {} has {} next hops to {}", snapshot.nodes[at].name,
                  next.size(), snapshot.nodes[target].name);
    }
    taken.push_back(next.front());
    at = snapshot.links[next.front()].to;  // each step is nearer: costs are positive
  }
  return {};
}

Result<NodeIndex> node_with(const NodeIds& ids, NodeId id) {
  const NodeIndex node = ids.node(id);
  if (node == kNoNode) return fail(ErrorCode::kInvalidArgument, "walk: nobody has node id {:x}", id.value());
  return node;
}

}  // namespace

Result<std::vector<LinkIndex>> walk(const TopologySnapshot& snapshot, NodeIndex source,
                                    const std::vector<Ipv6Address>& carriers, const WalkOptions& options) {
  std::vector<LinkIndex> taken;
  NodeIndex at = source;
  for (const Ipv6Address& carrier : carriers) {
    const auto algorithm = options.map.algorithm_of(carrier);
    const auto definition = algorithm
                                ? std::ranges::find(options.algorithms, *algorithm, &FlexAlgoDefinition::algorithm)
                                : options.algorithms.end();
    if (definition == options.algorithms.end()) {
      return fail(ErrorCode::kInvalidArgument, "walk: {} is in no block of the given algorithms", carrier);
    }
    const auto segments = options.map.segments_of(carrier);
    if (segments.empty()) return fail(ErrorCode::kInvalidArgument, "walk: carrier {} holds no node", carrier);
    const auto costs = link_costs(*definition, snapshot);
    for (const Segment& segment : segments) {
      const auto target = node_with(options.ids, segment.node);
      if (!target) return std::unexpected(target.error());
      if (auto done = forward(snapshot, costs, at, *target, taken); !done) return std::unexpected(done.error());
      at = *target;
      if (!segment.neighbour) continue;
      const auto neighbour = node_with(options.ids, *segment.neighbour);
      if (!neighbour) return std::unexpected(neighbour.error());
      const LinkIndex link = adjacency_link(snapshot, at, *neighbour);
      if (link == kNoLink) {
        return fail(ErrorCode::kFailedPrecondition, "walk: {} has no link to {}", snapshot.nodes[at].name,
                    snapshot.nodes[*neighbour].name);
      }
      taken.push_back(link);
      at = *neighbour;
    }
  }
  return taken;
}

}  // namespace pathwise::te
