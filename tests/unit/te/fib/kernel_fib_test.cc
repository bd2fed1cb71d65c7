// SPDX-License-Identifier: Apache-2.0
// The real kernel, in namespaces.
#include "te/fib/kernel_fib.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <cstring>
#include <filesystem>
#include <functional>

#include "base/format.h"
#include "base/process.h"
#include "netns_lab.h"

namespace pathwise::te {
namespace {

using test::NetnsLab;
using testing::HasSubstr;
using testing::Not;

Ipv6Address address(std::string_view text) {
  return *Ipv6Address::parse(text);
}
Ipv6Prefix prefix(std::string_view text) {
  return *Ipv6Prefix::parse(text);
}

const Ipv6Prefix kTier = prefix("fd00:2:a::/64");

// UDP between the namespaces, from one thread.
class Udp {
 public:
  Udp(const std::string& node, std::string_view bind_to) {
    const NetnsLab::Inside inside(node);
    fd_ = ::socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    const int room = 8 << 20;
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    const sockaddr_in6 local = at(bind_to);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) throw std::runtime_error("bind");
  }
  ~Udp() { ::close(fd_); }
  static constexpr std::uint16_t kPort = 9000;
  bool send(std::string_view to) {
    const sockaddr_in6 target = at(to);
    return ::sendto(fd_, "x", 1, 0, reinterpret_cast<const sockaddr*>(&target), sizeof target) == 1;
  }
  int drain() {
    int count = 0;
    char buffer[16];
    while (::recv(fd_, buffer, sizeof buffer, 0) > 0) ++count;
    return count;
  }

 private:
  static sockaddr_in6 at(std::string_view text) {
    sockaddr_in6 result{};
    result.sin6_family = AF_INET6;
    result.sin6_port = htons(kPort);
    const Ipv6Address value = address(text);
    std::memcpy(&result.sin6_addr, value.bytes.data(), 16);
    return result;
  }
  int fd_ = -1;
};

class KernelFibTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = NetnsLab::missing(); !reason.empty()) GTEST_SKIP() << reason;
    lab_.emplace();
    open();
  }
  void open() {
    const NetnsLab::Inside inside("h1");
    auto opened = KernelFibExecutor::open();
    ASSERT_TRUE(opened) << opened.error().message;
    kernel_ = std::move(*opened);
    fib_.emplace(*kernel_);
  }
  static DesiredFib wanted(std::string_view segment) {
    return {.unreachable = prefix("fd00::/16"),
            .addresses = {address("fd00:1:a::1")},
            .routes = {{kTier, {.path = over({address(segment)}), .source = address("fd00:1:a::1")}}}};
  }
  void install(const DesiredFib& desired) {
    fib_->want(desired);
    const auto done = fib_->sync();
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_TRUE(fib_->not_installed().empty()) << fib_->not_installed().begin()->second;
  }
  std::string routes() { return lab_->show("h1", "route show proto 201"); }
  // A packet from h1 arrives at h2.
  bool passes() {
    lab_->ip("h2", "addr replace fd00:2:a::1/128 dev lo");
    Udp sender("h1", "::");
    Udp receiver("h2", "::");
    if (!sender.send("fd00:2:a::1")) return false;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(3);
    while (std::chrono::steady_clock::now() < deadline) {
      if (receiver.drain() > 0) return true;
    }
    return false;
  }

  static constexpr int kPackets = 5000;
  static constexpr int kChanges = 100;
  // Packets from h1 to h2 all the time, and change(n) kChanges times meanwhile: how many did not arrive.
  int lost_over_changes(const std::function<void(int)>& change) {
    lab_->ip("h2", "addr add fd00:2:a::1/128 dev lo");
    Udp sender("h1", "::");
    Udp receiver("h2", "::");
    int received = 0;
    for (int i = 0; i < kPackets; ++i) {
      if (i % (kPackets / kChanges) == 0) change(i / (kPackets / kChanges));
      EXPECT_TRUE(sender.send("fd00:2:a::1"));
      received += receiver.drain();
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (received < kPackets && std::chrono::steady_clock::now() < deadline) received += receiver.drain();
    return kPackets - received;
  }

  std::optional<NetnsLab> lab_;
  std::unique_ptr<KernelFibExecutor> kernel_;
  std::optional<Fib> fib_;
};

TEST_F(KernelFibTest, InstallsAnEncapsulatedRouteThatCarriesPackets) {
  install(wanted("fcbb:bb80:2:fe00::"));
  EXPECT_THAT(routes(), HasSubstr("nhid 4000000"));
  EXPECT_THAT(routes(), HasSubstr("unreachable fd00::/16"));
  const std::string get = lab_->show("h1", "route get fd00:2:a::1");
  EXPECT_THAT(get, HasSubstr("encap seg6 mode encap.red segs 1 [ fcbb:bb80:2:fe00:: ]"));
  EXPECT_THAT(get, HasSubstr("src fd00:1:a::1"));
  EXPECT_THAT(lab_->show("h1", "addr show dev lo"), HasSubstr("fd00:1:a::1/128"));
  EXPECT_TRUE(passes());
}

