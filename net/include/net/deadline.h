// SPDX-License-Identifier: Apache-2.0
// A limit on everything that waits on one socket, for the length of a scope:
//
//   Deadline deadline(socket, 10s);
//   auto [error, count] = co_await socket.async_read_some(buffer, use_tuple);
//   if (deadline.expired()) …
//
// When the time is up, what waits on the socket ends with operation_aborted. The socket must outlive
// the scope. One thread (the socket's executor). Not for the request path: see net/timer_wheel.h.
#pragma once

#include <chrono>
#include <memory>

#include "net/asio.h"

namespace pathwise::net {

template <typename Socket>
class Deadline {
 public:
  Deadline(Socket& socket, std::chrono::milliseconds limit)
      : timer_(socket.get_executor(), limit), state_(std::make_shared<State>(&socket)) {
    // The handler can run after this scope, so it shares the state and not the scope.
    timer_.async_wait([state = state_](const boost::system::error_code& error) {
      if (error || state->socket == nullptr) return;
      state->expired = true;
      boost::system::error_code ignored;
      state->socket->cancel(ignored);
    });
  }
  ~Deadline() { state_->socket = nullptr; }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  [[nodiscard]] bool expired() const { return state_->expired; }

 private:
  struct State {
    explicit State(Socket* waited) : socket(waited) {}
    Socket* socket;  // nullptr: the scope has ended
    bool expired = false;
  };
  SteadyTimer timer_;
  std::shared_ptr<State> state_;
};

}  // namespace pathwise::net
