// SPDX-License-Identifier: Apache-2.0
// What a peer can send wrong in a topology update: each is named, and nothing of the update is used.
#include "topology_convert.h"

#include <gmock/gmock.h>

namespace pathwise::te {
namespace {

using testing::HasSubstr;

namespace pb = topology::v1;

pb::TopologyUpdate pair() {
  pb::TopologyUpdate update;
  update.set_full(true);
  update.add_nodes()->set_name("a");
  update.add_nodes()->set_name("b");
  for (const auto& [from, to] : {std::pair{"a", "b"}, {"b", "a"}}) {
    pb::Link& link = *update.add_links();
    link.mutable_key()->set_from(from);
    link.mutable_key()->set_to(to);
    link.set_igp_metric(10);
  }
  return update;
}

// What is said of pair() after `change`.
template <typename Change>
std::string message(Change change) {
  pb::TopologyUpdate update = pair();
  change(update);
  const auto result = from_proto(update);
  return result ? "accepted" : result.error().message;
}

TEST(TopologyUpdate, MistakesNameTheirElement) {
  EXPECT_EQ(message([](auto&) {}), "accepted");
  EXPECT_EQ(message([](auto& u) { u.set_full(false); }), "topology update: a delta, which was not asked for");
  EXPECT_THAT(message([](auto& u) { u.mutable_nodes(1)->clear_name(); }), HasSubstr("a node without a name"));
  EXPECT_EQ(message([](auto& u) { u.mutable_nodes(1)->set_name("a"); }), "topology update: node 'a': is there twice");
  EXPECT_THAT(message([](auto& u) { u.mutable_nodes(0)->set_router_id6("fd00::x"); }),
              HasSubstr("topology update: node 'a': "));
  EXPECT_EQ(message([](auto& u) { u.mutable_nodes(0)->mutable_algorithms()->add_algorithm(256); }),
            "topology update: node 'a': algorithm 256 is over 255");
  EXPECT_EQ(message([](auto& u) { u.mutable_nodes(0)->set_max_h_encaps(256); }),
            "topology update: node 'a': a maximum SID depth is over 255");
  EXPECT_EQ(message([](auto& u) {
              pb::Sid& sid = *u.mutable_nodes(0)->add_sids();
              sid.set_sid("fcbb::");
              sid.mutable_structure()->set_block(4'294'967'295);
              sid.mutable_structure()->set_node(2);  // the sum must not wrap around
            }),
            "topology update: node 'a': SID fcbb::: its lengths are more than 128 bits together");
  EXPECT_THAT(message([](auto& u) { u.mutable_links(0)->add_sids()->set_sid("x"); }),
              HasSubstr("topology update: link a -> b: "));
  EXPECT_EQ(message([](auto& u) { u.mutable_links(1)->add_unreserved_bandwidth_bps(1); }),
            "topology update: link b -> a: unreserved bandwidth of 1 priorities, not of eight");
  EXPECT_EQ(message([](auto& u) { u.mutable_links(1)->add_admin_groups(256); }),
            "topology update: link b -> a: admin group 256 is over 255");
  EXPECT_THAT(message([](auto& u) { *u.add_links() = u.links(0); }), HasSubstr("link a -> b (): is there twice"));
}

TEST(TopologyUpdate, ALinkWithoutMetricIsNotFree) {
  pb::TopologyUpdate update = pair();
  update.mutable_links(0)->clear_igp_metric();
  update.mutable_links(1)->set_igp_metric(0);
  const auto snapshot = from_proto(update);
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->links[0].unusable, "no IGP metric is advertised");
  EXPECT_EQ(snapshot->links[1].unusable, "");
}

// A link whose node is not there, an id that two claim: the rest can be used, and they are told.
TEST(TopologyUpdate, ContradictionsAreProblemsOfTheSnapshot) {
  pb::TopologyUpdate update = pair();
  update.mutable_links(1)->mutable_key()->set_to("ghost");
  for (pb::Node& node : *update.mutable_nodes()) node.set_router_id6("fd00::1");
  const auto snapshot = from_proto(update);
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->links.size(), 1U);
  EXPECT_THAT(snapshot->problems, testing::ElementsAre("link b -> ghost: node 'ghost' is not advertised",
                                                       "router id fd00::1: claimed by a, b"));
}

}  // namespace
}  // namespace pathwise::te
