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

// One nexthop object a route, kept for the route's life; what is right already stays.
void plan_routes(const DesiredFib& desired, const ResolvedEgress& egress, const KernelFib& kernel, FibPlan& result) {
  IdAllocator ids(kernel);
  std::vector<FibOperation> routes;
  Ids used;
  for (const auto& [prefix, route] : desired.routes) {
    const auto way = egress.find(prefix);
    if (way == egress.end()) continue;
    const RouteKey key{.prefix = prefix};
    const auto present = kernel.routes.find(key);
    const bool adopt = present != kernel.routes.end() && kernel.nexthops.contains(present->second.nexthop_id) &&
                       kernel.nexthops.at(present->second.nexthop_id).usable &&
                       used.insert(present->second.nexthop_id).second;
    const std::uint32_t id = adopt ? present->second.nexthop_id : ids.next();
    used.insert(id);
    result.nexthop_of[id] = prefix;
    const KernelNexthop wanted{.egress = way->second, .segments = route.path.segments};
    if (!adopt || kernel.nexthops.at(id) != wanted) result.operations.push_back(PutNexthop{id, wanted});
    const KernelRoute wanted_route{.nexthop_id = id, .source = route.source};
    if (!adopt || present->second != wanted_route) routes.push_back(PutRoute{.key = key, .route = wanted_route});
  }
  std::ranges::move(routes, std::back_inserter(result.operations));
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
  for (const auto& [id, nexthop] : kernel.nexthops) {
    if (!result.nexthop_of.contains(id)) result.operations.push_back(RemoveNexthop{id});
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
