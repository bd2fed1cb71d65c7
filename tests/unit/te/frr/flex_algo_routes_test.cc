// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/flex_algo_routes.h"

#include <gmock/gmock.h>

#include "base/format.h"
#include "te/topology/builder.h"

namespace pathwise::te {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::Not;

Ipv6Prefix prefix(const char* text) {
  return *Ipv6Prefix::parse(text);
}

// A diamond: r1 - r2 - r4 is short and slow, r1 - r3 - r4 long and fast (and "red", group 0).
class FlexAlgoRoutesTest : public testing::Test {
 protected:
  FlexAlgoRoutesTest() {
    for (std::uint16_t n = 1; n <= 4; ++n) add_node(n);
    add(1, 2, 10, 10'000, false);
    add(2, 4, 10, 10'000, false);
    add(1, 3, 100, 1'000, true);
    add(3, 4, 100, 1'000, true);
    fast_ = {.algorithm = Algorithm(128), .metric = MetricType::kMinDelay};
    bulk_ = {.algorithm = Algorithm(129), .metric = MetricType::kIgp};
    bulk_.exclude_any.set(0);
  }

  void add_node(std::uint16_t number) {
    Node node{.name = NodeName(formatted("r{}", number)), .system_id = {}, .router_id6 = {}, .locators = {}};
    for (const auto& [algorithm, block] : sids_.blocks()) {
      node.locators.emplace_back(algorithm, *sids_.locator(algorithm, NodeId(number)));
    }
    builder_.add_node(node);
  }
  static Ipv6Address address(int a, int b, int side) {
    return *Ipv6Address::parse(formatted("2001:db8:{}{}::{}", std::min(a, b), std::max(a, b), side));
  }
  void add(int a, int b, std::uint32_t metric, std::uint32_t delay, bool red) {
    for (const auto& [from, to] : {std::pair{a, b}, {b, a}}) {
      Link link;
      link.local_address = address(a, b, from);
      link.remote_address = address(a, b, to);
      link.igp_metric = metric;
      link.min_delay_us = delay;
      if (red) link.admin_groups.set(0);
      builder_.add_link({NodeName(formatted("r{}", from)), NodeName(formatted("r{}", to)), link});
      if (from == 1) interfaces_.emplace(link.local_address, static_cast<std::uint32_t>(10 + to));
    }
  }
  FrrRoutes routes(const char* self = "r1") {
    const TopologySnapshot topology = builder_.build(1, 1);
    return flex_algo_routes({.topology = topology,
                             .self = topology.find(NodeName(self)),
                             .definitions = definitions_,
                             .sids = sids_,
                             .held = held_,
                             .interfaces = interfaces_});
  }

  SidMap sids_ = *SidMap::create({{Algorithm(0), prefix("fcbb:bb00::/32")},
                                  {Algorithm(128), prefix("fcbb:bb80::/32")},
                                  {Algorithm(129), prefix("fcbb:bb81::/32")}},
                                 0xfe00);
  TopologyBuilder builder_;
  FlexAlgoDefinition fast_;
  FlexAlgoDefinition bulk_;
  std::vector<FlexAlgoDefinition> definitions_;
  std::set<Algorithm> held_;
  std::map<Ipv6Address, std::uint32_t> interfaces_;
};

TEST_F(FlexAlgoRoutesTest, EachAlgorithmTakesItsOwnSide) {
  definitions_ = {fast_, bulk_};
  const FrrRoutes found = routes();
  EXPECT_THAT(found.at(prefix("fcbb:bb80:4::/48")).next_hops, ElementsAre(NextHop{13, address(1, 3, 3)}));
  EXPECT_THAT(found.at(prefix("fcbb:bb81:4::/48")).next_hops, ElementsAre(NextHop{12, address(1, 2, 2)}));
  // r2 by delay: over r3 and r4 it is 12 ms, direct 10 ms.
  EXPECT_THAT(found.at(prefix("fcbb:bb80:2::/48")).next_hops, ElementsAre(NextHop{12, address(1, 2, 2)}));
  // r3 is behind red links only.
  EXPECT_THAT(found, Not(Contains(Key(prefix("fcbb:bb81:3::/48")))));
  // Algorithm 0 belongs to IS-IS.
  EXPECT_THAT(found, Not(Contains(Key(prefix("fcbb:bb00:4::/48")))));
}

TEST_F(FlexAlgoRoutesTest, OwnSidsOfEveryAlgorithm) {
  definitions_ = {fast_};
  const FrrRoutes found = routes();
  EXPECT_EQ(found.at(prefix("fcbb:bb00:1:fe00::/64")).kind, RouteKind::kUdt6);
  EXPECT_EQ(found.at(prefix("fcbb:bb80:1:fe00::/64")).kind, RouteKind::kUdt6);
  EXPECT_EQ(found.at(prefix("fcbb:bb80:1::/48")).kind, RouteKind::kUn);
  EXPECT_THAT(found, Not(Contains(Key(prefix("fcbb:bb00:1::/48")))));       // IS-IS installs it
  EXPECT_THAT(found, Not(Contains(Key(prefix("fcbb:bb81:1:fe00::/64")))));  // no definition
}

TEST_F(FlexAlgoRoutesTest, AnAdjacencySidForEachNeighbour) {
  const FrrRoutes found = routes();
  const FrrRoute& to_r2 = found.at(prefix("fcbb:bb00:1:f002::/64"));
  EXPECT_EQ(to_r2.kind, RouteKind::kUa);
  EXPECT_THAT(to_r2.next_hops, ElementsAre(NextHop{12, address(1, 2, 2)}));
  EXPECT_THAT(found, Contains(Key(prefix("fcbb:bb00:1:f003::/64"))));
  EXPECT_THAT(found, Not(Contains(Key(prefix("fcbb:bb00:1:f004::/64")))));  // no link
  interfaces_.erase(address(1, 3, 1));
  EXPECT_THAT(routes(), Not(Contains(Key(prefix("fcbb:bb00:1:f003::/64")))));
}

TEST_F(FlexAlgoRoutesTest, EqualCostsGiveAllNextHops) {
  definitions_ = {fast_};
  add(1, 2, 10, 1'000, false);
  add(2, 4, 10, 1'000, false);
  EXPECT_THAT(routes().at(prefix("fcbb:bb80:4::/48")).next_hops,
              ElementsAre(NextHop{12, address(1, 2, 2)}, NextHop{13, address(1, 3, 3)}));
}

TEST_F(FlexAlgoRoutesTest, AHeldAlgorithmKeepsItsSidsAndLosesItsRoutes) {
  definitions_ = {fast_, bulk_};
  held_ = {Algorithm(128)};
  const FrrRoutes found = routes();
  EXPECT_THAT(found, Not(Contains(Key(prefix("fcbb:bb80:4::/48")))));
  EXPECT_THAT(found, Contains(Key(prefix("fcbb:bb80:1::/48"))));
  EXPECT_THAT(found, Contains(Key(prefix("fcbb:bb81:4::/48"))));
}

TEST_F(FlexAlgoRoutesTest, ALinkWithoutALocalInterfaceIsNoNextHop) {
  definitions_ = {fast_};
  interfaces_.erase(address(1, 3, 1));
  EXPECT_THAT(routes(), Not(Contains(Key(prefix("fcbb:bb80:4::/48")))));
}

// r5 is near over an unnumbered link of r3, that nobody could install: r1 must not send packets there.
TEST_F(FlexAlgoRoutesTest, AnUnnumberedLinkFarAwayIsNoWayEither) {
  definitions_ = {fast_};
  add_node(5);
  add(2, 5, 10, 50'000, false);
  for (const auto& [from, to] : {std::pair{3, 5}, {5, 3}}) {
    Link link;
    link.local_id = static_cast<std::uint32_t>(from);
    link.remote_id = static_cast<std::uint32_t>(to);
    link.igp_metric = 1;
    link.min_delay_us = 1;
    builder_.add_link({NodeName(formatted("r{}", from)), NodeName(formatted("r{}", to)), link});
  }
  EXPECT_THAT(routes().at(prefix("fcbb:bb80:5::/48")).next_hops, ElementsAre(NextHop{12, address(1, 2, 2)}));
}

TEST_F(FlexAlgoRoutesTest, NothingForANodeThatIsNotThere) {
  EXPECT_THAT(routes("r9"), IsEmpty());
}

}  // namespace
}  // namespace pathwise::te
