// SPDX-License-Identifier: Apache-2.0
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>

#include "te/fib/kernel_fib.h"

namespace pathwise::te {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kDebounce{20};  // a link that goes down is many messages
constexpr std::chrono::milliseconds kApart{200};    // of calls, while changes go on: each reads all that is ours
constexpr std::chrono::seconds kBackstop{10};

constexpr std::uint32_t group(rtnetlink_groups number) {
  return 1U << (number - 1);
}
constexpr std::uint32_t kGroups =
    group(RTNLGRP_LINK) | group(RTNLGRP_IPV6_IFADDR) | group(RTNLGRP_IPV6_ROUTE) | group(RTNLGRP_NEXTHOP);

Result<int> open_socket() {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return fail_errno("netlink monitor", errno);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kGroups;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  const int error = errno;
  ::close(fd);
  return fail_errno("netlink monitor", error);
}

}  // namespace

struct FibMonitor::State : std::enable_shared_from_this<State> {
  State(asio::io_context& context, int fd, std::uint32_t port, std::function<void()> callback)
      : descriptor(context, fd), timer(context), own_port(port), on_change(std::move(callback)) {}

  void wait() {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            if (error || !self->descriptor.is_open()) return;
                            if (self->drain()) self->schedule_soon();
                            self->wait();
                          });
  }

  // True if anybody but us changed something.
  bool drain() {
    bool changed = false;
    while (true) {
      const ssize_t size = ::recv(descriptor.native_handle(), buffer.data(), buffer.size(), 0);
      if (size < 0 && errno == ENOBUFS) {  // messages were lost: anything may have changed
        ++overruns;
        changed = true;
        continue;
      }
      if (size <= 0) return changed;
      auto left = static_cast<unsigned>(size);
      for (auto* header = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(header, left);
           header = NLMSG_NEXT(header, left)) {
        changed = changed || header->nlmsg_pid != own_port;
      }
    }
  }

  void schedule_soon() {
    const auto since_last = std::chrono::steady_clock::now() - last_call;
    schedule(std::max<std::chrono::nanoseconds>(kDebounce, kApart - since_last));
  }

  // The earliest request wins: a storm of changes cannot put the call off.
  void schedule(std::chrono::nanoseconds after) {
    const auto when =
        std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(after);
    if (armed && timer.expiry() <= when) return;
    armed = true;
    timer.expires_at(when);
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (error || !self->descriptor.is_open()) return;
      self->armed = false;
      self->last_call = std::chrono::steady_clock::now();
      self->schedule(kBackstop);
      if (self->on_change) self->on_change();
    });
  }

  asio::posix::stream_descriptor descriptor;
  asio::steady_timer timer;
  std::uint32_t own_port;
  std::function<void()> on_change;
  bool armed = false;
  std::chrono::steady_clock::time_point last_call{};
  std::uint64_t overruns = 0;
  alignas(nlmsghdr) std::array<char, 65536> buffer{};
};

Result<std::unique_ptr<FibMonitor>> FibMonitor::open(asio::io_context& context, std::uint32_t own_port,
                                                     std::function<void()> on_change) {
  const auto fd = open_socket();
  if (!fd) return std::unexpected(fd.error());
  auto state = std::make_shared<State>(context, *fd, own_port, std::move(on_change));
  state->wait();
  state->schedule(kBackstop);
  return std::unique_ptr<FibMonitor>(new FibMonitor(std::move(state)));
}

FibMonitor::FibMonitor(std::shared_ptr<State> state) : state_(std::move(state)) {}
std::uint64_t FibMonitor::overruns() const {
  return state_->overruns;
}

FibMonitor::~FibMonitor() {
  state_->on_change = nullptr;
  state_->timer.cancel();
  state_->descriptor.close();
}

}  // namespace pathwise::te
