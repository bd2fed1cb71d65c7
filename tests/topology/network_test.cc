// SPDX-License-Identifier: Apache-2.0
// The network under the fabric: IS-IS, SRv6 uSID in algorithm 0, the wide-area relay. The routes over
// SRv6 are typed in here, in prefixes of the test's own, beside what te and pathwise-frr install.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <optional>
#include <tuple>

#include "base/format.h"
#include "lab/wan/plan.h"
#include "tiers_lab.h"

namespace pathwise::topology_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// uSID node ids, as in each router's locator.
const std::map<std::string, std::string> kNodeIds = {{"r-mum", "1"}, {"r-pune", "2"}, {"r-dub", "3"}, {"r-sin", "4"},
                                                     {"pa1", "11"},  {"pa2", "12"},   {"pb1", "13"},  {"pb2", "14"}};
const std::vector<std::string> kEdges = {"r-mum", "r-pune", "r-dub", "r-sin"};
constexpr double kTolerance = 0.2;  // of a round-trip time: the machine may be busy

class Network : public testing::Test {
 protected:
  TiersLab& lab_ = TiersLab::instance();

  // Smallest round-trip time of `count` pings from h-pune to h-sin.
  std::optional<double> round_trip_ms(int count) {
    const auto output =
        lab_.attempt("h-pune", formatted("ping -6 -q -c {} -i 0.1 -W 1 -I fd00:3:2::1 -s 1000 fd00:3:4::1", count));
    const std::size_t at = output.out.find("= ");
    if (at == std::string::npos) return std::nullopt;
    return std::strtod(output.out.c_str() + at + 2, nullptr);
  }

  // Twice the configured delays along "pune", "pb1", …, in ms.
  double configured_round_trip_ms(const std::vector<std::string>& path) {
    const auto directions = wan::plan(lab_.topology(), "wan");
    double sum = 0;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      for (const auto& name : {path[i] + "-" + path[i + 1], path[i + 1] + "-" + path[i]}) {
        const auto found = std::ranges::find(*directions, name, &wan::Direction::in);
        sum += std::chrono::duration<double, std::milli>(found->shape.delay).count();
      }
    }
    return sum;
  }

  // What tcpdump says of this test's packets that leave r-pune by `interface`: up to 20 in 2 s.
  std::string captured(const std::string& interface) {
    return lab_.run(
        "r-pune",
        formatted("timeout 2 tcpdump -nni {} -Q out -c 20 'dst net fcbb:bb00:4:fd00::/64' 2>&1 || true", interface));
  }

  // A prefix at each of the two hosts (fd00:3:<id>::/64, which nothing else uses), and a uDT6 at
  // each edge in algorithm 0 under a function of the test's own.
  void join_pune_and_singapore() {
    for (const auto& [edge, id] : {std::pair{"r-pune", "2"}, {"r-sin", "4"}}) {
      lab_.run(edge, formatted("ip -6 route replace fcbb:bb00:{0}:fd00::/64 encap seg6local action End.DT6 table 254 "
                               "dev sr0 && ip -6 route replace fd00:3:{0}::/64 via fd00:2:{0}::2 dev to-host",
                               id));
    }
    for (const auto& [host, own, peer] : {std::tuple{"h-pune", "2", "4"}, {"h-sin", "4", "2"}}) {
      lab_.run(host, formatted("ip -6 address replace fd00:3:{0}::1/128 dev lo nodad && ip -6 route replace "
                               "fd00:3:{1}::/64 encap seg6 mode encap segs fcbb:bb00:{1}:fd00:: dev to-edge src "
                               "fd00:3:{0}::1",
                               own, peer));
    }
  }

  void expect_round_trip(double expected_ms) {
    const auto measured = round_trip_ms(10);
    ASSERT_TRUE(measured) << "no reply";
    EXPECT_NEAR(*measured, expected_ms, expected_ms * kTolerance);
    std::cout << formatted("  round trip pune - singapore: {:.2f} ms, configured {:.2f} ms\n", *measured, expected_ms);
  }
};

TEST_F(Network, EveryNodeIsHealthy) {
  for (const auto& node : lab_.deployment().nodes) EXPECT_EQ(node.health, lab::Health::kHealthy) << node.node;
  EXPECT_EQ(lab_.deployment().nodes.size(), 14U);
  std::cout << formatted("  up: links after {} ms, healthy after {} ms\n", lab_.deployment().links_ready.count(),
                         lab_.deployment().healthy.count());
}

TEST_F(Network, EveryAdjacencyIsUp) {
  for (const auto& [router, id] : kNodeIds) {
    const std::string neighbors = lab_.run(router, "vtysh -c 'show isis neighbor'");
    const auto expected = std::ranges::count_if(lab_.topology().links, [&, name = router](const lab::Link& link) {
      return link.ends[0].node == name && link.ends[1].node == "wan";
    });
    std::ptrdiff_t up = 0;
    for (std::size_t at = 0; (at = neighbors.find(" Up ", at)) != std::string::npos; ++at) ++up;
    EXPECT_EQ(up, expected) << router << "\n" << neighbors;
  }
}

