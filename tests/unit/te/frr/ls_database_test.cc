// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/ls_database.h"

#include <gmock/gmock.h>

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
  TopologySnapshot build() const { return database_.translate({sids_, configured_}).build(1, 1); }
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

}  // namespace
}  // namespace pathwise::te
