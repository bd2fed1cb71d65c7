// SPDX-License-Identifier: Apache-2.0
#include "te/algo/flex_algo.h"

#include <gtest/gtest.h>

#include "graph.h"
#include "te/algo/spf.h"

namespace pathwise::te {
namespace {

FlexAlgoDefinition definition(MetricType metric) {
  return {.algorithm = Algorithm(128), .metric = metric};
}

Link usable_link() {
  Link link;
  link.reverse = 0;
  link.igp_metric = 10;
  return link;
}

TEST(LinkCost, IsTheMetricOfTheDefinition) {
  Link link = usable_link();
  link.delay_us = 500;
  link.min_delay_us = 400;
  link.te_metric = 30;
  EXPECT_EQ(link_cost(definition(MetricType::kIgp), link), 10U);
  EXPECT_EQ(link_cost(definition(MetricType::kMinDelay), link), 400U);  // RFC 9350 section 5.1: the minimum
  EXPECT_EQ(link_cost(definition(MetricType::kTe), link), 30U);
}

TEST(LinkCost, PrunesALinkWithoutTheMetric) {
  Link link = usable_link();
  link.delay_us = 500;  // the average alone does not do
  EXPECT_EQ(link_cost(definition(MetricType::kMinDelay), link), std::nullopt);
  EXPECT_EQ(link_cost(definition(MetricType::kTe), link), std::nullopt);
}

TEST(LinkCost, PrunesUnusableAndOneWayLinks) {
  Link drained = usable_link();
  drained.unusable = "drained";
  EXPECT_EQ(link_cost(definition(MetricType::kIgp), drained), std::nullopt);
  Link one_way = usable_link();
  one_way.reverse = kNoLink;
  EXPECT_EQ(link_cost(definition(MetricType::kIgp), one_way), std::nullopt);
}

TEST(LinkCost, AppliesAffinities) {
  Link link = usable_link();
  link.admin_groups.set(1);
  link.admin_groups.set(200);
  const auto with = [&](auto change) {
    FlexAlgoDefinition changed = definition(MetricType::kIgp);
    change(changed);
    return link_cost(changed, link).has_value();
  };
  EXPECT_FALSE(with([](auto& d) { d.exclude_any.set(200); }));
  EXPECT_TRUE(with([](auto& d) { d.exclude_any.set(2); }));
  EXPECT_TRUE(with([](auto& d) { d.include_any.set(1), d.include_any.set(2); }));
  EXPECT_FALSE(with([](auto& d) { d.include_any.set(2); }));
  EXPECT_TRUE(with([](auto& d) { d.include_all.set(1), d.include_all.set(200); }));
  EXPECT_FALSE(with([](auto& d) { d.include_all.set(1), d.include_all.set(2); }));
}

TEST(LinkCost, PrunesSharedRiskGroups) {
  Link link = usable_link();
  link.srlgs = {3, 8};
  FlexAlgoDefinition plain = definition(MetricType::kIgp);
  plain.exclude_srlg = {1, 9};
  EXPECT_EQ(link_cost(plain, link), 10U);
  plain.exclude_srlg = {1, 8};
  EXPECT_EQ(link_cost(plain, link), std::nullopt);
  link.srlgs.clear();
  EXPECT_EQ(link_cost(plain, link), 10U);
}

FadAdvertisement advertised(const char* node, const char* system, std::uint8_t priority, std::uint8_t algorithm = 128) {
  return {.system_id = system,
          .node = NodeName(node),
          .definition = {.algorithm = Algorithm(algorithm), .priority = priority}};
}

TEST(Election, TheHighestPriorityWins) {
  const auto result = elect({advertised("r1", "0000.0000.0001", 128), advertised("r2", "0000.0000.0002", 200),
                             advertised("r3", "0000.0000.0003", 199)});
  ASSERT_EQ(result.size(), 1U);
  EXPECT_EQ(result[0].winner.node, NodeName("r2"));
  EXPECT_TRUE(result[0].supported);
  EXPECT_EQ(result[0].reason, "r2: priority 200 over 199 (r3)");
}

TEST(Election, OfEqualPrioritiesTheHighestSystemIdWins) {
  const auto result = elect({advertised("r1", "0000.0000.000a", 128), advertised("r2", "0000.0000.0002", 128)});
  ASSERT_EQ(result.size(), 1U);
  EXPECT_EQ(result[0].reason, "r1: priority 128, and system id 0000.0000.000a over 0000.0000.0002 (r2)");
}

TEST(Election, IsHeldForEachAlgorithmWhateverTheOrder) {
  const std::vector list{advertised("r1", "0000.0000.0001", 9, 129), advertised("r2", "0000.0000.0002", 5, 129),
                         advertised("r1", "0000.0000.0001", 1), advertised("r2", "0000.0000.0002", 0),
                         advertised("r3", "0000.0000.0003", 255, 127)};  // 127 is no Flex-Algo
  std::vector reversed(list.rbegin(), list.rend());
  for (const auto& each : {list, reversed}) {
    const auto result = elect(each);
    ASSERT_EQ(result.size(), 2U);
    EXPECT_EQ(result[0].algorithm, Algorithm(128));
    EXPECT_EQ(result[0].winner.node, NodeName("r1"));
    EXPECT_EQ(result[1].reason, "r1: priority 9 over 5 (r2)");
  }
}

TEST(Election, TheFirstOfTwoDefinitionsOfOneSystemCounts) {
  const auto result = elect({advertised("r1", "0000.0000.0001", 1), advertised("r1", "0000.0000.0001", 250)});
  ASSERT_EQ(result.size(), 1U);
  EXPECT_EQ(result[0].reason, "r1: priority 1, the only definition");
}

// RFC 9350 section 5.3: who does not understand the winner does not take part; a definition that it
// understands, but that lost, does not help.
TEST(Election, AWinnerThatIsNotUnderstoodIsNotFollowed) {
  FadAdvertisement strange = advertised("r2", "0000.0000.0002", 200);
  strange.unsupported = {"metric type 3", "sub-TLV 6"};
  const auto result = elect({advertised("r1", "0000.0000.0001", 128), strange});
  ASSERT_EQ(result.size(), 1U);
  EXPECT_FALSE(result[0].supported);
  EXPECT_EQ(result[0].reason,
            "r2: priority 200 over 128 (r1); metric type 3 is not supported; sub-TLV 6 is not supported");
  EXPECT_TRUE(elect({}).empty());
}

TEST(LinkCosts, PruneNodesThatDoNotParticipate) {
  TopologySnapshot snapshot = graph("a-b metric=1, b-c metric=1");
  std::erase_if(snapshot.nodes[1].locators, [](const auto& locator) { return locator.first == Algorithm(128); });
  for (const std::uint32_t cost : link_costs(definition(MetricType::kIgp), snapshot)) EXPECT_EQ(cost, kPruned);
  for (const std::uint32_t cost : link_costs({}, snapshot)) EXPECT_EQ(cost, 1U);  // algorithm 0: everybody
}

TEST(DefinitionsHash, DependsOnContentNotOnOrder) {
  const FlexAlgoDefinition fast = definition(MetricType::kMinDelay);
  FlexAlgoDefinition bulk{.algorithm = Algorithm(129)};
  bulk.exclude_any.set(0);
  EXPECT_EQ(definitions_hash({fast, bulk}), definitions_hash({bulk, fast}));
  FlexAlgoDefinition other = bulk;
  other.exclude_any.set(1);
  EXPECT_NE(definitions_hash({fast, bulk}), definitions_hash({fast, other}));
  FlexAlgoDefinition moved{.algorithm = Algorithm(129)};
  moved.include_any.set(0);
  EXPECT_NE(definitions_hash({bulk}), definitions_hash({moved}));
  EXPECT_NE(definitions_hash({fast}), definitions_hash({}));
  FlexAlgoDefinition eager = fast;
  eager.priority = 129;
  EXPECT_NE(definitions_hash({fast}), definitions_hash({eager}));
  FlexAlgoDefinition careful = fast;
  careful.exclude_srlg = {2, 1, 2};
  EXPECT_NE(definitions_hash({fast}), definitions_hash({careful}));
  FlexAlgoDefinition sorted = fast;
  sorted.exclude_srlg = {1, 2};
  EXPECT_EQ(definitions_hash({sorted}), definitions_hash({careful}));
  // Neighbours compare it over the wire: the value is part of the protocol, and that of an older release too.
  EXPECT_EQ(definitions_hash({fast, bulk}), 16048101065040428742U);
}

// RFC 9350 section 13, rule 1: what a node says that it takes part in counts, whatever locators it has.
TEST(Participation, IsWhatTheNodeSaysOrElseItsLocators) {
  Node node{.locators = {{Algorithm(128), *Ipv6Prefix::parse("fcbb:bb80:1::/48")}}};
  EXPECT_TRUE(participates(node, Algorithm(128)));
  EXPECT_FALSE(participates(node, Algorithm(129)));
  node.algorithms = {Algorithm(0), Algorithm(129)};
  EXPECT_FALSE(participates(node, Algorithm(128)));
  EXPECT_FALSE(participates(node, Algorithm(129))) << "without a locator nobody can be sent there";
  EXPECT_TRUE(participates(node, kAlgorithmSpf));
}

}  // namespace
}  // namespace pathwise::te
