// SPDX-License-Identifier: Apache-2.0
#include "te/fib/fib_state.h"

#include "base/format.h"
#include "te/fib/fib_diff.h"

namespace pathwise::te {
namespace {

std::string describe(const KernelNexthop& nexthop) {
  if (nexthop.is_group()) {
    std::string text = "group";
    for (const NexthopMember& member : nexthop.members) text += formatted(" {}*{}", member.id, member.weight);
    return text;
  }
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
    const std::string mtu = it.route.mtu == 0 ? "" : formatted(" mtu {}", it.route.mtu);
    return formatted("route {} nhid {}{}", describe(it.key), it.route.nexthop_id, mtu);
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

FibPath over(std::vector<Ipv6Address> segments) {
  return {.lists = {{.segments = std::move(segments)}}, .gateway = {}};
}

namespace {

// nullopt: a form that is not ours, or a group without one of its members.
std::optional<FibPath> path_of(const KernelFib& fib, std::uint32_t id) {
  const auto found = fib.nexthops.find(id);
  if (found == fib.nexthops.end() || !found->second.usable) return std::nullopt;
  const KernelNexthop& nexthop = found->second;
  if (!nexthop.is_group()) {
    return nexthop.segments.empty() ? FibPath{.lists = {}, .gateway = nexthop.egress.gateway} : over(nexthop.segments);
  }
  FibPath path;
  for (const NexthopMember& member : nexthop.members) {
    const auto each = fib.nexthops.find(member.id);
    if (each == fib.nexthops.end() || !each->second.usable || each->second.segments.empty()) return std::nullopt;
    path.lists.push_back({each->second.segments, member.weight});
  }
  return path;
}

}  // namespace

std::map<Ipv6Prefix, FibPath> paths_of(const KernelFib& fib) {
  std::map<Ipv6Prefix, FibPath> paths;
  for (const auto& [key, route] : fib.routes) {
    if (key.unreachable) continue;
    if (auto path = path_of(fib, route.nexthop_id)) paths.emplace(key.prefix, std::move(*path));
  }
  return paths;
}

}  // namespace pathwise::te
