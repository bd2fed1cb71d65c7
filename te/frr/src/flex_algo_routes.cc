// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/flex_algo_routes.h"

#include <algorithm>

#include "te/algo/encode.h"
#include "te/algo/node_ids.h"
#include "te/algo/spf.h"

namespace pathwise::te {
namespace {

constexpr std::uint8_t kFunctionBits = 64;  // block 32, node id 16, function 16

void add(FrrRoutes& routes, FrrRoute route) {
  const Ipv6Prefix prefix = route.prefix;
  routes.insert_or_assign(prefix, std::move(route));
}

void add_own_sids(FrrRoutes& routes, const FlexAlgoInput& input, Algorithm algorithm, NodeId id) {
  const auto udt6 = input.sids.udt6_sid(algorithm, id);
  if (!udt6) return;
  add(routes, {.prefix = {*udt6, kFunctionBits}, .kind = RouteKind::kUdt6, .next_hops = {}});
  if (algorithm == kAlgorithmSpf) return;
  add(routes, {.prefix = *input.sids.locator(algorithm, id), .kind = RouteKind::kUn, .next_hops = {}});
}

void add_adjacencies(FrrRoutes& routes, const FlexAlgoInput& input, const NodeIds& ids, NodeId own) {
  for (const Link& link : input.topology.out_links(input.self)) {
    const auto index = static_cast<LinkIndex>(&link - input.topology.links.data());
    const auto neighbour = ids.id(link.to);
    const auto interface = input.interfaces.find(link.local_address);
    if (!neighbour || interface == input.interfaces.end() || link.remote_address.is_unspecified() ||
        adjacency_link(input.topology, input.self, link.to) != index) {
      continue;
    }
    if (const auto sid = input.sids.adjacency_sid(own, *neighbour)) {
      add(routes, {.prefix = {*sid, kFunctionBits},
                   .kind = RouteKind::kUa,
                   .next_hops = {{interface->second, link.remote_address}}});
    }
  }
}

std::vector<NextHop> next_hops(const FlexAlgoInput& input, const std::vector<LinkIndex>& links) {
  std::vector<NextHop> hops;
  for (const LinkIndex index : links) {
    const Link& link = input.topology.links[index];
    const auto interface = input.interfaces.find(link.local_address);
    if (interface == input.interfaces.end() || link.remote_address.is_unspecified()) continue;
    hops.push_back({interface->second, link.remote_address});
  }
  std::ranges::sort(hops);
  if (hops.size() > kMaxNextHops) hops.resize(kMaxNextHops);
  return hops;
}

// Without the links that no router could have as a next hop: to send a packet towards one would be to drop it there.
// Every node sees the same addresses, and so prunes the same links.
std::vector<std::uint32_t> costs_of(const FlexAlgoDefinition& definition, const TopologySnapshot& topology) {
  auto costs = link_costs(definition, topology);
  for (LinkIndex i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    if (link.local_address.is_unspecified() || link.remote_address.is_unspecified()) costs[i] = kPruned;
  }
  return costs;
}

void add_forwarding(FrrRoutes& routes, const FlexAlgoInput& input, const FlexAlgoDefinition& definition, Spf& spf) {
  const auto costs = costs_of(definition, input.topology);
  spf.run(input.topology, costs, input.self);
  for (NodeIndex node = 0; node < input.topology.nodes.size(); ++node) {
    if (node == input.self || spf.distance(node) == kUnreachable) continue;
    auto hops = next_hops(input, spf.first_hops(node));
    if (hops.empty()) continue;
    for (const auto& [algorithm, prefix] : input.topology.nodes[node].locators) {
      if (algorithm != definition.algorithm) continue;
      add(routes, {.prefix = prefix, .kind = RouteKind::kForward, .next_hops = hops});
    }
  }
}

}  // namespace

FrrRoutes flex_algo_routes(const FlexAlgoInput& input) {
  FrrRoutes routes;
  if (input.self == kNoNode) return routes;
  const NodeIds ids = NodeIds::from_locators(input.topology, input.sids);
  const auto id = ids.id(input.self);
  if (!id) return routes;
  add_own_sids(routes, input, kAlgorithmSpf, *id);
  add_adjacencies(routes, input, ids, *id);
  Spf spf;
  for (const FlexAlgoDefinition& definition : input.definitions) {
    if (!is_flex_algo(definition.algorithm) || !input.sids.blocks().contains(definition.algorithm)) continue;
    add_own_sids(routes, input, definition.algorithm, *id);
    if (!input.held.contains(definition.algorithm)) add_forwarding(routes, input, definition, spf);
  }
  return routes;
}

}  // namespace pathwise::te
