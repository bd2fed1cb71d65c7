// SPDX-License-Identifier: GPL-2.0-or-later
// pathwise-frr beside real FRR routers. The figures that it prints are with all of them on this machine.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <thread>

#include "base/format.h"
#include "base/process.h"
#include "frr_lab.h"
#include "te/wire/topology_client.h"

namespace pathwise::te {
namespace {

using test::FrrLab;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kVia2 = "2001:db8:12::2 dev to2";
constexpr const char* kVia3 = "2001:db8:13::3 dev to3";

class FrrLiveTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!FrrLab::missing().empty()) return;
    lab_ = new FrrLab({.frr = PATHWISE_FRR, .wan = PATHWISE_WAN});
  }
  static void TearDownTestSuite() {
    delete lab_;
    lab_ = nullptr;
  }
  // Every test starts from the same: all agents run, the premium side (r3) is the fast one.
  void SetUp() override {
    if (lab_ == nullptr) GTEST_SKIP() << FrrLab::missing();
    for (const char* link : {"r1-r3", "r3-r4"}) lab_->set_delay(link, "500us");
    for (const char* link : {"r1-r2", "r2-r4"}) lab_->set_delay(link, "5ms");
    for (int router = 1; router <= 4; ++router) {
      if (!running_[router]) lab_->start_agent(router);
      running_[router] = true;
    }
    ASSERT_TRUE(FrrLab::eventually([] { return settled(); })) << state();
  }
  static bool settled() {
    return fast() == kVia3 && bulk() == kVia2 && lab_->next_hop(4, "fcbb:bb80:1::/48") == "2001:db8:34::3 dev to3" &&
           lab_->next_hop(2, "fcbb:bb81:4::/48") == "2001:db8:24::4 dev to4";
  }
  static std::string fast() { return lab_->next_hop(1, "fcbb:bb80:4::/48"); }
  static std::string bulk() { return lab_->next_hop(1, "fcbb:bb81:4::/48"); }
  static std::string state() {
    return lab_->in(1, "ip -6 route show") + lab_->vtysh(1, "show ipv6 route") + lab_->health(1) + lab_->log(1) +
           lab_->vtysh(1, "show isis mpls-te database detail");
  }
  static FrrLab* lab_;
  static std::map<int, bool> running_;
};
FrrLab* FrrLiveTest::lab_ = nullptr;
std::map<int, bool> FrrLiveTest::running_;

TEST_F(FrrLiveTest, EveryRouterHasSidsAndRoutesOfEveryAlgorithm) {
  for (int router = 1; router <= 4; ++router) {
    const std::string routes = lab_->in(router, "ip -6 route show");
    for (const char* block : {"fcbb:bb80", "fcbb:bb81"}) {
      EXPECT_THAT(routes, HasSubstr(formatted("{}:{}::/48", block, router))) << "own uN";
      EXPECT_THAT(routes, HasSubstr(formatted("{}:{}:fe00::/64", block, router))) << "own uDT6";
    }
    EXPECT_THAT(routes, HasSubstr(formatted("fcbb:bb00:{}:fe00::/64", router)));
    for (int other = 1; other <= 4; ++other) {
      if (other == router) continue;
      EXPECT_NE(lab_->next_hop(router, formatted("fcbb:bb80:{}::/48", other)), "") << router << " to " << other;
      // r3 has premium links only.
      const bool has_129 = router != 3 && other != 3;
      EXPECT_EQ(!lab_->next_hop(router, formatted("fcbb:bb81:{}::/48", other)).empty(), has_129)
          << router << " to " << other;
    }
    EXPECT_THAT(lab_->health(router), HasSubstr(R"("status":"ok")"));
  }
  EXPECT_THAT(lab_->in(1, "ip -6 route show fcbb:bb80:1::/48"),
              testing::AllOf(HasSubstr("action End "), HasSubstr("next-csid"), HasSubstr("lblen 32 nflen 16")));
  EXPECT_THAT(lab_->in(1, "ip -6 route show fcbb:bb80:1:fe00::/64"), HasSubstr("action End.DT6 table main"));
}

// Sends pings encapsulated to r4's uDT6 of an algorithm and reports on which link of r4 they came in.
std::string arrival_of(FrrLab& lab, const std::string& sid) {
  lab.in(4, "ip -6 addr replace 2001:db8:b::1/128 dev lo");
  lab.in(1, "ip -6 addr replace 2001:db8:a::1/128 dev lo");
  lab.in(1, "ip -6 route replace 2001:db8:b::1/128 encap seg6 mode encap segs " + sid + " dev to2 src 2001:db8:a::1");
  lab.in(
      4,
      "ip -6 route replace 2001:db8:a::1/128 encap seg6 mode encap segs fcbb:bb00:1:fe00:: dev to2 src 2001:db8:b::1");
  std::string seen;
  std::thread ping([&] { static_cast<void>(lab.in(1, "ping -6 -c 100 -i 0.05 -W 1 2001:db8:b::1")); });
  for (const char* device : {"to2", "to3"}) {
    const std::string capture =
        lab.in(4, std::string("timeout 2 tcpdump -lnni ") + device + " -Q in -c 3 'ip6 and dst net fcbb::/16'");
    if (capture.contains("3 packets captured")) seen += device;
  }
  ping.join();
  return seen;
}

