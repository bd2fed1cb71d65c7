// SPDX-License-Identifier: Apache-2.0
#include "router/forward/token_budget.h"

#include <algorithm>

namespace pathwise::router::forward {

namespace {

constexpr std::int64_t kMinute = 60'000'000'000;  // ns: what the bucket holds
// Further than this nothing is reckoned: eleven days of debt.
constexpr double kLongest = 1e15;

std::int64_t nanoseconds(SteadyTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

// How long the bucket takes to fill by so many tokens.
std::int64_t filling_time(double tokens, double per_minute) {
  return static_cast<std::int64_t>(std::min(tokens / per_minute * static_cast<double>(kMinute), kLongest));
}

}  // namespace

std::expected<void, TokenBucket::Nanoseconds> TokenBucket::take(double tokens, double per_minute, SteadyTime now) {
  if (tokens > per_minute) return std::unexpected(kNever);
  const std::int64_t cost = filling_time(tokens, per_minute);
  const std::int64_t present = nanoseconds(now);
  std::int64_t full_at = full_at_.load(std::memory_order_relaxed);
  for (;;) {
    const std::int64_t next = std::max(full_at, present) + cost;
    if (const std::int64_t missing = next - present - kMinute; missing > 0) {
      return std::unexpected(Nanoseconds{missing});
    }
    if (full_at_.compare_exchange_weak(full_at, next, std::memory_order_relaxed)) return {};
  }
}

void TokenBucket::correct(double tokens, double per_minute, SteadyTime now) {
  if (tokens <= 0) {
    full_at_.fetch_sub(filling_time(-tokens, per_minute), std::memory_order_relaxed);
    return;
  }
  const std::int64_t cost = filling_time(tokens, per_minute);
  const std::int64_t present = nanoseconds(now);
  std::int64_t full_at = full_at_.load(std::memory_order_relaxed);
  while (!full_at_.compare_exchange_weak(full_at, std::max(full_at, present) + cost, std::memory_order_relaxed)) {
  }
}

double TokenBucket::level(double per_minute, SteadyTime now) const {
  const std::int64_t missing = std::max<std::int64_t>(0, full_at_.load(std::memory_order_relaxed) - nanoseconds(now));
  return per_minute * (1 - static_cast<double>(missing) / static_cast<double>(kMinute));
}

std::shared_ptr<const TokenBuckets> TokenBudgets::buckets_of(const policy::FabricConfig& config) {
  auto list = std::make_shared<TokenBuckets>();
  for (const policy::TenantConfig& tenant : config.tenants) {
    std::shared_ptr<TokenBucket> bucket;
    if (tenant.tokens_per_minute > 0) {
      std::shared_ptr<TokenBucket>& kept = buckets_[tenant.name];
      if (!kept) kept = std::make_shared<TokenBucket>();
      bucket = kept;
    }
    list->push_back(std::move(bucket));
  }
  return list;
}

}  // namespace pathwise::router::forward