TEST_F(KernelFibTest, WhatWasInstalledReadsBackAsWanted) {
  auto desired = wanted("fcbb:bb80:2:fe00::");
  desired.routes[prefix("fd00:2:a::201/128")] = {
      .path = over({address("fcbb:bb00:9:8:7:6:5:4"), address("fcbb:bb80:2:fe00::")})};
  desired.routes[prefix("fd00:3:a::/64")] = {.path = {.gateway = address("2001:db8:a::1")}};
  desired.routes[prefix("fd00:4:a::/64")] = {
      .path = {.lists = {{{address("fcbb:bb80:2:fe00::")}, 3}, {{address("fcbb:bb00:2:fe00::")}, 1}}}, .mtu = 1400};
  install(desired);
  const auto before = fib_->counters().operations;
  const auto again = fib_->sync();
  ASSERT_TRUE(again);
  EXPECT_EQ(fib_->counters().operations, before);
  EXPECT_THAT(lab_->show("h1", "route get fd00:3:a::1"), HasSubstr("via 2001:db8:a::1"));
  EXPECT_THAT(lab_->show("h1", "route show fd00:4:a::/64"), HasSubstr("mtu 1400"));
}

TEST_F(KernelFibTest, ReplacingAPathLosesNoPacket) {
  install(wanted("fcbb:bb80:2:fe00::"));
  const int lost = lost_over_changes(
      [&](int number) { install(wanted(number % 2 == 0 ? "fcbb:bb00:2:fe00::" : "fcbb:bb80:2:fe00::")); });
  EXPECT_EQ(lost, 0) << "of " << kPackets << " over " << kChanges << " changes";
  EXPECT_THAT(routes(), HasSubstr("nhid 4000000"));  // one object all the time
  RecordProperty("packets_lost", lost);
}

// From one list to two, back, and with other weights.
TEST_F(KernelFibTest, ChangingAGroupLosesNoPacket) {
  install(wanted("fcbb:bb80:2:fe00::"));
  const int lost = lost_over_changes([&](int number) {
    auto desired = wanted("fcbb:bb80:2:fe00::");
    auto& lists = desired.routes.at(kTier).path.lists;
    if (number % 3 != 0) lists.push_back({{address("fcbb:bb00:2:fe00::")}, static_cast<std::uint8_t>(1 + number % 5)});
    install(desired);
  });
  EXPECT_EQ(lost, 0) << "of " << kPackets << " over " << kChanges << " changes";
}

