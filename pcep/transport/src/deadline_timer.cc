// SPDX-License-Identifier: Apache-2.0
#include "net/asio.h"
#include "pcep/transport/transport.h"

namespace pathwise::pcep {

struct DeadlineTimer::State : std::enable_shared_from_this<DeadlineTimer::State> {
  State(boost::asio::io_context& io, NextDeadline next, std::function<void()> due)
      : timer(io.get_executor()), next_deadline(std::move(next)), expire(std::move(due)) {}
  void arm();
  net::SteadyTimer timer;
  NextDeadline next_deadline;
  std::function<void()> expire;
  bool stopped = false;
};

void DeadlineTimer::State::arm() {
  const std::optional<SteadyTime> deadline = next_deadline();
  if (!deadline) {
    timer.cancel();
    return;
  }
  timer.expires_at(*deadline);
  timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (error || self->stopped) return;  // armed anew, or over
    self->expire();
    if (!self->stopped) self->arm();
  });
}

DeadlineTimer::DeadlineTimer(boost::asio::io_context& io, NextDeadline next_deadline, std::function<void()> expire)
    : state_(std::make_shared<State>(io, std::move(next_deadline), std::move(expire))) {}

DeadlineTimer::~DeadlineTimer() {
  state_->stopped = true;
  state_->timer.cancel();
}

void DeadlineTimer::arm() {
  state_->arm();
}

}  // namespace pathwise::pcep
