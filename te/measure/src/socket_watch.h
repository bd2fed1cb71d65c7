// SPDX-License-Identifier: Apache-2.0
// When to look at a datagram socket: when it is readable while it is quiet, at a fixed pace while it is busy, which
// costs a system call or two a datagram less. Times in datagrams are the kernel's, so waiting changes none. On the
// io_context's thread; `look` is not called after stop().
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "base/clock.h"

namespace pathwise::te {

class SocketWatch : public std::enable_shared_from_this<SocketWatch> {
 public:
  // Owns the descriptor. `look` takes what is there and says how many datagrams that were.
  SocketWatch(boost::asio::io_context& context, int fd, std::chrono::nanoseconds pace,
              std::function<std::size_t()> look)
      : descriptor_(context, fd),
        timer_(context),
        pace_(std::chrono::duration_cast<SteadyTime::duration>(pace)),
        look_(std::move(look)) {}

  [[nodiscard]] int fd() { return descriptor_.native_handle(); }

  void start() {
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](const boost::system::error_code& error) {
                             if (!error && !self->stopped_) self->on_readable();
                           });
  }
  void stop() {
    stopped_ = true;
    timer_.cancel();
    descriptor_.close();
  }

 private:
  static constexpr std::size_t kBusy = 2;  // datagrams in one pace

  // Readable twice within one pace: busy.
  void on_readable() {
    const SteadyTime now = std::chrono::steady_clock::now();
    const bool busy = now - last_readable_ < pace_;
    last_readable_ = now;
    look_();
    if (stopped_) return;  // by what it called
    if (busy) return poll();
    start();
  }
  void poll() {
    timer_.expires_after(pace_);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (error || self->stopped_) return;
      const std::size_t seen = self->look_();
      if (self->stopped_) return;
      if (seen >= kBusy) return self->poll();
      self->start();
    });
  }

  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer timer_;
  const SteadyTime::duration pace_;
  const std::function<std::size_t()> look_;
  SteadyTime last_readable_;
  bool stopped_ = false;
};

}  // namespace pathwise::te
