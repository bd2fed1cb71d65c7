// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/ls_database.h"

#include <gmock/gmock.h>

#include <limits>

#include "base/format.h"

namespace pathwise::te {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SidMap sids() {
  return *SidMap::create(
      {{Algorithm(0), *Ipv6Prefix::parse("fcbb:bb00::/32")}, {Algorithm(128), *Ipv6Prefix::parse("fcbb:bb80::/32")}},
      0xfe00);
}

LsNodeId id(std::uint8_t number) {
  return {.origin = 2, .system_id = {0, 0, 0, 0, 0, number}, .level = 2};
}

LsMessage node(std::uint8_t number, const char* name) {
  return {.removed = false, .element = LsNode{.id = id(number), .name = name, .router_id6 = {}}};
}

LsLink link_between(std::uint8_t from, std::uint8_t to, bool say_destination = true) {
  LsLink link{.source = id(from), .destination = {}, .attributes = {}};
  if (say_destination) link.destination = id(to);
  const auto address = [](int low, int high, int side) {
    return *Ipv6Address::parse(formatted("2001:db8:{}{}::{}", low, high, side));
  };
  link.attributes.local_address = address(std::min(from, to), std::max(from, to), from);
  link.attributes.remote_address = address(std::min(from, to), std::max(from, to), to);
  link.attributes.igp_metric = 10;
  return link;
}

LsMessage prefix(std::uint8_t owner, const char* text) {
  return {.removed = false, .element = LsPrefix{id(owner), *Ipv6Prefix::parse(text)}};
}

class LsDatabaseTest : public testing::Test {
 protected:
  TopologySnapshot build() const { return database_.snapshot({sids_, configured_}, 1, 1); }
  SidMap sids_ = sids();
  std::map<NodeName, NodeId> configured_;
  LsDatabase database_;
};

// The order in which isisd synchronises: nodes, then links, then prefixes.
TEST_F(LsDatabaseTest, BecomesATopology) {
  EXPECT_TRUE(database_.apply(node(1, "r1")));
  EXPECT_TRUE(database_.apply(node(2, "r2")));
  EXPECT_TRUE(database_.apply({.removed = false, .element = link_between(1, 2)}));
  EXPECT_TRUE(database_.apply({.removed = false, .element = link_between(2, 1)}));
  EXPECT_TRUE(database_.apply(prefix(1, "fcbb:bb00:1::/48")));
  EXPECT_TRUE(database_.apply(prefix(2, "fcbb:bb00:2::/48")));
  EXPECT_TRUE(database_.apply(prefix(2, "fd00::2/128")));
  const TopologySnapshot topology = build();
  ASSERT_EQ(topology.nodes.size(), 2U);
  EXPECT_EQ(topology.nodes[1].system_id, "0000.0000.0002");
  EXPECT_THAT(topology.nodes[1].locators,
              ElementsAre(std::pair(Algorithm(0), *Ipv6Prefix::parse("fcbb:bb00:2::/48")),
                          std::pair(Algorithm(128), *Ipv6Prefix::parse("fcbb:bb80:2::/48"))));
  ASSERT_EQ(topology.links.size(), 2U);
  EXPECT_EQ(topology.links[0].reverse, 1U);
  EXPECT_EQ(topology.links[0].unusable, "");
}

TEST_F(LsDatabaseTest, SaysWhetherAnythingChanged) {
  EXPECT_TRUE(database_.apply(node(1, "r1")));
  EXPECT_FALSE(database_.apply(node(1, "r1")));
  EXPECT_TRUE(database_.apply(node(1, "r1-new")));
  LsMessage gone = node(1, "");
  gone.removed = true;
  EXPECT_TRUE(database_.apply(gone));
  EXPECT_FALSE(database_.apply(gone));
  EXPECT_TRUE(database_.empty());
}

TEST_F(LsDatabaseTest, ADelayUpdateReplacesTheLink) {
  database_.apply(node(1, "r1"));
  database_.apply(node(2, "r2"));
  database_.apply({.removed = false, .element = link_between(1, 2)});
  database_.apply({.removed = false, .element = link_between(2, 1)});
  LsLink slower = link_between(1, 2);
  slower.attributes.min_delay_us = 30'000;
  EXPECT_TRUE(database_.apply({.removed = false, .element = slower}));
  const TopologySnapshot topology = build();
  ASSERT_EQ(topology.links.size(), 2U);
  EXPECT_EQ(topology.links[0].min_delay_us, 30'000U);
}

TEST_F(LsDatabaseTest, FindsADestinationThatFrrDidNotSay) {
  database_.apply(node(1, "r1"));
  database_.apply(node(2, "r2"));
  database_.apply({.removed = false, .element = link_between(1, 2, false)});
  database_.apply({.removed = false, .element = link_between(2, 1, false)});
  EXPECT_EQ(build().links.size(), 2U);
}

// isisd 10.3 names the source as the destination of a link whose other direction it has not seen.
TEST_F(LsDatabaseTest, DoesNotBelieveThatALinkLeadsToItsOwnNode) {
  database_.apply(node(1, "r1"));
  database_.apply(node(2, "r2"));
  LsLink self = link_between(1, 2);
  self.destination = id(1);
  database_.apply({.removed = false, .element = self});
  EXPECT_THAT(build().links, IsEmpty());
  EXPECT_THAT(database_.unplaced_links(), ElementsAre("r1 -> ? (2001:db8:12::1)"));
  database_.apply({.removed = false, .element = link_between(2, 1)});
  EXPECT_THAT(database_.unplaced_links(), IsEmpty());
  const TopologySnapshot topology = build();
  ASSERT_EQ(topology.links.size(), 2U);
  EXPECT_EQ(topology.links[0].reverse, 1U);
}

// isisd 10.3 loses the Neighbor Address of an adjacency that came up before the link's parameters.
TEST_F(LsDatabaseTest, FindsTheFarEndByTheNeighboursSideAlone) {
  database_.apply(node(1, "r1"));
  database_.apply(node(2, "r2"));
  LsLink mute = link_between(1, 2, false);
  mute.attributes.remote_address = {};
  database_.apply({.removed = false, .element = mute});
  database_.apply({.removed = false, .element = link_between(2, 1)});
  const TopologySnapshot topology = build();
  ASSERT_EQ(topology.links.size(), 2U);
  EXPECT_EQ(topology.links[0].reverse, 1U);
  EXPECT_EQ(topology.links[0].remote_address, *Ipv6Address::parse("2001:db8:12::2"));
}

TEST_F(LsDatabaseTest, KeepsADestinationThatAnUpdateOmits) {
  database_.apply(node(1, "r1"));
  database_.apply(node(2, "r2"));
  database_.apply({.removed = false, .element = link_between(1, 2)});
  LsLink update = link_between(1, 2, false);
  update.attributes.igp_metric = 77;
  database_.apply({.removed = false, .element = update});
  const TopologySnapshot topology = build();  // one way: r2 does not advertise its side
  ASSERT_EQ(topology.links.size(), 1U);
  EXPECT_EQ(topology.links[0].igp_metric, 77U);
  EXPECT_THAT(topology.links[0].unusable, HasSubstr("other direction"));
}

TEST_F(LsDatabaseTest, LeavesOutLinksToNodesThatAreGone) {
  database_.apply(node(1, "r1"));
  database_.apply({.removed = false, .element = link_between(1, 2)});
  EXPECT_THAT(build().links, IsEmpty());
}

TEST_F(LsDatabaseTest, TakesTheConfiguredIdOnlyWithoutALocator) {
  configured_ = {{NodeName("r1"), NodeId(0x55)}, {NodeName("r2"), NodeId(0x66)}};
  database_.apply(node(1, "r1"));
  database_.apply(node(2, "r2"));
  database_.apply(prefix(2, "fcbb:bb00:2::/48"));
  const TopologySnapshot topology = build();
  EXPECT_EQ(topology.nodes[0].locators.front().second, *Ipv6Prefix::parse("fcbb:bb00:55::/48"));
  EXPECT_EQ(topology.nodes[1].locators.front().second, *Ipv6Prefix::parse("fcbb:bb00:2::/48"));
}

TEST_F(LsDatabaseTest, NamesANodeWithoutHostnameByItsSystemId) {
  database_.apply(node(0x1a, ""));
  EXPECT_EQ(build().nodes.front().name, NodeName("0000.0000.001a"));
}

// Two routers of one name would become one node, with the links of both.
TEST_F(LsDatabaseTest, AHostNameThatTwoSystemsShareNamesNobody) {
  database_.apply(node(1, "core"));
  database_.apply(node(2, "core"));
  database_.apply(node(3, "edge"));
  database_.apply({.removed = false, .element = link_between(1, 3)});
  database_.apply({.removed = false, .element = link_between(3, 1)});
  const TopologySnapshot topology = build();
  ASSERT_EQ(topology.nodes.size(), 3U);
  EXPECT_EQ(topology.nodes[0].name, NodeName("0000.0000.0001"));
  EXPECT_EQ(topology.nodes[1].name, NodeName("0000.0000.0002"));
  EXPECT_EQ(topology.links.size(), 2U);
  EXPECT_THAT(topology.problems, ElementsAre("host name core: claimed by 0000.0000.0001 and 0000.0000.0002; they go by "
                                             "their system ids"));
}

TEST_F(LsDatabaseTest, NobodyTakesTheNameOfAnothersSystemId) {
  database_.apply(node(1, ""));
  database_.apply(node(2, "0000.0000.0001"));
  const TopologySnapshot topology = build();
  ASSERT_EQ(topology.nodes.size(), 2U);
  EXPECT_EQ(topology.nodes[1].name, NodeName("0000.0000.0002"));
  EXPECT_EQ(topology.problems.size(), 1U);
}

TEST_F(LsDatabaseTest, ARouterOfBothLevelsIsOneNode) {
  LsNodeId level1 = id(1);
  level1.level = 1;
  level1.origin = 1;
  database_.apply(node(1, "r1"));
  database_.apply({.removed = false, .element = LsNode{.id = level1, .name = "r1", .router_id6 = {}}});
  database_.apply({.removed = false, .element = LsPrefix{level1, *Ipv6Prefix::parse("fcbb:bb00:1::/48")}});
  const TopologySnapshot topology = build();
  ASSERT_EQ(topology.nodes.size(), 1U);
  EXPECT_EQ(topology.nodes[0].locators.size(), 2U);
  EXPECT_THAT(topology.problems, IsEmpty());
}

// gRPC takes no string that is not UTF-8: one router's name would stop the topology of all.
TEST_F(LsDatabaseTest, AHostNameThatIsNoTextNamesNobody) {
  database_.apply(node(1, "r\xff\x01"));
  database_.apply(node(2, "two words"));
  const TopologySnapshot topology = build();
  EXPECT_EQ(topology.nodes[0].name, NodeName("0000.0000.0001"));
  EXPECT_EQ(topology.nodes[1].name, NodeName("0000.0000.0002"));
  EXPECT_THAT(topology.problems, ElementsAre(HasSubstr("node 0000.0000.0001"), HasSubstr("node 0000.0000.0002")));
}

TEST_F(LsDatabaseTest, ANodeIdTakenTwiceOrTooHighIsNobodys) {
  for (std::uint8_t each : {1, 2, 3}) database_.apply(node(each, formatted("r{}", each).c_str()));
  database_.apply(prefix(1, "fcbb:bb00:7::/48"));
  database_.apply(prefix(2, "fcbb:bb00:7::/48"));
  database_.apply(prefix(3, "fcbb:bb00:e001::/48"));
  const TopologySnapshot topology = build();
  EXPECT_THAT(topology.nodes[2].locators, IsEmpty());
  EXPECT_THAT(topology.problems,
              ElementsAre("node id 7: claimed by r1 and r2",
                          "node r3: locator fcbb:bb00:e001::/48 has no node id: they are 1 to dfff"));
  LsMessage gone = prefix(2, "fcbb:bb00:7::/48");
  gone.removed = true;
  EXPECT_TRUE(database_.apply(gone));
  EXPECT_EQ(build().nodes[0].locators.size(), 2U) << "r1's own is still there";
}

TEST_F(LsDatabaseTest, NamesTheSidsThatPathwiseInstalls) {
  database_.apply(node(1, "r1"));
  database_.apply(node(2, "r2"));
  database_.apply(prefix(1, "fcbb:bb00:1::/48"));
  database_.apply(prefix(2, "fcbb:bb00:2::/48"));
  database_.apply({.removed = false, .element = link_between(1, 2)});
  database_.apply({.removed = false, .element = link_between(2, 1)});
  const TopologySnapshot topology = build();
  const Srv6Sid node_sid{*Ipv6Address::parse("fcbb:bb80:1::"), kBehaviorEndNextCsid, Algorithm(128),
                         SidStructure{32, 16, 0, 80}};
  EXPECT_THAT(topology.nodes[0].sids, testing::Contains(node_sid));
  EXPECT_EQ(topology.nodes[0].sids.size(), 4U);  // uN and uDT6 in both blocks
  EXPECT_THAT(topology.links[0].sids,
              ElementsAre(Srv6Sid{*Ipv6Address::parse("fcbb:bb00:1:f002::"), kBehaviorEndXNextCsid, kAlgorithmSpf,
                                  SidStructure{32, 16, 16, 64}}));
}

// Parallel links without addresses of one router: the link ids keep them apart.
TEST_F(LsDatabaseTest, KeepsUnnumberedParallelLinks) {
  database_.apply(node(1, "r1"));
  database_.apply(node(2, "r2"));
  for (const std::uint32_t number : {1U, 2U}) {
    for (const auto& [from, to] : {std::pair{1, 2}, {2, 1}}) {
      LsLink link{.source = id(static_cast<std::uint8_t>(from)), .attributes = {}};
      link.destination = id(static_cast<std::uint8_t>(to));
      link.attributes.local_id = number * 10 + static_cast<std::uint32_t>(from);
      link.attributes.remote_id = number * 10 + static_cast<std::uint32_t>(to);
      link.attributes.igp_metric = 10 * number;
      database_.apply({.removed = false, .element = link});
    }
  }
  const TopologySnapshot topology = build();
  ASSERT_EQ(topology.links.size(), 4U);
  for (const Link& link : topology.links) {
    ASSERT_NE(link.reverse, kNoLink);
    EXPECT_EQ(topology.links[link.reverse].igp_metric, link.igp_metric);
  }
}

TEST(BandwidthOf, TakesOnlyRates) {
  EXPECT_EQ(bandwidth_of(125e6F), BitsPerSecond(1'000'000'000));
  EXPECT_EQ(bandwidth_of(0), BitsPerSecond(0));
  for (const float wrong :
       {-1.0F, 3e38F, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_EQ(bandwidth_of(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace pathwise::te