TEST_F(KernelFibTest, FlowsSpreadByWeight) {
  lab_->in("h1", "echo 1 > /proc/sys/net/ipv6/fib_multipath_hash_policy");  // by flow, not by address pair
  auto desired = wanted("fcbb:bb80:2:fe00::");
  desired.routes.at(kTier).path.lists = {{{address("fcbb:bb80:2:fe00::")}, 3}, {{address("fcbb:bb00:2:fe00::")}, 1}};
  install(desired);
  int first = 0;
  for (int port = 0; port < 200; ++port) {
    const std::string get =
        lab_->show("h1", formatted("route get fd00:2:a::1 ipproto udp sport {} dport 9000", 20'000 + port));
    first += get.contains("fcbb:bb80:2:fe00::") ? 1 : 0;
  }
  EXPECT_GT(first, 110);
  EXPECT_LT(first, 190);
}

TEST_F(KernelFibTest, ARestartAdoptsWhatIsRightAndRemovesTheRest) {
  auto first = wanted("fcbb:bb80:2:fe00::");
  first.routes[prefix("fd00:9:a::/64")] = first.routes[kTier];
  install(first);
  open();  // as after a kill: nothing is known
  install(wanted("fcbb:bb80:2:fe00::"));
  EXPECT_EQ(fib_->counters().operations, 2u);  // the stale route and its nexthop
  EXPECT_THAT(routes(), Not(HasSubstr("fd00:9:a::")));
  EXPECT_TRUE(passes());
}

TEST_F(KernelFibTest, OthersRoutesAndNexthopsAreNeverTouched) {
  lab_->ip("h1", "route add fd00:8::/64 via 2001:db8:a::1 proto static");
  lab_->ip("h1", "nexthop add id 7 via 2001:db8:a::1 dev eth0");
  lab_->ip("h1", "addr add fd00:1:a::77/128 dev lo");
  install(wanted("fcbb:bb80:2:fe00::"));
  ASSERT_TRUE(fib_->withdraw());
  EXPECT_THAT(lab_->show("h1", "route"), HasSubstr("fd00:8::/64"));
  EXPECT_THAT(lab_->show("h1", "nexthop"), HasSubstr("id 7 "));
  EXPECT_THAT(lab_->show("h1", "nexthop"), Not(HasSubstr("id 4000000")));
  EXPECT_THAT(lab_->show("h1", "addr show dev lo"), HasSubstr("fd00:1:a::77"));
}

TEST_F(KernelFibTest, TheUnreachableAggregateStaysSoThatAMissingPathFailsClosed) {
  install(wanted("fcbb:bb80:2:fe00::"));
  ASSERT_TRUE(passes());
  ASSERT_TRUE(fib_->withdraw());
  fib_.reset();
  kernel_.reset();
  EXPECT_THAT(routes(), HasSubstr("unreachable fd00::/16"));
  Udp sender("h1", "::");
  EXPECT_FALSE(sender.send("fd00:2:a::1"));
}

TEST_F(KernelFibTest, ADeletionIsNoticedAndRepaired) {
  install(wanted("fcbb:bb80:2:fe00::"));
  boost::asio::io_context context{1};
  int changes = 0;
  std::unique_ptr<FibMonitor> monitor;
  {
    const NetnsLab::Inside inside("h1");
    auto opened = FibMonitor::open(context, kernel_->port(), [&] {
      ++changes;
      EXPECT_TRUE(fib_->sync());
    });
    ASSERT_TRUE(opened);
    monitor = std::move(*opened);
  }
  for (const char* harm : {"route del fd00:2:a::/64", "nexthop flush proto 201",
                           "route del unreachable fd00::/16 metric 4294967294", "addr del fd00:1:a::1/128 dev lo"}) {
    const int before = changes;
    const auto repairs = fib_->counters().repairs;
    lab_->ip("h1", harm);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (changes == before && std::chrono::steady_clock::now() < deadline)
      context.run_one_for(std::chrono::milliseconds(50));
    EXPECT_GT(fib_->counters().repairs, repairs) << harm;
    EXPECT_THAT(routes(), HasSubstr("unreachable fd00::/16")) << harm;
    EXPECT_TRUE(passes()) << harm;
  }
}

TEST_F(KernelFibTest, AnOverrunHidesNoDeletion) {
  install(wanted("fcbb:bb80:2:fe00::"));
  boost::asio::io_context context{1};
  std::unique_ptr<FibMonitor> monitor;
  {
    const NetnsLab::Inside inside("h1");
    auto opened = FibMonitor::open(context, kernel_->port(), [&] { EXPECT_TRUE(fib_->sync()); });
    ASSERT_TRUE(opened);
    monitor = std::move(*opened);
  }
  std::string batch;  // more than the socket holds
  for (int i = 0; i < 5000; ++i) batch += formatted("route add fd00:8:{:x}::/48 via 2001:db8:a::1\n", i);
  const std::string file = formatted("/tmp/pathwise-overrun-{}", ::getpid());
  ASSERT_TRUE(write_file_atomically(file, batch));
  lab_->ip("h1", "-batch " + file);
  std::filesystem::remove(file);
  lab_->ip("h1", "route del fd00:2:a::/64");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (fib_->counters().repairs == 0 && std::chrono::steady_clock::now() < deadline) {
    context.run_one_for(std::chrono::milliseconds(50));
  }
  EXPECT_GT(monitor->overruns(), 0U);
  EXPECT_GE(fib_->counters().repairs, 1U);
  EXPECT_TRUE(passes());
}

TEST_F(KernelFibTest, FollowsTheDefaultRouteAndReportsWhenItIsGone) {
  install(wanted("fcbb:bb80:2:fe00::"));
  lab_->ip("h1", "route del default");
  ASSERT_TRUE(fib_->sync());
  ASSERT_TRUE(fib_->not_installed().contains(kTier));
  EXPECT_THAT(fib_->not_installed().at(kTier), HasSubstr("no route to fcbb:bb80:2:fe00::"));
  lab_->ip("h1", "route add default via 2001:db8:a::1");
  ASSERT_TRUE(fib_->sync());
  EXPECT_TRUE(fib_->not_installed().empty());
  EXPECT_TRUE(passes());
}

TEST_F(KernelFibTest, UnderlayWithoutAGatewayTakesTheMainTablesRoute) {
  install({.unreachable = prefix("fd00::/16"), .routes = {{kTier, {}}}});
  EXPECT_THAT(lab_->show("h1", "route get fd00:2:a::1"), HasSubstr("via 2001:db8:a::1 dev eth0"));
  EXPECT_TRUE(passes());
}

TEST_F(KernelFibTest, SetsTheTunnelSource) {
  const auto own = kernel_->address_on(kernel_->egress_to(address("2001:db8:b::2"))->ifindex);
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ(*own, address("2001:db8:a::2"));
  const NetnsLab::Inside inside("h1");
  const auto done = kernel_->set_tunnel_source(*own);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(lab_->show("h1", "sr tunsrc show"), HasSubstr("2001:db8:a::2"));
}

}  // namespace
}  // namespace pathwise::te
