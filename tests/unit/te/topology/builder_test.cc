// SPDX-License-Identifier: Apache-2.0
#include "te/topology/builder.h"

#include <gmock/gmock.h>

#include "te/topology/diff.h"

namespace pathwise::te {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Node node(const char* name) {
  return {.name = NodeName(name), .system_id = {}, .router_id6 = {}, .locators = {}};
}

LinkByName link(const char* from, const char* to, const char* local = "", const char* remote = "") {
  Link attributes;
  if (*local != 0) attributes.local_address = *Ipv6Address::parse(local);
  if (*remote != 0) attributes.remote_address = *Ipv6Address::parse(remote);
  attributes.igp_metric = 10;
  return {NodeName(from), NodeName(to), attributes};
}

TEST(TopologyBuilder, SortsNodesAndLinksWhateverTheOrderOfInput) {
  TopologyBuilder builder;
  builder.add_link(link("c", "a"));
  builder.add_link(link("a", "c"));
  builder.add_link(link("b", "a"));
  builder.add_link(link("a", "b"));
  for (const char* name : {"c", "a", "b"}) builder.add_node(node(name));
  const TopologySnapshot snapshot = builder.build(7, 3);
  EXPECT_EQ(snapshot.epoch, 7U);
  EXPECT_EQ(snapshot.version, 3U);
  EXPECT_THAT(snapshot.first_link, ElementsAre(0, 2, 3, 4));
  EXPECT_EQ(snapshot.find(NodeName("b")), 1U);
  EXPECT_EQ(snapshot.find(NodeName("x")), kNoNode);
  ASSERT_EQ(snapshot.out_links(0).size(), 2U);
  EXPECT_EQ(snapshot.out_links(0)[0].to, 1U);
  for (LinkIndex i = 0; i < snapshot.links.size(); ++i) {
    ASSERT_NE(snapshot.links[i].reverse, kNoLink);
    EXPECT_EQ(snapshot.links[snapshot.links[i].reverse].reverse, i);
    EXPECT_EQ(snapshot.links[i].unusable, "");
  }
}

TEST(TopologyBuilder, PairsParallelLinksByAddress) {
  TopologyBuilder builder;
  builder.add_node(node("a"));
  builder.add_node(node("b"));
  builder.add_link(link("a", "b", "fd00:1::a", "fd00:1::b"));
  builder.add_link(link("a", "b", "fd00:2::a", "fd00:2::b"));
  builder.add_link(link("b", "a", "fd00:2::b", "fd00:2::a"));
  builder.add_link(link("b", "a", "fd00:1::b", "fd00:1::a"));
  const TopologySnapshot snapshot = builder.build(1, 1);
  for (const Link& each : snapshot.links) {
    ASSERT_NE(each.reverse, kNoLink);
    EXPECT_EQ(snapshot.links[each.reverse].local_address, each.remote_address);
  }
}

TEST(TopologyBuilder, PairsWithoutAddressesOnlyIfThereIsOneCandidate) {
  TopologyBuilder one;
  one.add_node(node("a"));
  one.add_node(node("b"));
  one.add_link(link("a", "b", "fd00:1::a"));  // the remote end is unknown
  one.add_link(link("b", "a"));
  EXPECT_EQ(one.build(1, 1).links[0].reverse, 1U);
  EXPECT_EQ(one.build(1, 1).links[1].remote_address, *Ipv6Address::parse("fd00:1::a"));

  TopologyBuilder two = one;
  two.add_link(link("b", "a", "fd00:2::b"));
  const TopologySnapshot snapshot = two.build(1, 1);
  for (const Link& each : snapshot.links) EXPECT_THAT(each.unusable, HasSubstr("other direction"));
}

TEST(TopologyBuilder, SaysWhyALinkIsUnusable) {
  TopologyBuilder builder;
  for (const char* name : {"a", "b", "c"}) builder.add_node(node(name));
  builder.add_link(link("a", "b"));  // one way
  LinkByName full = link("a", "c");
  full.attributes.igp_metric = kMaxLinkMetric;
  builder.add_link(full);
  LinkByName down = link("c", "a");
  down.attributes.unusable = "drained";
  builder.add_link(down);
  const TopologySnapshot snapshot = builder.build(1, 1);
  EXPECT_THAT(snapshot.links[0].unusable, HasSubstr("other direction"));
  EXPECT_THAT(snapshot.links[1].unusable, HasSubstr("16777215"));
  EXPECT_EQ(snapshot.links[2].unusable, "drained");
}

TEST(TopologyBuilder, LeavesOutLinksOfUnknownNodesAndReportsThem) {
  TopologyBuilder builder;
  builder.add_node(node("a"));
  builder.add_link(link("a", "ghost", "fd00::1"));
  builder.add_link(link("a", "a"));
  EXPECT_TRUE(builder.build(1, 1).links.empty());
  EXPECT_THAT(builder.problems(), ElementsAre(HasSubstr("same node"), HasSubstr("'ghost' is not advertised")));
}

TEST(TopologyBuilder, FindsRouterIds) {
  TopologyBuilder builder;
  Node a = node("a");
  a.router_id6 = *Ipv6Address::parse("fd00::1");
  builder.add_node(a);
  builder.add_node(node("b"));
  const TopologySnapshot snapshot = builder.build(1, 1);
  EXPECT_EQ(snapshot.find_router_id(a.router_id6), 0U);
  EXPECT_EQ(snapshot.find_router_id(*Ipv6Address::parse("fd00::2")), kNoNode);
  EXPECT_EQ(snapshot.find_router_id(Ipv6Address{}), kNoNode);  // b's is unknown, not "::"
}

}  // namespace
}  // namespace pathwise::te
