// SPDX-License-Identifier: Apache-2.0
#include "te/algo/node_ids.h"

#include <gmock/gmock.h>

#include "graph.h"

namespace pathwise::te {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(NodeIds, ComeFromLocators) {
  const TopologySnapshot snapshot = graph("a-b metric=1");
  const NodeIds ids = NodeIds::from_locators(snapshot, sid_map());
  EXPECT_EQ(ids.id(1), NodeId(2));
  EXPECT_EQ(ids.node(NodeId(2)), 1U);
  EXPECT_EQ(ids.node(NodeId(3)), kNoNode);
}

TEST(NodeIds, ForeignLocatorsAreNoIds) {
  TopologySnapshot snapshot = graph("a-b metric=1");
  snapshot.nodes[0].locators = {{kAlgorithmSpf, *Ipv6Prefix::parse("fd00:1::/48")}};
  EXPECT_EQ(NodeIds::from_locators(snapshot, sid_map()).id(0), std::nullopt);
}

TEST(NodeIds, NobodyHasAnIdThatTwoClaim) {
  TopologySnapshot snapshot = graph("a-b metric=1, b-c metric=1");
  snapshot.nodes[2].locators = snapshot.nodes[0].locators;
  const NodeIds ids = NodeIds::from_locators(snapshot, sid_map());
  EXPECT_EQ(ids.id(0), std::nullopt);
  EXPECT_EQ(ids.id(2), std::nullopt);
  EXPECT_EQ(ids.node(NodeId(1)), kNoNode);
  EXPECT_THAT(ids.conflicts(), ElementsAre(HasSubstr("node id 1: claimed by a and c")));
}

// RFC 9800: ids from 0xE000 up are functions. 0 is nobody.
TEST(NodeIds, AFunctionIsNoNodeId) {
  TopologySnapshot snapshot = graph("a-b metric=1, b-c metric=1");
  const auto give = [&](NodeIndex node, const char* prefix) {
    snapshot.nodes[node].locators = {{kAlgorithmSpf, *Ipv6Prefix::parse(prefix)}};
  };
  give(0, "fcbb:bb00:dfff::/48");
  give(1, "fcbb:bb00:e000::/48");
  give(2, "fcbb:bb00::/48");
  const NodeIds ids = NodeIds::from_locators(snapshot, sid_map());
  EXPECT_EQ(ids.id(0), NodeId(0xdfff));
  EXPECT_EQ(ids.id(1), std::nullopt);
  EXPECT_EQ(ids.id(2), std::nullopt);
  EXPECT_THAT(ids.conflicts(), ElementsAre(HasSubstr("node b: locator fcbb:bb00:e000::/48 has no node id"),
                                           HasSubstr("node c: locator fcbb:bb00::/48 has no node id")));
}

// A SID of algorithm 128 would lead to somebody else.
TEST(NodeIds, LocatorsThatDisagreeGiveNone) {
  TopologySnapshot snapshot = graph("a-b metric=1");
  snapshot.nodes[0].locators[1].second = *Ipv6Prefix::parse("fcbb:bb80:7::/48");
  const NodeIds ids = NodeIds::from_locators(snapshot, sid_map());
  EXPECT_EQ(ids.id(0), std::nullopt);
  EXPECT_EQ(ids.id(1), NodeId(2));
  EXPECT_THAT(ids.conflicts(), ElementsAre("node a: its locators say node id 1 and 7"));
}

TEST(NodeIds, ComeFromConfiguration) {
  const TopologySnapshot snapshot = graph("a-b metric=1");
  const NodeIds ids = NodeIds::from_names(snapshot, {{NodeName("b"), NodeId(77)}, {NodeName("x"), NodeId(78)}});
  EXPECT_EQ(ids.id(1), NodeId(77));
  EXPECT_EQ(ids.id(0), std::nullopt);
  EXPECT_EQ(ids.node(NodeId(78)), kNoNode);
}

}  // namespace
}  // namespace pathwise::te
