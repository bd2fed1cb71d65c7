// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/program/definitions.h"

#include <gmock/gmock.h>

namespace pathwise::te {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

policy::FabricConfig fabric() {
  policy::FabricConfig config;
  config.affinities = {{"premium", 0}, {"bulk", 200}};
  config.srv6.blocks = {{Algorithm(0), *Ipv6Prefix::parse("fcbb:bb00::/32")},
                        {Algorithm(129), *Ipv6Prefix::parse("fcbb:bb81::/32")}};
  config.flex_algos[Algorithm(129)] = {.algorithm = Algorithm(129),
                                       .metric = "min-delay",
                                       .exclude_any = {"premium"},
                                       .include_any = {},
                                       .include_all = {"bulk"},
                                       .exclude_srlg = {5, 9},
                                       .priority = 200};
  policy::SiteConfig mumbai;
  mumbai.edge = NodeName("r-mum");
  mumbai.node_id = NodeId(1);
  config.sites[SiteName("mumbai")] = mumbai;
  config.sites[SiteName("cloud")] = {};
  return config;
}

TEST(Definitions, TranslateMetricAndAffinities) {
  const auto definitions = flex_algo_definitions(fabric());
  ASSERT_TRUE(definitions) << definitions.error().message;
  FlexAlgoDefinition expected{.algorithm = Algorithm(129), .metric = MetricType::kMinDelay};
  expected.exclude_any.set(0);
  expected.include_all.set(200);
  expected.exclude_srlg = {5, 9};
  expected.priority = 200;
  EXPECT_THAT(*definitions, ElementsAre(expected));
}

TEST(Definitions, RefuseWhatIsNotDefined) {
  auto unknown = fabric();
  unknown.flex_algos.begin()->second.include_any = {"gold"};
  EXPECT_THAT(flex_algo_definitions(unknown).error().message, HasSubstr("flex_algos: 129: affinity 'gold'"));
  auto metric = fabric();
  metric.flex_algos.begin()->second.metric = "hops";
  EXPECT_THAT(flex_algo_definitions(metric).error().message, HasSubstr("igp, min-delay or te"));
  auto block = fabric();
  block.srv6.blocks.erase(Algorithm(129));
  EXPECT_THAT(flex_algo_definitions(block).error().message, HasSubstr("no block"));
}

TEST(Definitions, EdgesKnowTheirIds) {
  EXPECT_THAT(edge_node_ids(fabric()), ElementsAre(Pair(NodeName("r-mum"), NodeId(1))));
  EXPECT_EQ(sid_map_of(fabric())->udt6_function(), 0xfe00);
}

}  // namespace
}  // namespace pathwise::te