TEST_F(Network, EveryLocatorAndLoopbackIsReachableFromEveryEdge) {
  for (const std::string& edge : kEdges) {
    const std::string routes = lab_.run(edge, "ip -6 route show");
    for (const auto& [router, id] : kNodeIds) {
      EXPECT_THAT(routes, HasSubstr(formatted("fcbb:bb00:{}::/48", id))) << edge << " to " << router;
      lab_.run(edge, formatted("ping -6 -q -c 1 -W 2 fd00:0:0:ff::{}", id));
    }
  }
}

TEST_F(Network, TierPrefixesAreNotInTheIgp) {
  EXPECT_THAT(lab_.run("r-pune", "ip -6 route show"), HasSubstr("fd00:1:2a::/64"));
  EXPECT_THAT(lab_.run("pb1", "ip -6 route show"), testing::Not(HasSubstr("fd00:1:")));
  EXPECT_THAT(lab_.run("r-sin", "ip -6 route show"), testing::Not(HasSubstr("fd00:1:2")));
}

TEST_F(Network, ThePublishedSiteReachesTheNetworkThroughItsEdge) {
  EXPECT_THAT(lab_.run("h-pune", "ip -6 route get fd00:9::1"), HasSubstr("via fd00:2:2::1 dev to-edge"));
  lab_.run("h-pune", "ping -6 -q -c 1 -W 2 fd00:9::1");
}

TEST_F(Network, TrafficOverSrv6TakesTheWidePlaneWithItsDelay) {
  join_pune_and_singapore();
  ASSERT_TRUE(eventually(milliseconds(5000), [&] { return round_trip_ms(1).has_value(); }));
  expect_round_trip(configured_round_trip_ms({"pune", "pb1", "pb2", "sin"}));
  lab_.run("h-pune", "ping -6 -q -c 300 -i 0.02 -I fd00:3:2::1 fd00:3:4::1 > /dev/null 2>&1 &");
  EXPECT_THAT(captured("to-pb1"), HasSubstr("20 packets captured"));
  EXPECT_THAT(captured("to-pa1"), HasSubstr("0 packets captured"));
}

TEST_F(Network, AChangedDelayChangesTheRoundTrip) {
  join_pune_and_singapore();
  lab_.wan("set pb1-pb2 delay 40ms");
  const double slower = configured_round_trip_ms({"pune", "pb1", "pb2", "sin"}) + 2 * (40 - 18);
  EXPECT_TRUE(eventually(milliseconds(3000), [&] { return round_trip_ms(1).value_or(0) > slower * 0.9; }));
  expect_round_trip(slower);
  lab_.wan("heal pb1-pb2");
  expect_round_trip(configured_round_trip_ms({"pune", "pb1", "pb2", "sin"}));
}

TEST_F(Network, ACutLinkIsRoutedAroundAndComesBack) {
  join_pune_and_singapore();
  const double around = configured_round_trip_ms({"pune", "pb1", "pa1", "pa2", "pb2", "sin"});
  const double direct = configured_round_trip_ms({"pune", "pb1", "pb2", "sin"});
  const auto takes = [&](double expected) {
    return [this, expected] {
      const auto measured = round_trip_ms(1);
      return measured && std::abs(*measured - expected) < expected * 0.05;
    };
  };
  lab_.wan("cut pb1-pb2");
  const auto cut = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually(milliseconds(20'000), takes(around)));
  std::cout << formatted("  rerouted {:.1f} s after the cut\n",
                         std::chrono::duration<double>(std::chrono::steady_clock::now() - cut).count());
  expect_round_trip(around);
  lab_.wan("heal pb1-pb2");
  EXPECT_TRUE(eventually(milliseconds(20'000), takes(direct)));
}

TEST_F(Network, ANarrowLinkSendsABurstOneFrameAfterTheOther) {
  lab_.wan("set pa1-pa2 rate 10Mbps one-way");
  // "rtt min/avg/max/mdev = 16.1/21.4/26.7/3.3 ms": ten frames of 1462 bytes, 1.17 ms each.
  const std::string output = lab_.run("pa1", "ping -6 -q -c 10 -l 10 -s 1400 fd00:0:1:1112::12");
  lab_.wan("heal pa1-pa2");
  double min = 0;
  double avg = 0;
  double max = 0;
  const std::size_t at = output.find("= ");
  ASSERT_NE(at, std::string::npos) << output;
  ASSERT_EQ(std::sscanf(output.c_str() + at, "= %lf/%lf/%lf", &min, &avg, &max), 3) << output;
  const double burst = 9 * 1462 * 8 / 10e6 * 1000;
  EXPECT_GE(max - min, burst * (1 - kTolerance)) << output;
  std::cout << formatted("  burst of ten at 10 Mbps: last {:.2f} ms after the first, computed {:.2f} ms\n", max - min,
                         burst);
}

// Last: the tests run in the order of this file.
TEST_F(Network, DownLeavesNothingBehind) {
  const auto start = std::chrono::steady_clock::now();
  lab_.take_down();
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
  std::cout << formatted("  down: {} ms\n", took.count());
  EXPECT_THAT(*lab_.engine().list("containerlab", lab_.topology().name), IsEmpty());
  // Its links lived in its containers; the management network's bridge is what could be left here.
  std::vector<std::string> bridges;
  for (const std::string& name : interfaces()) {
    if (name.starts_with("br-") && !lab_.interfaces_before().contains(name)) bridges.push_back(name);
  }
  EXPECT_THAT(bridges, IsEmpty());
}

}  // namespace
}  // namespace pathwise::topology_test
