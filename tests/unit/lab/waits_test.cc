// SPDX-License-Identifier: Apache-2.0
#include "waits.h"

#include <gmock/gmock.h>

namespace pathwise::lab {
namespace {

using testing::UnorderedElementsAre;

Topology three_nodes() {
  Topology topology;
  topology.nodes = {Node{.name = "a"}, Node{.name = "b"}, Node{.name = "c"}};
  topology.nodes[1].wait_for[Stage::kCreate] = {{"a", Stage::kCreateLinks}};
  topology.nodes[2].wait_for[Stage::kCreate] = {{"b", Stage::kCreate}};
  return topology;
}

TEST(Predecessors, FollowsWaitsAndTheOrderOfStages) {
  EXPECT_THAT(predecessors(three_nodes(), {"c", Stage::kCreate}),
              UnorderedElementsAre(StageOf("b", Stage::kCreate), StageOf("a", Stage::kCreateLinks),
                                   StageOf("a", Stage::kCreate)));
}

TEST(Predecessors, ACircleContainsItself) {
  Topology topology = three_nodes();
  topology.nodes[0].wait_for[Stage::kCreateLinks] = {{"c", Stage::kCreate}};
  EXPECT_TRUE(predecessors(topology, {"c", Stage::kCreate}).contains({"c", Stage::kCreate}));
  EXPECT_FALSE(predecessors(three_nodes(), {"c", Stage::kCreate}).contains({"c", Stage::kCreate}));
}

}  // namespace
}  // namespace pathwise::lab
