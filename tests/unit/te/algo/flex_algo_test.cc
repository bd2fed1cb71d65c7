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
  // Neighbours compare it over the wire: the value is part of the protocol.
  EXPECT_EQ(definitions_hash({fast, bulk}), 16048101065040428742U);
}

}  // namespace
}  // namespace pathwise::te
