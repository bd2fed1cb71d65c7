// SPDX-License-Identifier: Apache-2.0
// The steps from what is in the kernel to what is wanted, in an order that never opens a hole:
// first the unreachable aggregate, then addresses, nexthops, routes; removals last. A path change is one
// replaced nexthop object (measured: no packet lost). Several segment lists are a group of such objects, which is
// replaced as a whole: adding and deleting its members one by one loses packets. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "te/fib/fib_state.h"

namespace pathwise::te {

struct AddAddress {
  Ipv6Address address;
  friend bool operator==(const AddAddress&, const AddAddress&) = default;
};
struct RemoveAddress {
  Ipv6Address address;
  friend bool operator==(const RemoveAddress&, const RemoveAddress&) = default;
};
struct PutNexthop {  // created, or replaced in place
  std::uint32_t id = 0;
  KernelNexthop nexthop;
  friend bool operator==(const PutNexthop&, const PutNexthop&) = default;
};
struct RemoveNexthop {
  std::uint32_t id = 0;
  friend bool operator==(const RemoveNexthop&, const RemoveNexthop&) = default;
};
struct PutRoute {
  RouteKey key;
  KernelRoute route;
  friend bool operator==(const PutRoute&, const PutRoute&) = default;
};
struct RemoveRoute {
  RouteKey key;
  friend bool operator==(const RemoveRoute&, const RemoveRoute&) = default;
};
using FibOperation = std::variant<AddAddress, RemoveAddress, PutNexthop, RemoveNexthop, PutRoute, RemoveRoute>;

[[nodiscard]] std::string to_string(const FibOperation& operation);
// The route that the operation serves; nullopt for addresses and removals of nexthops.
[[nodiscard]] std::optional<Ipv6Prefix> prefix_of(const FibOperation& operation);

// Of each desired route: one way out for each of its segment lists, or the only one if it has none. A route
// that is not in here is left out (and removed if it is there).
using ResolvedEgress = std::map<Ipv6Prefix, std::vector<Egress>>;

struct FibPlan {
  std::vector<FibOperation> operations;
  std::map<std::uint32_t, Ipv6Prefix> nexthop_of;  // whose route each nexthop id is
};

[[nodiscard]] FibPlan plan(const DesiredFib& desired, const ResolvedEgress& egress, const KernelFib& kernel);

}  // namespace pathwise::te
