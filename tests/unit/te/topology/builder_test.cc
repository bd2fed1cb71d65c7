// SPDX-License-Identifier: Apache-2.0
#include "te/topology/builder.h"

#include <gmock/gmock.h>

#include <tuple>

#include "base/format.h"
#include "base/random.h"
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

LinkByName numbered(const char* from, const char* to, std::uint32_t local, std::uint32_t remote) {
  LinkByName result = link(from, to);
  result.attributes.local_id = local;
  result.attributes.remote_id = remote;
  return result;
}

Ipv6Address link_end(std::uint64_t link, int side) {
  return *Ipv6Address::parse(formatted("fd00:{}::{}", link, side));
}

TEST(TopologyBuilder, PairsUnnumberedParallelLinksByTheirIds) {
  TopologyBuilder builder;
  builder.add_node(node("a"));
  builder.add_node(node("b"));
  builder.add_link(numbered("a", "b", 11, 22));
  builder.add_link(numbered("a", "b", 12, 21));
  builder.add_link(numbered("b", "a", 21, 12));
  builder.add_link(numbered("b", "a", 22, 11));
  const TopologySnapshot snapshot = builder.build(1, 1);
  ASSERT_EQ(snapshot.links.size(), 4U);
  for (const Link& each : snapshot.links) {
    ASSERT_NE(each.reverse, kNoLink);
    EXPECT_EQ(snapshot.links[each.reverse].local_id, each.remote_id);
    EXPECT_EQ(each.unusable, "");
  }
}

// One side says the ids only, the other the addresses only: nothing contradicts, and there is one candidate.
TEST(TopologyBuilder, CompletesWhatOneDirectionLacks) {
  TopologyBuilder builder;
  builder.add_node(node("a"));
  builder.add_node(node("b"));
  LinkByName there = numbered("a", "b", 11, 0);
  there.attributes.local_address = *Ipv6Address::parse("fd00:1::a");
  builder.add_link(there);
  builder.add_link(numbered("b", "a", 22, 11));
  const TopologySnapshot snapshot = builder.build(1, 1);
  ASSERT_EQ(snapshot.links[0].reverse, 1U);
  EXPECT_EQ(snapshot.links[0].remote_id, 22U);
  EXPECT_EQ(snapshot.links[1].remote_address, *Ipv6Address::parse("fd00:1::a"));
}

TEST(TopologyBuilder, IdsThatContradictAreTwoLinks) {
  TopologyBuilder builder;
  builder.add_node(node("a"));
  builder.add_node(node("b"));
  builder.add_link(numbered("a", "b", 11, 22));
  builder.add_link(numbered("b", "a", 23, 11));
  const TopologySnapshot snapshot = builder.build(1, 1);
  EXPECT_EQ(snapshot.links[0].reverse, kNoLink);
  EXPECT_EQ(snapshot.links[0].unusable,
            "the other direction is not advertised: b to a only by other addresses or link ids");
}

TEST(TopologyBuilder, SaysWhatWouldTellParallelLinksApart) {
  TopologyBuilder builder;
  builder.add_node(node("a"));
  builder.add_node(node("b"));
  builder.add_link(link("a", "b", "fd00:1::a"));
  builder.add_link(link("a", "b", "fd00:2::a"));
  builder.add_link(link("b", "a", "fd00:1::b"));
  builder.add_link(link("b", "a", "fd00:2::b"));
  const TopologySnapshot snapshot = builder.build(1, 1);
  for (const Link& each : snapshot.links) {
    EXPECT_EQ(each.reverse, kNoLink);
    EXPECT_THAT(each.unusable, HasSubstr("2 links of"));
    EXPECT_THAT(each.unusable, HasSubstr("sub-TLV 13"));
  }
  EXPECT_THAT(snapshot.link_reverse, ElementsAre(kNoLink, kNoLink, kNoLink, kNoLink));
  EXPECT_THAT(snapshot.link_to, ElementsAre(1, 1, 0, 0));
}

