// SPDX-License-Identifier: Apache-2.0
// Linux, by netlink (rtnetlink(7), seg6 of the kernel's own lightweight tunnels). Blocking calls of
// microseconds, on te's thread. Needs CAP_NET_ADMIN in the network namespace.
#pragma once

#include <functional>
#include <memory>

#include "base/error.h"
#include "te/fib/fib.h"

namespace boost::asio {
class io_context;
}

namespace pathwise::te {

class KernelFibExecutor final : public FibKernel {
 public:
  // kPermissionDenied without CAP_NET_ADMIN. A kernel without SRv6 is found out by the first route that needs it.
  [[nodiscard]] static Result<std::unique_ptr<KernelFibExecutor>> open();
  ~KernelFibExecutor() override;

  [[nodiscard]] Result<KernelFib> read() override;
  [[nodiscard]] Result<Egress> egress_to(const Ipv6Address& address) override;
  [[nodiscard]] Result<Egress> egress_of(const Ipv6Prefix& prefix) override;
  [[nodiscard]] Result<void> apply(const FibOperation& operation) override;
  // The source address of the outer header (`ip sr tunsrc`).
  [[nodiscard]] Result<void> set_tunnel_source(const Ipv6Address& address);
  // A global address of the interface; kNotFound.
  [[nodiscard]] Result<Ipv6Address> address_on(std::uint32_t ifindex);
  // Our netlink port: tells our own changes from others'.
  [[nodiscard]] std::uint32_t port() const;

 private:
  struct State;
  explicit KernelFibExecutor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Calls back when somebody changed routes, nexthops, addresses or links: 20 ms after the first change, every 200 ms
// while they go on, and every 10 s whatever happens. An overrun socket (ENOBUFS) is a change too. On the
// context's thread.
class FibMonitor {
 public:
  [[nodiscard]] static Result<std::unique_ptr<FibMonitor>> open(boost::asio::io_context& context,
                                                                std::uint32_t own_port,
                                                                std::function<void()> on_change);
  ~FibMonitor();
  FibMonitor(const FibMonitor&) = delete;
  FibMonitor& operator=(const FibMonitor&) = delete;
  [[nodiscard]] std::uint64_t overruns() const;  // of the socket: messages were lost

 private:
  struct State;
  explicit FibMonitor(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace pathwise::te
