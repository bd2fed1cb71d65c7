// SPDX-License-Identifier: Apache-2.0
#include "router/forward/key_verifier.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

namespace pathwise::router::forward {

KeyVerifier::KeyVerifier(const Clock& clock)
    : clock_(clock), work_(io_.get_executor()), thread_([this] { io_.run(); }) {}

KeyVerifier::~KeyVerifier() {
  work_.reset();
  io_.stop();
  thread_.join();
}

std::optional<TenantName> KeyVerifier::check(const policy::PolicySnapshot& policy, const std::string& key) {
  const openai::KeyDigest digest = openai::digest_key(key);
  const SteadyTime now = clock_.now();
  if (const auto* known = cache_.find(digest, policy.revision(), now)) {
    return known->tenant.empty() ? std::nullopt : std::optional(known->tenant);
  }
  const policy::TenantConfig* tenant = policy.authenticate(key);
  const std::optional<TenantName> name = tenant == nullptr ? std::nullopt : std::optional(tenant->name);
  cache_.remember(digest, policy.revision(), name, now);
  return name;
}

net::Awaitable<Result<std::optional<TenantName>>> KeyVerifier::verify(policy::PolicySnapshotPtr policy, std::string key,
                                                                      net::Executor home) {
  if (waiting_.fetch_add(1, std::memory_order_relaxed) >= kMaxWaiting) {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    co_return fail(ErrorCode::kResourceExhausted, "too many new keys at once");
  }
  static constexpr net::asio::use_awaitable_t<net::Executor> kToken{};
  auto result = co_await net::asio::async_initiate<const net::asio::use_awaitable_t<net::Executor>,
                                                   void(std::optional<TenantName>)>(
      [&](auto handler) {
        net::asio::post(io_, [this, policy, key, home, held = std::move(handler)]() mutable {
          auto tenant = check(*policy, key);
          net::asio::post(home, [held = std::move(held), tenant = std::move(tenant)]() mutable {
            std::move(held)(std::move(tenant));
          });
        });
      },
      kToken);
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  co_return result;
}

}  // namespace pathwise::router::forward
