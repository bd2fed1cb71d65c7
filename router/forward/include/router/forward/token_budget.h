// SPDX-License-Identifier: Apache-2.0
// tenants.*.tokens_per_minute: a token bucket a tenant, of this router. Time is an argument.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "policy/fabric_config.h"

namespace pathwise::router::forward {

// Holds one minute's worth of tokens and is full at first. Its whole state is the moment at which it will
// be full again, so all request threads share it without a lock; relaxed: nothing else hangs on it. The
// rate is the caller's: at a new one the bucket is as full, in shares of a minute, as it was.
class TokenBucket {
 public:
  using Nanoseconds = std::chrono::nanoseconds;
  static constexpr Nanoseconds kNever = Nanoseconds::max();

  // Takes `tokens` if they are there. Otherwise nothing is taken: how long until they are; kNever: they are
  // more than a minute's worth.
  [[nodiscard]] std::expected<void, Nanoseconds> take(double tokens, double per_minute, SteadyTime now);
  // What a request had taken too little (more than 0) or too much. The level may go below 0.
  void correct(double tokens, double per_minute, SteadyTime now);
  [[nodiscard]] double level(double per_minute, SteadyTime now) const;

 private:
  std::atomic<std::int64_t> full_at_{0};  // ns of the steady clock; past: it is full
};

// By tenant, in the order of config().tenants; nullptr: no budget.
using TokenBuckets = std::vector<std::shared_ptr<TokenBucket>>;

// Buckets live as long as this: a policy that is loaded again finds their levels. One thread (control).
class TokenBudgets {
 public:
  [[nodiscard]] std::shared_ptr<const TokenBuckets> buckets_of(const policy::FabricConfig& config);

 private:
  std::map<TenantName, std::shared_ptr<TokenBucket>> buckets_;
};

}  // namespace pathwise::router::forward
