// SPDX-License-Identifier: Apache-2.0
#include "te/fib/fib_diff.h"

#include <algorithm>
#include <set>

namespace pathwise::te {
namespace {

using Ids = std::set<std::uint32_t>;

// Ids of nexthops that routes use; the rest of ours is stale or free.
class IdAllocator {
 public:
  explicit IdAllocator(const KernelFib& kernel) {
    for (const auto& [id, nexthop] : kernel.nexthops) taken_.insert(id);
  }
  std::uint32_t next() {
    while (taken_.contains(candidate_)) ++candidate_;
    taken_.insert(candidate_);
    return candidate_;
  }

 private:
  Ids taken_;
  std::uint32_t candidate_ = kFirstNexthopId;
};

void plan_unreachable(const DesiredFib& desired, const KernelFib& kernel, std::vector<FibOperation>& out) {
  if (!desired.unreachable) return;
  const RouteKey key{.prefix = *desired.unreachable, .metric = kUnreachableMetric, .unreachable = true};
  if (!kernel.routes.contains(key)) out.push_back(PutRoute{.key = key});
}

void plan_addresses(const DesiredFib& desired, const KernelFib& kernel, std::vector<FibOperation>& out) {
  std::set<Ipv6Address> there(kernel.addresses.begin(), kernel.addresses.end());
  there.insert(kernel.foreign_addresses.begin(), kernel.foreign_addresses.end());
  for (const Ipv6Address& address : desired.addresses) {
    if (!there.contains(address)) out.push_back(AddAddress{address});
  }
}

// One nexthop object a route and segment list, kept for the route's life; what is right already stays.
class RoutePlanner {
 public:
  RoutePlanner(const KernelFib& kernel, FibPlan& plan) : kernel_(kernel), plan_(plan), ids_(kernel) {}

  void add(const Ipv6Prefix& prefix, const FibRoute& route, const std::vector<Egress>& egress) {
    prefix_ = prefix;
    const RouteKey key{.prefix = prefix};
    const auto present = kernel_.routes.find(key);
    const KernelNexthop* old = present == kernel_.routes.end() ? nullptr : find(present->second.nexthop_id);
    const std::uint32_t old_id = old == nullptr ? 0 : present->second.nexthop_id;
    std::uint32_t id = 0;
    if (route.path.lists.size() > 1) {
      id = add_group(route, egress, old_id, old);
    } else {
      id = put(old_id,
               {.egress = egress.front(),
                .segments = route.path.lists.empty() ? std::vector<Ipv6Address>{} : route.path.lists.front().segments});
    }
    const KernelRoute wanted{.nexthop_id = id, .source = route.source, .mtu = route.mtu};
    if (present == kernel_.routes.end() || present->second != wanted) routes_.push_back(PutRoute{key, wanted});
  }
  void finish() { std::ranges::move(routes_, std::back_inserter(plan_.operations)); }

 private:
  [[nodiscard]] const KernelNexthop* find(std::uint32_t id) const {
    const auto found = kernel_.nexthops.find(id);
    return found == kernel_.nexthops.end() || !found->second.usable ? nullptr : &found->second;
  }

  std::uint32_t add_group(const FibRoute& route, const std::vector<Egress>& egress, std::uint32_t old_id,
                          const KernelNexthop* old) {
    const std::vector<NexthopMember> before = old != nullptr ? old->members : std::vector<NexthopMember>{};
    KernelNexthop group;
    for (std::size_t i = 0; i < route.path.lists.size(); ++i) {
      const WeightedSegments& list = route.path.lists[i];
      const std::uint32_t member =
          put(i < before.size() ? before[i].id : 0, {.egress = egress[i], .segments = list.segments});
      group.members.push_back({member, list.weight});
    }
    return put(old_id, group);
  }

  // `wanted` in the object `old_id`, or, where that cannot be (the kernel turns no nexthop into a group), a new one.
  std::uint32_t put(std::uint32_t old_id, KernelNexthop wanted) {
    const KernelNexthop* old = find(old_id);
    const bool adopt = old != nullptr && old->is_group() == wanted.is_group() && used_.insert(old_id).second;
    const std::uint32_t id = adopt ? old_id : ids_.next();
    used_.insert(id);
    plan_.nexthop_of[id] = prefix_;
    if (!adopt || *old != wanted) plan_.operations.push_back(PutNexthop{id, std::move(wanted)});
    return id;
  }

  const KernelFib& kernel_;
  FibPlan& plan_;
  IdAllocator ids_;
  Ids used_;
  Ipv6Prefix prefix_;
  std::vector<FibOperation> routes_;
};

void plan_routes(const DesiredFib& desired, const ResolvedEgress& egress, const KernelFib& kernel, FibPlan& result) {
  RoutePlanner planner(kernel, result);
  for (const auto& [prefix, route] : desired.routes) {
    if (const auto way = egress.find(prefix); way != egress.end()) planner.add(prefix, route, way->second);
  }
  planner.finish();
}

// An unreachable route stays for ever, unless the aggregate itself is another one now.
bool keep(const RouteKey& key, const DesiredFib& desired, const ResolvedEgress& egress) {
  if (key.unreachable)
    return !desired.unreachable || (key.prefix == *desired.unreachable && key.metric == kUnreachableMetric);
  return key.metric == kRouteMetric && desired.routes.contains(key.prefix) && egress.contains(key.prefix);
}

void plan_removals(const DesiredFib& desired, const ResolvedEgress& egress, const KernelFib& kernel, FibPlan& result) {
  for (const auto& [key, route] : kernel.routes) {
    if (!keep(key, desired, egress)) result.operations.push_back(RemoveRoute{key});
  }
  for (const bool groups : {true, false}) {  // a group first: the kernel deletes it with its last member
    for (const auto& [id, nexthop] : kernel.nexthops) {
      if (nexthop.is_group() == groups && !result.nexthop_of.contains(id))
        result.operations.push_back(RemoveNexthop{id});
    }
  }
  const std::set<Ipv6Address> wanted(desired.addresses.begin(), desired.addresses.end());
  for (const Ipv6Address& address : kernel.addresses) {
    if (!wanted.contains(address)) result.operations.push_back(RemoveAddress{address});
  }
}

}  // namespace

FibPlan plan(const DesiredFib& desired, const ResolvedEgress& egress, const KernelFib& kernel) {
  FibPlan result;
  plan_unreachable(desired, kernel, result.operations);
  plan_addresses(desired, kernel, result.operations);
  plan_routes(desired, egress, kernel, result);
  plan_removals(desired, egress, kernel, result);
  return result;
}

}  // namespace pathwise::te
