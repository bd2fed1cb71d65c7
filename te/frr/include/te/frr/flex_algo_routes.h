// SPDX-License-Identifier: GPL-2.0-or-later
// What one router must have in its tables for SRv6 Flex-Algo (RFC 9350): its own SIDs and, per
// algorithm, the routes to everybody else's locators. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "base/ids.h"
#include "base/ip.h"
#include "te/algo/flex_algo.h"
#include "te/srv6/sid_map.h"
#include "te/topology/topology.h"

namespace pathwise::te {

struct NextHop {
  std::uint32_t ifindex = 0;
  Ipv6Address gateway;
  friend auto operator<=>(const NextHop&, const NextHop&) = default;
};

enum class RouteKind : std::uint8_t {
  kForward,  // to next_hops
  kUn,       // End with NEXT-C-SID (RFC 9800 section 4.1.1), block 32, id 16
  kUa,       // End.X with NEXT-C-SID (RFC 9800 section 4.1.2) to next_hops' only one
  kUdt6,     // End.DT6, main table (RFC 8986 section 4.6)
};

struct FrrRoute {
  Ipv6Prefix prefix;
  RouteKind kind = RouteKind::kForward;
  std::vector<NextHop> next_hops;  // sorted; kForward: at least one, kUa: one
  friend bool operator==(const FrrRoute&, const FrrRoute&) = default;
};
using FrrRoutes = std::map<Ipv6Prefix, FrrRoute>;

// zebra as Debian builds it takes 256; more than this helps nobody.
inline constexpr std::size_t kMaxNextHops = 32;

struct FlexAlgoInput {
  const TopologySnapshot& topology;
  NodeIndex self = kNoNode;
  const std::vector<FlexAlgoDefinition>& definitions;
  const SidMap& sids;
  const std::set<Algorithm>& held;  // algorithms whose forwarding routes must not be used
  // Interface of each local address of our links. A link without one is not used as next hop.
  const std::map<Ipv6Address, std::uint32_t>& interfaces;
};

// Own uN and uDT6 of each defined algorithm that has a block; of algorithm 0 the uDT6 (its uN is
// IS-IS's own) and a uA to each neighbour (isisd 10.3's do not work in a carrier). Empty if we have no node or no id.
[[nodiscard]] FrrRoutes flex_algo_routes(const FlexAlgoInput& input);

}  // namespace pathwise::te
