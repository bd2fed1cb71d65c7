// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <span>

#include "te/algo/encode.h"
#include "te/algo/spf.h"

namespace pathwise::te {
namespace {

// What every router does with a packet to `target`: one SPF from the target over the links' other directions gives
// each router's distance to it, and with that its next hops.
class Forwarding {
 public:
  Forwarding(const TopologySnapshot& snapshot, std::span<const std::uint32_t> costs, NodeIndex target)
      : snapshot_(snapshot), costs_(costs), backwards_(costs.size(), kPruned) {
    for (LinkIndex link = 0; link < costs.size(); ++link) {
      if (snapshot.link_reverse[link] != kNoLink) backwards_[link] = costs[snapshot.link_reverse[link]];
    }
    spf_.run(snapshot, backwards_, target);
  }
  [[nodiscard]] std::vector<LinkIndex> next_hops(NodeIndex node) const {
    std::vector<LinkIndex> found;
    if (spf_.distance(node) == kUnreachable) return found;
    for (LinkIndex link = snapshot_.first_link[node]; link < snapshot_.first_link[node + 1]; ++link) {
      const std::uint64_t beyond = spf_.distance(snapshot_.link_to[link]);
      if (costs_[link] == kPruned || beyond == kUnreachable) continue;
      if (costs_[link] + beyond == spf_.distance(node)) found.push_back(link);
    }
    return found;
  }

 private:
  const TopologySnapshot& snapshot_;
  std::span<const std::uint32_t> costs_;
  std::vector<std::uint32_t> backwards_;
  Spf spf_;
};

// Forwards from `at` to `target` as every router on the way decides for itself.
Result<void> forward(const TopologySnapshot& snapshot, std::span<const std::uint32_t> costs, NodeIndex at,
                     NodeIndex target, std::vector<LinkIndex>& taken) {
  if (at == target) return {};
  const Forwarding forwarding(snapshot, costs, target);
  while (at != target) {
    const auto next = forwarding.next_hops(at);
    if (next.size() != 1) {
      return fail(ErrorCode::kFailedPrecondition, "walk: {} has {} next hops to {}", snapshot.nodes[at].name,
                  next.size(), snapshot.nodes[target].name);
    }
    taken.push_back(next.front());
    at = snapshot.links[next.front()].to;  // each step is nearer: costs are positive
  }
  return {};
}

// The same over every next hop that a router may choose.
Result<void> forward_all(const TopologySnapshot& snapshot, std::span<const std::uint32_t> costs, NodeIndex at,
                         NodeIndex target, std::vector<LinkIndex>& taken) {
  const Forwarding forwarding(snapshot, costs, target);
  std::set<NodeIndex> seen{at};
  std::vector<NodeIndex> open{at};
  while (!open.empty()) {
    const NodeIndex node = open.back();
    open.pop_back();
    if (node == target) continue;
    const auto next = forwarding.next_hops(node);
    if (next.empty()) {
      return fail(ErrorCode::kFailedPrecondition, "walk: {} has 0 next hops to {}", snapshot.nodes[node].name,
                  snapshot.nodes[target].name);
    }
    for (const LinkIndex link : next) {
      taken.push_back(link);
      if (seen.insert(snapshot.links[link].to).second) open.push_back(snapshot.links[link].to);
    }
  }
  return {};
}

Result<NodeIndex> node_with(const NodeIds& ids, NodeId id) {
  const NodeIndex node = ids.node(id);
  if (node == kNoNode) return fail(ErrorCode::kInvalidArgument, "walk: nobody has node id {:x}", id.value());
  return node;
}

// Decodes and follows; `reach` takes a packet to a node by shortest paths.
template <typename Reach>
Result<std::vector<LinkIndex>> follow(const TopologySnapshot& snapshot, NodeIndex source,
                                      const std::vector<Ipv6Address>& carriers, const WalkOptions& options,
                                      Reach reach) {
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
      if (auto done = reach(snapshot, costs, at, *target, taken); !done) return std::unexpected(done.error());
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

}  // namespace

Result<std::vector<LinkIndex>> walk(const TopologySnapshot& snapshot, NodeIndex source,
                                    const std::vector<Ipv6Address>& carriers, const WalkOptions& options) {
  return follow(snapshot, source, carriers, options, forward);
}

Result<std::vector<LinkIndex>> spread(const TopologySnapshot& snapshot, NodeIndex source,
                                      const std::vector<Ipv6Address>& carriers, const WalkOptions& options) {
  auto taken = follow(snapshot, source, carriers, options, forward_all);
  if (!taken) return taken;
  std::ranges::sort(*taken);
  const auto rest = std::ranges::unique(*taken);
  taken->erase(rest.begin(), rest.end());
  return taken;
}

}  // namespace pathwise::te
