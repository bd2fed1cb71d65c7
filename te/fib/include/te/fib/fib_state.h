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

// Where packets of a route go.
struct FibPath {
  std::vector<Ipv6Address> segments;   // H.Encaps.Red towards the first one; empty: no encapsulation
  std::optional<Ipv6Address> gateway;  // without segments; absent: as the main table routes the prefix
  friend bool operator==(const FibPath&, const FibPath&) = default;
};

struct FibRoute {
  FibPath path;
  Ipv6Address source;  // preferred source address; :: none
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

struct KernelNexthop {
  Egress egress;
  std::vector<Ipv6Address> segments;
  bool usable = true;  // false: of a form that is not ours (a group, another encapsulation or mode)
  friend bool operator==(const KernelNexthop&, const KernelNexthop&) = default;
};

struct KernelRoute {
  std::uint32_t nexthop_id = 0;  // 0: none
  Ipv6Address source;
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
