// SPDX-License-Identifier: Apache-2.0
#include "te/fib/fib_state.h"

#include "base/format.h"
#include "te/fib/fib_diff.h"

namespace pathwise::te {
namespace {

std::string describe(const KernelNexthop& nexthop) {
  std::string text = formatted("dev {}", nexthop.egress.ifindex);
  if (nexthop.egress.gateway) text += formatted(" via {}", *nexthop.egress.gateway);
  if (!nexthop.segments.empty()) text += " segs";
  for (const Ipv6Address& segment : nexthop.segments) text += formatted(" {}", segment);
  return text;
}

std::string describe(const RouteKey& key) {
  return formatted("{}{} metric {}", key.unreachable ? "unreachable " : "", key.prefix, key.metric);
}

struct Describe {
  std::string operator()(const AddAddress& it) const { return formatted("add address {}", it.address); }
  std::string operator()(const RemoveAddress& it) const { return formatted("remove address {}", it.address); }
  std::string operator()(const PutNexthop& it) const { return formatted("nexthop {} {}", it.id, describe(it.nexthop)); }
  std::string operator()(const RemoveNexthop& it) const { return formatted("remove nexthop {}", it.id); }
  std::string operator()(const PutRoute& it) const {
    return formatted("route {} nhid {}", describe(it.key), it.route.nexthop_id);
  }
  std::string operator()(const RemoveRoute& it) const { return formatted("remove route {}", describe(it.key)); }
};

}  // namespace

std::string to_string(const FibOperation& operation) {
  return std::visit(Describe{}, operation);
}

std::optional<Ipv6Prefix> prefix_of(const FibOperation& operation) {
  if (const auto* put = std::get_if<PutRoute>(&operation)) return put->key.prefix;
  if (const auto* remove = std::get_if<RemoveRoute>(&operation)) return remove->key.prefix;
  return std::nullopt;
}

std::map<Ipv6Prefix, FibPath> paths_of(const KernelFib& fib) {
  std::map<Ipv6Prefix, FibPath> paths;
  for (const auto& [key, route] : fib.routes) {
    const auto nexthop = fib.nexthops.find(route.nexthop_id);
    if (key.unreachable || nexthop == fib.nexthops.end() || !nexthop->second.usable) continue;
    FibPath path{.segments = nexthop->second.segments, .gateway = {}};
    if (path.segments.empty()) path.gateway = nexthop->second.egress.gateway;
    paths.emplace(key.prefix, std::move(path));
  }
  return paths;
}

}  // namespace pathwise::te