TEST_F(FrrLiveTest, PacketsOfTheTwoAlgorithmsCrossDifferentLinks) {
  EXPECT_EQ(arrival_of(*lab_, "fcbb:bb80:4:fe00::"), "to3");
  EXPECT_EQ(arrival_of(*lab_, "fcbb:bb81:4:fe00::"), "to2");
}

// The third list is nobody's shortest path: r3, back to r1, r2, r4; it fills a carrier with uAs to the end.
TEST_F(FrrLiveTest, AdjacencySidsPinThePath) {
  EXPECT_THAT(lab_->in(1, "ip -6 route show fcbb:bb00:1:f002::/64"),
              testing::AllOf(HasSubstr("action End.X nh6 2001:db8:12::2"), HasSubstr("lblen 32 nflen 32"),
                             HasSubstr("dev to2")));
  EXPECT_EQ(arrival_of(*lab_, "fcbb:bb00:2:f004:4:fe00::"), "to2");
  EXPECT_EQ(arrival_of(*lab_, "fcbb:bb00:3:f004:4:fe00::"), "to3");
  EXPECT_EQ(arrival_of(*lab_, "fcbb:bb00:3:f001:1:f002:2:f004,fcbb:bb00:4:fe00::"), "to2");
}

TEST_F(FrrLiveTest, TheTopologyHasWhatIsisAdvertisesAndTheSidsThatWeInstall) {
  std::mutex mutex;
  TopologySnapshotPtr last;
  const Endpoint source{.host = {}, .port = 0, .unix_path = lab_->topology_socket(4)};
  auto client = follow_topology({.sources = {source}}, {.on_snapshot =
                                                            [&](TopologySnapshotPtr topology) {
                                                              const std::lock_guard lock(mutex);
                                                              last = std::move(topology);
                                                            },
                                                        .on_state = {}});
  ASSERT_TRUE(client) << client.error().message;
  const auto topology = [&] {
    const std::lock_guard lock(mutex);
    return last;
  };
  ASSERT_TRUE(FrrLab::eventually([&] { return topology() && topology()->links.size() == 8; }));
  const TopologySnapshotPtr seen = topology();
  EXPECT_THAT(seen->problems, testing::IsEmpty());
  for (const Node& node : seen->nodes) {
    EXPECT_EQ(node.sids.size(), 6U) << node.name;  // uN and uDT6 in three blocks
    EXPECT_EQ(node.algorithms, std::nullopt);      // ZAPI does not say
    EXPECT_EQ(node.depths, SidDepths{});
  }
  for (const Link& link : seen->links) {
    EXPECT_EQ(link.unusable, "");
    EXPECT_TRUE(link.max_reservable_bandwidth);
    ASSERT_TRUE(link.unreserved_bandwidth);
    EXPECT_EQ(link.unreserved_bandwidth->at(7),
              BitsPerSecond(10'000'000));  // zebra's default: no reservation lowers it
    ASSERT_EQ(link.sids.size(), 1U);
    // What the topology says is what the kernel of the link's router has.
    const std::string route = formatted("ip -6 route show {}/64", link.sids[0].sid);
    EXPECT_THAT(lab_->in(static_cast<int>(link.from) + 1, route),
                HasSubstr(formatted("action End.X nh6 {}", link.remote_address)));
  }
}

