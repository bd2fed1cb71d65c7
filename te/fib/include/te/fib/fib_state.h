// SPDX-License-Identifier: Apache-2.0
// What te wants in the kernel, and what is there. Values; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ip.h"

namespace pathwise::te {

// Everything of ours carries this protocol number; nothing without it is ever touched.
inline constexpr std::uint8_t kRouteProtocol = 201;  // "pathwise" in /etc/iproute2/rt_protos.d
// zebra counts nexthop ids from low numbers.
inline constexpr std::uint32_t kFirstNexthopId = 4'000'000;
inline constexpr std::uint32_t kRouteMetric = 512;
inline constexpr std::uint32_t kUnreachableMetric = 4'294'967'294;  // one better than the kernel's own null route

// One segment list of a path, and its share of the path's flows (RFC 9256 section 2.11).
struct WeightedSegments {
  std::vector<Ipv6Address> segments;  // H.Encaps.Red towards the first one; at least one
  std::uint8_t weight = 1;            // at least 1
  friend bool operator==(const WeightedSegments&, const WeightedSegments&) = default;
};

// Where packets of a route go.
struct FibPath {
  std::vector<WeightedSegments> lists;  // empty: no encapsulation; several: each flow takes one of them
  std::optional<Ipv6Address> gateway;   // without lists; absent: as the main table routes the prefix
  friend bool operator==(const FibPath&, const FibPath&) = default;
};
// Over one segment list.
[[nodiscard]] FibPath over(std::vector<Ipv6Address> segments);

struct FibRoute {
  FibPath path;
  Ipv6Address source;     // preferred source address; :: none
  std::uint32_t mtu = 0;  // of the network underneath (the kernel subtracts the encapsulation); 0: the interface's
  friend bool operator==(const FibRoute&, const FibRoute&) = default;
};

struct DesiredFib {
  std::optional<Ipv6Prefix> unreachable;  // the aggregate of all tier prefixes
  std::vector<Ipv6Address> addresses;     // /128 each, on lo
  std::map<Ipv6Prefix, FibRoute> routes;
  friend bool operator==(const DesiredFib&, const DesiredFib&) = default;
};

// The way out of this host.
struct Egress {
  std::uint32_t ifindex = 0;
  std::optional<Ipv6Address> gateway;  // absent: on link
  friend bool operator==(const Egress&, const Egress&) = default;
};

struct NexthopMember {
  std::uint32_t id = 0;
  std::uint8_t weight = 1;
  friend bool operator==(const NexthopMember&, const NexthopMember&) = default;
};

struct KernelNexthop {
  Egress egress;
  std::vector<Ipv6Address> segments;
  std::vector<NexthopMember> members;  // not empty: a group, and nothing else is set
  bool usable = true;                  // false: of a form that is not ours (another group, encapsulation or mode)
  [[nodiscard]] bool is_group() const { return !members.empty(); }
  friend bool operator==(const KernelNexthop&, const KernelNexthop&) = default;
};

struct KernelRoute {
  std::uint32_t nexthop_id = 0;  // 0: none
  Ipv6Address source;
  std::uint32_t mtu = 0;  // RTAX_MTU; 0: none
  friend bool operator==(const KernelRoute&, const KernelRoute&) = default;
};

// A route of ours is told by prefix and metric, as the kernel does.
struct RouteKey {
  Ipv6Prefix prefix;
  std::uint32_t metric = kRouteMetric;
  bool unreachable = false;
  friend auto operator<=>(const RouteKey&, const RouteKey&) = default;
};

// Only what carries our protocol number (addresses: IFA_PROTO) or, for nexthops, our ids too.
struct KernelFib {
  std::map<RouteKey, KernelRoute> routes;
  std::map<std::uint32_t, KernelNexthop> nexthops;
  std::vector<Ipv6Address> addresses;          // sorted
  std::vector<Ipv6Address> foreign_addresses;  // on lo, but put there by somebody else: used, never removed
  friend bool operator==(const KernelFib&, const KernelFib&) = default;
};

// Where our routes in the kernel lead: the aggregate and nexthops of a form that is not ours left out.
[[nodiscard]] std::map<Ipv6Prefix, FibPath> paths_of(const KernelFib& fib);

}  // namespace pathwise::te
