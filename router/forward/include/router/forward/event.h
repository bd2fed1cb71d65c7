// SPDX-License-Identifier: Apache-2.0
// One coroutine waits, another piece of code on the same thread sets. One thread; at most one waiter.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <utility>

#include "net/asio.h"

namespace pathwise::router::forward {

class Event {
 public:
  explicit Event(net::Executor executor) : executor_(std::move(executor)) {}

  // Returns at once if it is set. Clears it.
  [[nodiscard]] net::Awaitable<void> wait() {
    if (!std::exchange(set_, false)) {
      co_await net::asio::async_initiate<const net::asio::use_awaitable_t<net::Executor>, void()>(
          [this](auto handler) { resume_ = [held = std::move(handler)]() mutable { std::move(held)(); }; }, kToken);
    }
  }

  void set() {
    if (!resume_) {
      set_ = true;
      return;
    }
    net::asio::post(executor_, [resume = std::exchange(resume_, nullptr)]() mutable { resume(); });
  }

 private:
  static constexpr net::asio::use_awaitable_t<net::Executor> kToken{};
  net::Executor executor_;
  std::move_only_function<void()> resume_;
  bool set_ = false;
};

}  // namespace pathwise::router::forward
