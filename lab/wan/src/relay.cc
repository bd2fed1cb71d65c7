// SPDX-License-Identifier: Apache-2.0
#include "relay.h"

#include <sys/epoll.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <random>

#include "base/log.h"
#include "control_socket.h"
#include "lab/wan/control.h"
#include "packet_port.h"

namespace pathwise::wan {
namespace {

constexpr Time kIdle = std::chrono::seconds(1);

class Relay {
 public:
  Relay(std::vector<PacketPort> ports, ControlSocket control, lab::Descriptor epoll)
      : ports_(std::move(ports)), control_(std::move(control)), epoll_(std::move(epoll)) {}

  // directions[i] comes in at ports[i].
  Result<void> start(const std::vector<Direction>& directions) {
    std::random_device seed;
    for (const Direction& direction : directions) {
      const auto out = std::ranges::find(directions, direction.out, &Direction::in) - directions.begin();
      directions_.push_back({direction, Pipe(direction.shape, seed())});
      out_port_.push_back(static_cast<std::size_t>(out));
    }
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      port_of_[ports_[i].descriptor()] = i;
      if (auto watched = watch(ports_[i].descriptor()); !watched) return watched;
    }
    return watch(control_.listener());
  }

  void run(const std::atomic<bool>& stop) {
    std::array<epoll_event, 64> events{};
    while (!stop.load(std::memory_order_relaxed)) {
      const int count = wait(events, send_due());
      for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)].data.fd);
    }
  }

 private:
  Result<void> watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return fail_errno("epoll", errno);
    return {};
  }

  // Sends what is due; the time until the next frame is.
  Time send_due() {
    const Time now = steady_now();
    Time next = now + kIdle;
    for (std::size_t i = 0; i < directions_.size(); ++i) {
      Pipe& pipe = directions_[i].pipe;
      while (auto frame = pipe.take(now)) ports_[out_port_[i]].send(*frame);
      if (const auto departure = pipe.next_departure()) next = std::min(next, *departure);
    }
    return std::max(Time{0}, next - steady_now());
  }

  int wait(std::array<epoll_event, 64>& events, Time time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec limit{seconds.count(), (time - seconds).count()};
    return static_cast<int>(
        ::syscall(SYS_epoll_pwait2, epoll_.get(), events.data(), events.size(), &limit, nullptr, 0));
  }

  void handle(int fd) {
    if (const auto port = port_of_.find(fd); port != port_of_.end()) {
      Pipe& pipe = directions_[port->second].pipe;
      ports_[port->second].receive([&](Time received, Frame frame) { pipe.offer(received, std::move(frame)); });
    } else if (fd == control_.listener()) {
      const int client = control_.accept();
      if (client >= 0 && !watch(client)) log::warning("wan", "a control client cannot be watched");
    } else if (control_.owns(fd)) {
      control_.serve(fd, [&](std::string_view line) {
        if (!line.contains(R"("op":"show")")) log::info("wan", "command", {{"line", line}});
        return handle_command(line, directions_, steady_now());
      });
    }
  }

  std::vector<PacketPort> ports_;
  ControlSocket control_;
  lab::Descriptor epoll_;
  std::vector<LiveDirection> directions_;
  std::vector<std::size_t> out_port_;
  std::map<int, std::size_t> port_of_;
};

}  // namespace

Result<void> relay(const std::vector<Direction>& directions, const std::string& control_path,
                   const std::atomic<bool>& stop) {
  std::vector<PacketPort> ports;
  for (const Direction& direction : directions) {
    auto port = PacketPort::open(direction.in);
    if (!port) return std::unexpected(port.error());
    ports.push_back(std::move(*port));
  }
  auto control = ControlSocket::listen(control_path);
  if (!control) return std::unexpected(control.error());
  lab::Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return fail_errno("epoll", errno);
  Relay running(std::move(ports), std::move(*control), std::move(epoll));
  if (auto started = running.start(directions); !started) return started;
  log::info("wan", "relaying", {{"directions", directions.size()}, {"control", control_path}});
  running.run(stop);
  return {};
}

}  // namespace pathwise::wan