// Parallel links of which some addresses and ids are not told: who is paired is paired with its own other direction,
// and what build() made of it, it makes again.
TEST(TopologyBuilder, NeverPairsTwoDirectionsOfDifferentLinks) {
  int paired = 0;
  int alone = 0;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Random random(seed);
    TopologyBuilder builder;
    builder.add_node(node("a"));
    builder.add_node(node("b"));
    const std::uint64_t links = 1 + random.below(5);
    for (std::uint64_t i = 1; i <= links; ++i) {
      for (const auto& [from, to, side, other] : {std::tuple{"a", "b", 1, 2}, {"b", "a", 2, 1}}) {
        LinkByName half = link(from, to);
        half.attributes.igp_metric = static_cast<std::uint32_t>(i);  // which link it really is
        const bool named = random.below(2) == 0;                     // it has a local address, or a local id, or both
        if (named || random.below(3) == 0) half.attributes.local_id = static_cast<std::uint32_t>(i * 10 + side);
        if (!named || random.below(2) == 0) half.attributes.local_address = link_end(i, side);
        if (random.below(3) == 0) half.attributes.remote_id = static_cast<std::uint32_t>(i * 10 + other);
        if (random.below(2) == 0) half.attributes.remote_address = link_end(i, other);
        ASSERT_TRUE(builder.add_link(half));
      }
    }
    const TopologySnapshot snapshot = builder.build(1, 1);
    ASSERT_EQ(snapshot.links.size(), 2 * links);
    TopologyBuilder again;
    for (const Node& each : snapshot.nodes) again.add_node(each);
    for (const Link& each : snapshot.links) {
      again.add_link({snapshot.nodes[each.from].name, snapshot.nodes[each.to].name, each});
      ++(each.reverse == kNoLink ? alone : paired);
      ASSERT_EQ(each.unusable.empty(), each.reverse != kNoLink);
      if (each.reverse == kNoLink) continue;
      ASSERT_EQ(snapshot.links[each.reverse].igp_metric, each.igp_metric) << "seed " << seed;
    }
    ASSERT_EQ(again.build(1, 1).links, snapshot.links) << "seed " << seed;
  }
  EXPECT_GT(paired, 2000);
  EXPECT_GT(alone, 2000);
}

TEST(TopologyBuilder, ZeroIsADelayAndNotAnAbsentOne) {
  TopologyBuilder builder;
  builder.add_node(node("a"));
  builder.add_node(node("b"));
  LinkByName zero = link("a", "b");
  zero.attributes.min_delay_us = zero.attributes.max_delay_us = 0;
  builder.add_link(zero);
  builder.add_link(link("b", "a"));
  const TopologySnapshot snapshot = builder.build(1, 1);
  EXPECT_EQ(snapshot.links[0].min_delay_us, 0U);
  EXPECT_EQ(snapshot.links[0].unusable, "");
  EXPECT_EQ(snapshot.links[1].min_delay_us, std::nullopt);
}

TEST(TopologyBuilder, DoesNotBelieveAMinimumAboveTheMaximum) {
  TopologyBuilder builder;
  builder.add_node(node("a"));
  builder.add_node(node("b"));
  LinkByName odd = link("a", "b", "fd00::1");
  odd.attributes.min_delay_us = 900;
  odd.attributes.max_delay_us = 100;
  odd.attributes.delay_us = 500;
  builder.add_link(odd);
  builder.add_link(link("b", "a"));
  const TopologySnapshot snapshot = builder.build(1, 1);
  EXPECT_EQ(snapshot.links[0].min_delay_us, std::nullopt);
  EXPECT_EQ(snapshot.links[0].delay_us, 500U);
  EXPECT_THAT(snapshot.problems, ElementsAre("link a -> b (fd00::1): its minimum delay 900 is above its maximum 100"));
}

TEST(TopologyBuilder, NobodyIsFoundByAnIdThatTwoClaim) {
  TopologyBuilder builder;
  for (const char* name : {"a", "b", "c"}) {
    Node each = node(name);
    each.system_id = *name == 'c' ? "0000.0000.0003" : "0000.0000.0001";
    each.router_id6 = *Ipv6Address::parse(*name == 'a' ? "fd00::1" : "fd00::2");
    builder.add_node(each);
  }
  builder.add_problem("told by the source");
  const TopologySnapshot snapshot = builder.build(1, 1);
  EXPECT_EQ(snapshot.find_router_id(*Ipv6Address::parse("fd00::1")), 0U);
  EXPECT_EQ(snapshot.find_router_id(*Ipv6Address::parse("fd00::2")), kNoNode);
  EXPECT_THAT(snapshot.problems, ElementsAre("router id fd00::2: claimed by b, c",
                                             "system id 0000.0000.0001: claimed by a, b", "told by the source"));
}

TEST(TopologyBuilder, PutsListsInOrder) {
  TopologyBuilder builder;
  Node a = node("a");
  a.algorithms = {Algorithm(129), Algorithm(0), Algorithm(129)};
  builder.add_node(a);
  builder.add_node(node("b"));
  LinkByName risky = link("a", "b");
  risky.attributes.srlgs = {7, 3, 7};
  builder.add_link(risky);
  const TopologySnapshot snapshot = builder.build(1, 1);
  EXPECT_THAT(*snapshot.nodes[0].algorithms, ElementsAre(Algorithm(0), Algorithm(129)));
  EXPECT_THAT(snapshot.links[0].srlgs, ElementsAre(3, 7));
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
