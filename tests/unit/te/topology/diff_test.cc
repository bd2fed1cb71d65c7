// SPDX-License-Identifier: Apache-2.0
#include "te/topology/diff.h"

#include <gmock/gmock.h>

namespace pathwise::te {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TopologyBuilder base() {
  TopologyBuilder builder;
  for (const char* name : {"b", "c", "d"}) builder.add_node({.name = NodeName(name), .router_id6 = {}, .locators = {}});
  for (const auto& [from, to] : {std::pair{"b", "c"}, {"c", "b"}, {"c", "d"}, {"d", "c"}}) {
    Link link;
    link.delay_us = 100;
    builder.add_link({NodeName(from), NodeName(to), link});
  }
  return builder;
}

TEST(TopologyDiff, IsEmptyForTheSameTopologyOfAnotherVersion) {
  EXPECT_TRUE(diff(base().build(1, 1), base().build(2, 9)).empty());
  EXPECT_EQ(diff(base().build(1, 1), base().build(2, 9)).summary(), "nothing");
}

TEST(TopologyDiff, ANewNodeDoesNotMakeOtherLinksLookChanged) {
  TopologyBuilder after = base();
  after.add_node({.name = NodeName("a"), .router_id6 = {}, .locators = {}});  // shifts every index
  const TopologyDiff found = diff(base().build(1, 1), after.build(1, 2));
  EXPECT_THAT(found.added_nodes, ElementsAre(NodeName("a")));
  EXPECT_THAT(found.changed_links, IsEmpty());
  EXPECT_EQ(found.summary(), "+1 node");
}

TEST(TopologyDiff, NamesChangedAndRemovedElements) {
  TopologyBuilder after;
  after.add_node({.name = NodeName("b"), .router_id6 = {}, .locators = {}});
  after.add_node({.name = NodeName("c"), .system_id = "0000.0000.0003", .router_id6 = {}, .locators = {}});
  Link slower;
  slower.delay_us = 900;
  after.add_link({NodeName("b"), NodeName("c"), slower});
  slower.delay_us = 100;
  after.add_link({NodeName("c"), NodeName("b"), slower});
  const TopologyDiff found = diff(base().build(1, 1), after.build(1, 2));
  EXPECT_THAT(found.changed_nodes, ElementsAre(NodeName("c")));
  EXPECT_THAT(found.removed_nodes, ElementsAre(NodeName("d")));
  EXPECT_THAT(found.changed_links, ElementsAre(LinkId{NodeName("b"), NodeName("c"), {}}));
  EXPECT_THAT(found.removed_links,
              ElementsAre(LinkId{NodeName("c"), NodeName("d"), {}}, LinkId{NodeName("d"), NodeName("c"), {}}));
  EXPECT_EQ(found.summary(), "~1 node, -1 node, ~1 link, -2 links");
}

TEST(TopologyDiff, SaysWhatChangedIntoWhat) {
  TopologyBuilder after;
  after.add_node({.name = NodeName("b"), .router_id6 = {}, .locators = {}});
  Node c{.name = NodeName("c"), .router_id6 = *Ipv6Address::parse("fd00::3"), .locators = {}};
  c.depths.max_h_encaps = 4;
  c.sids = {{*Ipv6Address::parse("fcbb:bb00:3::"), kBehaviorEndNextCsid, kAlgorithmSpf, SidStructure{32, 16, 0, 80}}};
  after.add_node(c);
  Link slower;
  slower.delay_us = 900;
  slower.srlgs = {5, 6};
  slower.unreserved_bandwidth.emplace();
  after.add_link({NodeName("b"), NodeName("c"), slower});
  const TopologySnapshot before = base().build(1, 1);
  const TopologySnapshot now = after.build(1, 2);
  EXPECT_EQ(
      describe(diff(before, now), before, now),
      "- node d\n"
      "~ node c: router_id6 - -> fd00::3, sids - -> fcbb:bb00:3::(uN, algorithm 0, 32/16/0/80), max_h_encaps - -> 4\n"
      "- link c -> b\n- link c -> d\n- link d -> c\n"
      "~ link b -> c: delay_us 100 -> 900, unreserved_bandwidth_bps - -> 0 0 0 0 0 0 0 0, srlgs - -> 5 6, "
      "unusable - -> 'one-way: the other direction is not advertised'\n");
}

// Unnumbered parallel links are two, not one that replaces the other.
TEST(TopologyDiff, TellsUnnumberedLinksApart) {
  TopologyBuilder two = base();
  for (const std::uint32_t id : {1U, 2U}) {
    Link link;
    link.local_id = id;
    two.add_link({NodeName("b"), NodeName("c"), link});
  }
  const TopologyDiff found = diff(base().build(1, 1), two.build(1, 2));
  EXPECT_EQ(found.added_links.size(), 2U);
  EXPECT_EQ(to_string(found.added_links[1]), "b -> c (link id 2)");
}

}  // namespace
}  // namespace pathwise::te
