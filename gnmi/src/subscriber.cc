// SPDX-License-Identifier: Apache-2.0
#include "subscriber.h"

#include <algorithm>

#include "convert.h"

namespace pathwise::gnmi {

bool Sampled::wants(const Leaf& leaf, SteadyTime now) {
  if (!suppress_redundant) return true;
  const auto [it, fresh] = last.try_emplace(leaf.path.to_string(), leaf.value, now);
  if (fresh) return true;
  const bool beat = heartbeat.count() > 0 && now - it->second.second >= heartbeat;
  if (it->second.first == leaf.value && !beat) return false;
  it->second = {leaf.value, now};
  return true;
}

Result<SubscribePlan> SubscribePlan::from(const ::gnmi::SubscriptionList& list, SteadyTime now) {
  SubscribePlan plan{.mode = list.mode(), .encoding = list.encoding(), .updates_only = list.updates_only()};
  if (!supported(list.encoding())) {
    return fail(ErrorCode::kInvalidArgument, "encoding {} is not served; use JSON, JSON_IETF or PROTO",
                static_cast<int>(list.encoding()));
  }
  if (list.subscription().empty()) return fail(ErrorCode::kInvalidArgument, "the subscription list is empty");
  if (list.subscription_size() > 256) return fail(ErrorCode::kInvalidArgument, "more than 256 subscriptions in a list");
  for (const ::gnmi::Subscription& wanted : list.subscription()) {
    auto path = from_wire(list.prefix(), wanted.path());
    if (!path) return std::unexpected(path.error());
    plan.all.push_back(*path);
    if (wanted.mode() != ::gnmi::SAMPLE) {
      plan.on_change.push_back(std::move(*path));
      continue;
    }
    std::chrono::nanoseconds interval{std::min<std::uint64_t>(wanted.sample_interval(), 86'400'000'000'000)};
    if (interval.count() == 0) interval = std::chrono::seconds{1};
    interval = std::max<std::chrono::nanoseconds>(interval, kMinimumSampleInterval);
    plan.sampled.push_back({.pattern = std::move(*path),
                            .interval = interval,
                            .heartbeat = std::chrono::nanoseconds{static_cast<std::int64_t>(
                                std::min<std::uint64_t>(wanted.heartbeat_interval(), 86'400'000'000'000))},
                            .suppress_redundant = wanted.suppress_redundant(),
                            .due = now + interval,
                            .last = {}});
  }
  return plan;
}

SteadyTime SubscribePlan::next_due(SteadyTime otherwise) const {
  for (const Sampled& sampled : sampled) otherwise = std::min(otherwise, sampled.due);
  return otherwise;
}

}  // namespace pathwise::gnmi
