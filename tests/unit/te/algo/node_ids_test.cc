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

TEST(NodeIds, ComeFromConfiguration) {
  const TopologySnapshot snapshot = graph("a-b metric=1");
  const NodeIds ids = NodeIds::from_names(snapshot, {{NodeName("b"), NodeId(77)}, {NodeName("x"), NodeId(78)}});
  EXPECT_EQ(ids.id(1), NodeId(77));
  EXPECT_EQ(ids.id(0), std::nullopt);
  EXPECT_EQ(ids.node(NodeId(78)), kNoNode);
}

}  // namespace
}  // namespace pathwise::te