TEST_F(FrrLiveTest, AChangedDelayReachesOtherRoutersTopologyAndMovesRoutes) {
  std::mutex mutex;
  std::optional<std::uint32_t> seen;  // delay of r1 -> r3, as r4 exports it
  const Endpoint source{.host = {}, .port = 0, .unix_path = lab_->topology_socket(4)};
  auto client =
      follow_topology({.sources = {source}}, {.on_snapshot =
                                                  [&](const TopologySnapshotPtr& topology) {
                                                    if (!topology) return;
                                                    const std::lock_guard lock(mutex);
                                                    for (const Link& link : topology->links) {
                                                      if (link.local_address == *Ipv6Address::parse("2001:db8:13::1"))
                                                        seen = link.min_delay_us;
                                                    }
                                                  },
                                              .on_state = {}});
  ASSERT_TRUE(client) << client.error().message;
  const auto delay = [&] {
    const std::lock_guard lock(mutex);
    return seen.value_or(0);
  };
  ASSERT_TRUE(FrrLab::eventually([&] { return delay() >= 500 && delay() < 4000; })) << delay();

  // Past the hold time of the last update, so that this is what a quiet network does.
  const auto quiet = std::chrono::steady_clock::now() + std::chrono::milliseconds(2500);
  FrrLab::eventually([&] { return std::chrono::steady_clock::now() > quiet; });
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
  };
  lab_->set_delay("r1-r3", "30ms");
  ASSERT_TRUE(FrrLab::eventually([&] { return delay() >= 29'000; })) << delay();
  const auto advertised = elapsed();
  ASSERT_TRUE(FrrLab::eventually([&] {
    return fast() == kVia2 && lab_->next_hop(4, "fcbb:bb80:1::/48") == "2001:db8:24::2 dev to2" &&
           lab_->next_hop(3, "fcbb:bb80:1::/48") == "2001:db8:34::4 dev to4";
  })) << state();
  std::cout << "link delay change in another router's topology after " << advertised
            << " ms, Flex-Algo routes everywhere after " << elapsed() << " ms\n";
  EXPECT_LT(advertised, 5000);
  EXPECT_LT(elapsed(), 5000);
  EXPECT_EQ(bulk(), kVia2);
  lab_->set_delay("r1-r3", "500us");
  EXPECT_TRUE(FrrLab::eventually([] { return fast() == kVia3; }));
}

TEST_F(FrrLiveTest, ACutLinkIsRoutedAround) {
  lab_->cut("r1-r3", true);
  EXPECT_TRUE(FrrLab::eventually([] { return fast() == kVia2; })) << state();
  lab_->cut("r1-r3", false);
  EXPECT_TRUE(FrrLab::eventually([] { return fast() == kVia3; })) << state();
}

TEST_F(FrrLiveTest, ARestartedZebraGetsEverythingAgain) {
  lab_->kill_daemon(1, "zebra");
  ASSERT_TRUE(FrrLab::eventually([] { return lab_->health(1).contains(R"("zebra":false)"); })) << lab_->health(1);
  lab_->start_daemon(1, "zebra");
  EXPECT_TRUE(FrrLab::eventually([] { return settled(); }, std::chrono::seconds(60))) << state();
  EXPECT_EQ(arrival_of(*lab_, "fcbb:bb80:4:fe00::"), "to3");
  // isisd 10.3 does not register with the new zebra: it tells changes, but not its whole database.
  EXPECT_TRUE(FrrLab::eventually([] { return lab_->health(1).contains("isisd does not send its link state"); }))
      << lab_->health(1);
  lab_->set_delay("r1-r3", "30ms");
  EXPECT_TRUE(FrrLab::eventually([] { return fast() == kVia2; })) << state();
  lab_->set_delay("r1-r3", "500us");
  static_cast<void>(lab_->vtysh(1, "conf' -c 'router isis 1' -c 'no mpls-te export' -c 'mpls-te export"));
  EXPECT_TRUE(FrrLab::eventually([] { return lab_->health(1).contains(R"("status":"ok")"); })) << lab_->health(1);
}

// Its LSPs and adjacencies are gone; the neighbours and we get them again.
TEST_F(FrrLiveTest, ARestartedIsisdIsFollowedAgain) {
  lab_->kill_daemon(1, "isisd");
  ASSERT_TRUE(FrrLab::eventually([] { return lab_->next_hop(4, "fcbb:bb80:1::/48").empty(); })) << state();
  lab_->start_daemon(1, "isisd");
  EXPECT_TRUE(FrrLab::eventually([] { return settled(); }, std::chrono::seconds(60))) << state();
  EXPECT_EQ(arrival_of(*lab_, "fcbb:bb80:4:fe00::"), "to3");
}

TEST_F(FrrLiveTest, ADeadNodeIsRoutedAroundAndTakenBack) {
  lab_->kill_router(3);
  running_[3] = false;
  EXPECT_TRUE(FrrLab::eventually([] { return fast() == kVia2; })) << state();
  EXPECT_TRUE(FrrLab::eventually([] { return lab_->next_hop(1, "fcbb:bb80:3::/48").empty(); })) << state();
  EXPECT_EQ(arrival_of(*lab_, "fcbb:bb80:4:fe00::"), "to2");
  for (const char* link : {"r1-r3", "r3-r4"}) lab_->cut(link, false);
  lab_->start_frr(3);
  lab_->start_agent(3);
  running_[3] = true;
  EXPECT_TRUE(FrrLab::eventually([] { return settled(); }, std::chrono::seconds(60))) << state();
}

TEST_F(FrrLiveTest, StoppingWithdrawsTheRoutes) {
  const int status = lab_->stop_agent(1, SIGTERM);
  running_[1] = false;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_TRUE(FrrLab::eventually([] { return lab_->in(1, "ip -6 route show proto 194").empty(); })) << state();
  EXPECT_THAT(lab_->log(1), HasSubstr("routes withdrawn"));
  EXPECT_NE(lab_->next_hop(1, "fcbb:bb00:4::/48"), "");  // IS-IS's own stay
}

// graceful_restart is 8 s in this lab.
TEST_F(FrrLiveTest, AKilledAgentsRoutesForwardUntilTheNextOneHasTakenThemOver) {
  constexpr int kPackets = 300;
  lab_->in(1, "ip -6 addr replace 2001:db8:a::1/128 dev lo");
  lab_->in(1,
           "ip -6 route replace 2001:db8:b::1/128 encap seg6 mode encap segs fcbb:bb80:4:fe00:: dev to2 "
           "src 2001:db8:a::1");
  const std::string before = lab_->in(1, "ip -6 route show proto 194");
  const std::string file = formatted("/tmp/pathwise-capture-{}", ::getpid());
  std::thread listen([&] {
    static_cast<void>(lab_->in(
        4, formatted("sh -c \"timeout 20 tcpdump -qlnni to3 -Q in -c {} 'ip6 and dst net fcbb:bb80:4::/48' > {} 2>&1\"",
                     kPackets, file)));
  });
  const auto captured = [&] { return read_file(file, 1 << 20).value_or(""); };
  std::thread ping([&] {
    EXPECT_TRUE(FrrLab::eventually([&] { return captured().contains("listening on"); }));
    static_cast<void>(lab_->in(1, formatted("ping -6 -q -c {} -i 0.01 -W 1 2001:db8:b::1", kPackets)));
  });
  lab_->stop_agent(1, SIGKILL);
  running_[1] = false;
  EXPECT_EQ(lab_->in(1, "ip -6 route show proto 194"), before);
  lab_->start_agent(1);
  running_[1] = true;
  ping.join();
  listen.join();
  EXPECT_TRUE(captured().contains(formatted("{} packets captured", kPackets)))
      << captured().substr(captured().size() - 200);
  std::filesystem::remove(file);
  EXPECT_TRUE(FrrLab::eventually([] { return settled(); })) << state();
}

TEST_F(FrrLiveTest, AHandOverKeepsTheRoutesAndNobodyWhoTakesThemOverLosesThem) {
  const std::string before = lab_->in(1, "ip -6 route show proto 194");
  const int status = lab_->stop_agent(1, SIGUSR1);
  running_[1] = false;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(lab_->in(1, "ip -6 route show proto 194"), before);
  EXPECT_THAT(lab_->log(1), HasSubstr("routes left to the next one"));
  // zebra 10.3 sweeps only for a client that came back; one that ends takes along what it finds.
  lab_->start_agent(1);
  ASSERT_TRUE(FrrLab::eventually([] { return lab_->health(1).contains(R"("status":"ok")"); })) << lab_->health(1);
  lab_->stop_agent(1, SIGTERM);
  EXPECT_TRUE(FrrLab::eventually([] { return lab_->in(1, "ip -6 route show proto 194").empty(); }))
      << lab_->in(1, "ip -6 route show proto 194");
}

TEST_F(FrrLiveTest, WhatTheNextAgentDoesNotRenewIsSwept) {
  ASSERT_NE(bulk(), "");
  lab_->stop_agent(1, SIGKILL);
  lab_->give_other_definitions(1, true);  // its neighbours disagree with these: 129 is held
  lab_->start_agent(1);
  EXPECT_TRUE(FrrLab::eventually([] { return bulk().empty(); })) << state();
  EXPECT_EQ(fast(), kVia3) << state();
  lab_->stop_agent(1, SIGTERM);
  lab_->give_other_definitions(1, false);
  lab_->start_agent(1);
  EXPECT_TRUE(FrrLab::eventually([] { return settled(); })) << state();
}

TEST_F(FrrLiveTest, OtherDefinitionsOfANeighbourHoldTheAlgorithmAndNameIt) {
  const auto restart = [](int router, bool other) {
    lab_->stop_agent(router, SIGTERM);
    lab_->give_other_definitions(router, other);
    lab_->start_agent(router);
  };
  restart(2, true);
  EXPECT_TRUE(FrrLab::eventually([] { return bulk().empty(); })) << state();
  EXPECT_TRUE(FrrLab::eventually([] {
    return lab_->health(1).contains("flex-algo 129 is held: r2 has another definition");
  })) << lab_->health(1);
  EXPECT_EQ(fast(), kVia3);  // the algorithm that agrees goes on
  restart(2, false);
  EXPECT_TRUE(FrrLab::eventually([] { return settled(); })) << state();
}

}  // namespace
}  // namespace pathwise::te
