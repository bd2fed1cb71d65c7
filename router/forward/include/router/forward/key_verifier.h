// SPDX-License-Identifier: Apache-2.0
// Checks keys that a request thread has not seen: scrypt takes tens of milliseconds, so it runs on a
// thread of its own, one key at a time. Any thread may ask.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "net/asio.h"
#include "policy/policy_snapshot.h"
#include "router/openai/authenticator.h"

namespace pathwise::router::forward {

class KeyVerifier {
 public:
  static constexpr int kMaxWaiting = 256;  // beyond it a request is refused with 503
  explicit KeyVerifier(const Clock& clock);
  ~KeyVerifier();  // joins
  KeyVerifier(const KeyVerifier&) = delete;
  KeyVerifier& operator=(const KeyVerifier&) = delete;

  // The tenant; nullopt: nobody's key. kResourceExhausted: too many are waiting. Resumes on `home`.
  [[nodiscard]] net::Awaitable<Result<std::optional<TenantName>>> verify(policy::PolicySnapshotPtr policy,
                                                                         std::string key, net::Executor home);

 private:
  [[nodiscard]] std::optional<TenantName> check(const policy::PolicySnapshot& policy, const std::string& key);
  const Clock& clock_;
  openai::KeyCache cache_;  // of the verifier's thread: keys that many threads ask for at once
  std::atomic<int> waiting_{0};
  net::asio::io_context io_{1};
  net::asio::executor_work_guard<net::Executor> work_;
  std::thread thread_;
};

}  // namespace pathwise::router::forward
