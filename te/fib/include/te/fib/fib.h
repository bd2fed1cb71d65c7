// SPDX-License-Identifier: Apache-2.0
// Keeps the kernel as the engine wants it. sync() reads, compares and repairs: the same code installs,
// adopts after a restart and undoes somebody's deletion. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/error.h"
#include "te/fib/fib_diff.h"
#include "te/fib/fib_state.h"

namespace pathwise::te {

// The edge: netlink, or an in-memory one in tests.
class FibKernel {
 public:
  virtual ~FibKernel() = default;
  [[nodiscard]] virtual Result<KernelFib> read() = 0;
  // How the host reaches `address` (kNotFound: not at all).
  [[nodiscard]] virtual Result<Egress> egress_to(const Ipv6Address& address) = 0;
  // The main table's own route for all of `prefix`, ours aside.
  [[nodiscard]] virtual Result<Egress> egress_of(const Ipv6Prefix& prefix) = 0;
  [[nodiscard]] virtual Result<void> apply(const FibOperation& operation) = 0;
};

struct FibCounters {
  std::uint64_t syncs = 0;
  std::uint64_t operations = 0;
  std::uint64_t failures = 0;
  std::uint64_t repairs = 0;  // operations that no change of ours explains
};

class Fib {
 public:
  explicit Fib(FibKernel& kernel) : kernel_(kernel) {}

  // What is wanted from now on; call sync() to make it so.
  void want(DesiredFib desired);
  // Every operation is tried; the error is that of reading the kernel. Routes that could not be
  // installed are in not_installed().
  Result<void> sync();
  // Removes routes and nexthops of ours; the unreachable aggregate and the addresses stay, so that a
  // missing te fails closed and sockets bound to tier addresses live on.
  Result<void> withdraw();

  [[nodiscard]] const std::map<Ipv6Prefix, std::string>& not_installed() const { return not_installed_; }
  [[nodiscard]] const FibCounters& counters() const { return counters_; }
  [[nodiscard]] const DesiredFib& desired() const { return desired_; }

 private:
  [[nodiscard]] ResolvedEgress resolve();
  void apply(const FibPlan& plan);

  FibKernel& kernel_;
  DesiredFib desired_;
  bool changed_ = true;  // since the last sync
  std::map<Ipv6Prefix, std::string> not_installed_;
  FibCounters counters_;
};

// Accepts and remembers everything; for tests, for `fib: none` and for dry runs.
class MemoryFibKernel final : public FibKernel {
 public:
  [[nodiscard]] Result<KernelFib> read() override { return state; }
  [[nodiscard]] Result<Egress> egress_to(const Ipv6Address& address) override;
  [[nodiscard]] Result<Egress> egress_of(const Ipv6Prefix& prefix) override;
  [[nodiscard]] Result<void> apply(const FibOperation& operation) override;

  KernelFib state;
  std::optional<Egress> egress = Egress{.ifindex = 1};  // of everything; absent: unreachable
  std::optional<Ipv6Prefix> refuse;                     // a PutRoute of this prefix fails
  std::vector<FibOperation> log;
};

}  // namespace pathwise::te
