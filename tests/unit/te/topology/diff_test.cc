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

}  // namespace
}  // namespace pathwise::te
