// SPDX-License-Identifier: Apache-2.0
#include "te/fib/fib.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace pathwise::te {

void Fib::want(DesiredFib desired) {
  std::ranges::sort(desired.addresses);
  if (desired == desired_) return;
  desired_ = std::move(desired);
  changed_ = true;
}

ResolvedEgress Fib::resolve() {
  ResolvedEgress result;
  std::map<Ipv6Address, Result<Egress>> seen;  // many routes share a first segment or a gateway
  const auto egress_to = [&](const Ipv6Address& address) {
    const auto known = seen.find(address);
    return known != seen.end() ? known->second : seen.emplace(address, kernel_.egress_to(address)).first->second;
  };
  for (const auto& [prefix, route] : desired_.routes) {
    std::vector<Egress> ways;
    const auto add = [&](const Result<Egress>& egress) {
      if (egress) ways.push_back(*egress);
      if (!egress) not_installed_.emplace(prefix, egress.error().message);
    };
    for (const WeightedSegments& list : route.path.lists) add(egress_to(list.segments.front()));
    if (route.path.lists.empty()) {
      add(route.path.gateway ? egress_to(*route.path.gateway) : kernel_.egress_of(prefix));
      if (!ways.empty() && !ways.front().gateway) ways.front().gateway = route.path.gateway;  // it is on the link
    }
    if (!not_installed_.contains(prefix)) result.emplace(prefix, std::move(ways));
  }
  return result;
}

Result<void> Fib::sync() {
  ++counters_.syncs;
  auto present = kernel_.read();
  if (!present) return std::unexpected(present.error().within("reading routes"));
  const auto before = std::exchange(not_installed_, {});
  const ResolvedEgress egress = resolve();
  const FibPlan steps = plan(desired_, egress, *present);
  if (!changed_) counters_.repairs += steps.operations.size();
  changed_ = false;
  apply(steps);
  for (const auto& [prefix, reason] : not_installed_) {
    if (!before.contains(prefix)) log::warning("te", "route not installed", {{"prefix", prefix}, {"reason", reason}});
  }
  return {};
}

void Fib::apply(const FibPlan& steps) {
  for (const FibOperation& operation : steps.operations) {
    std::optional<Ipv6Prefix> prefix = prefix_of(operation);
    if (const auto* put = std::get_if<PutNexthop>(&operation)) prefix = steps.nexthop_of.at(put->id);
    if (prefix && not_installed_.contains(*prefix) && !std::holds_alternative<RemoveRoute>(operation)) continue;
    ++counters_.operations;
    if (const auto done = kernel_.apply(operation); !done) {
      ++counters_.failures;
      log::warning("te", "kernel refused", {{"operation", to_string(operation)}, {"reason", done.error().message}});
      if (prefix) not_installed_.emplace(*prefix, done.error().message);
    }
  }
}

Result<void> Fib::withdraw() {
  desired_.routes.clear();
  changed_ = true;
  return sync();
}

Result<Egress> MemoryFibKernel::egress_to(const Ipv6Address& address) {
  if (egress) return *egress;
  return fail(ErrorCode::kNotFound, "no route to {}", address);
}

Result<Egress> MemoryFibKernel::egress_of(const Ipv6Prefix& prefix) {
  return egress_to(prefix.address);
}

Result<void> MemoryFibKernel::apply(const FibOperation& operation) {
  log.push_back(operation);
  if (const auto* put = std::get_if<PutRoute>(&operation)) {
    if (refuse == put->key.prefix) return fail(ErrorCode::kIo, "refused by the test");
    if (!put->key.unreachable && !state.nexthops.contains(put->route.nexthop_id)) {
      return fail(ErrorCode::kIo, "nexthop {} does not exist", put->route.nexthop_id);
    }
    state.routes[put->key] = put->route;
  } else if (const auto* remove = std::get_if<RemoveRoute>(&operation)) {
    state.routes.erase(remove->key);
  } else if (const auto* nexthop = std::get_if<PutNexthop>(&operation)) {
    state.nexthops[nexthop->id] = nexthop->nexthop;
  } else if (const auto* gone = std::get_if<RemoveNexthop>(&operation)) {
    state.nexthops.erase(gone->id);
    for (auto& [id, nexthop] : state.nexthops)
      std::erase_if(nexthop.members, [&](const auto& each) { return each.id == gone->id; });
    std::erase_if(state.routes,
                  [&](const auto& entry) { return entry.second.nexthop_id == gone->id; });  // as Linux does
  } else if (const auto* add = std::get_if<AddAddress>(&operation)) {
    state.addresses.insert(std::ranges::lower_bound(state.addresses, add->address), add->address);
  } else if (const auto* drop = std::get_if<RemoveAddress>(&operation)) {
    std::erase(state.addresses, drop->address);
  }
  return {};
}

}  // namespace pathwise::te
