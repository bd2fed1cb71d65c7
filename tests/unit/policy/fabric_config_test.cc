// SPDX-License-Identifier: Apache-2.0
#include "policy/fabric_config.h"

#include <gmock/gmock.h>

#include "example.h"

namespace pathwise::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string message(const Result<FabricConfig>& result) {
  return result ? "accepted" : result.error().message;
}

TEST(FabricConfig, ReadsTheExample) {
  const auto fabric = parse_fabric(kFabric, "fabric.yaml");
  ASSERT_TRUE(fabric) << fabric.error().message;

  const SiteConfig* mumbai = fabric->site(SiteName("mumbai"));
  ASSERT_NE(mumbai, nullptr);
  EXPECT_EQ(mumbai->edge, NodeName("r-mum"));
  EXPECT_EQ(mumbai->node_id, NodeId(1));
  EXPECT_EQ(mumbai->edge_address.to_string(), "fd00:9::1");
  EXPECT_EQ(mumbai->prefixes.at(TierName("batch")).to_string(), "fd00:1:c::/64");
  EXPECT_THAT(mumbai->routers, ElementsAre(RouterName("r1")));
  EXPECT_THAT(fabric->site(SiteName("singapore"))->routers, ElementsAre(RouterName("r1"), RouterName("r2")));
  EXPECT_TRUE(fabric->site(SiteName("paris"))->edge.empty());

  EXPECT_EQ(fabric->srv6.blocks.at(Algorithm(129)).to_string(), "fcbb:bb81::/32");
  EXPECT_EQ(fabric->srv6.udt6_function, 0xfe00);
  EXPECT_EQ(fabric->affinities.at("cross"), 2U);
  EXPECT_EQ(fabric->flex_algos.at(Algorithm(128)).metric, "min-delay");
  EXPECT_THAT(fabric->flex_algos.at(Algorithm(129)).exclude_any, ElementsAre("premium"));
  EXPECT_EQ(fabric->tier_aggregate.to_string(), "fd00:1::/32");
  EXPECT_EQ(fabric->hash.size(), 16U);
}

TEST(FabricConfig, ReadsExplicitPathsOfPairsOfSites) {
  std::string text(kFabric);
  const std::string_view before = "e2e: 20s}, paths: [{flex_algo: 128}]";
  text.replace(text.find(before), before.size(),
               "e2e: 20s}, paths: [{explicit: ["
               "{from: mumbai, to: singapore, weight: 3, segments: [\"fcbb:bb00:2::\", \"fcbb:bb80:4::\"]}, "
               "{from: mumbai, to: singapore, segments: [\"fcbb:bb00:4::\"]}, "
               "{from: singapore, to: mumbai, segments: [\"fcbb:bb00:1::\"]}]}]");
  const auto fabric = parse_fabric(text, "fabric.yaml");
  ASSERT_TRUE(fabric) << fabric.error().message;
  const auto& path = std::get<ExplicitPath>(fabric->tiers[1].paths[0]);
  EXPECT_EQ(path.most_lists(), 2u);
  const auto lists = path.between(SiteName("mumbai"), SiteName("singapore"));
  ASSERT_EQ(lists.size(), 2u);
  EXPECT_EQ(lists[0]->weight, 3);
  EXPECT_EQ(lists[0]->segments.size(), 2u);
  EXPECT_EQ(lists[1]->weight, 1);
  EXPECT_TRUE(path.between(SiteName("singapore"), SiteName("paris")).empty());
}

TEST(FabricConfig, ReadsTiersInFileOrderWithTheirPaths) {
  const auto fabric = parse_fabric(kFabric, "fabric.yaml");
  ASSERT_TRUE(fabric) << fabric.error().message;
  ASSERT_EQ(fabric->tiers.size(), 3U);
  const TierConfig& realtime = fabric->tiers[0];
  EXPECT_EQ(realtime.name, TierName("realtime"));
  EXPECT_EQ(realtime.color, Color(10));
  EXPECT_EQ(realtime.objective, Objective::kTtft);
  EXPECT_EQ(realtime.budget, Milliseconds(300));
  ASSERT_EQ(realtime.paths.size(), 3U);
  const auto& pcep = std::get<PcepPath>(realtime.paths[0]);
  EXPECT_EQ(pcep.optimise, Optimise::kDelay);
  EXPECT_EQ(pcep.max_delay, Milliseconds(30));
  EXPECT_EQ(pcep.bandwidth, BitsPerSecond(200'000'000));
  EXPECT_EQ(std::get<FlexAlgoPath>(realtime.paths[1]).algorithm, Algorithm(128));
  EXPECT_TRUE(std::holds_alternative<BestEffortPath>(realtime.paths[2])) << "appended: the tier is not strict";
  EXPECT_EQ(fabric->tiers[2].objective, Objective::kCost);
  EXPECT_EQ(fabric->tiers[2].budget, std::chrono::hours(1));
}

TEST(FabricConfig, AStrictTierGetsNoBestEffort) {
  const auto fabric = parse_fabric(fabric_with("strict: false", "strict: true"), "f");
  ASSERT_TRUE(fabric) << fabric.error().message;
  EXPECT_EQ(fabric->tiers[0].paths.size(), 2U);
}

TEST(FabricConfig, ReadsTenantsModelsAndResidency) {
  const auto fabric = parse_fabric(kFabric, "fabric.yaml");
  ASSERT_TRUE(fabric) << fabric.error().message;
  ASSERT_EQ(fabric->tenants.size(), 2U);
  EXPECT_EQ(fabric->tenants[0].tokens_per_minute, 2'000'000U);
  EXPECT_EQ(fabric->tenants[0].default_tier, TierName("batch"));
  EXPECT_EQ(fabric->tenants[0].keys.at(0).id, "k1");
  EXPECT_EQ(fabric->tenants[1].default_tier, TierName("standard")) << "the only one";
  EXPECT_EQ(fabric->tenants[1].labels.at("data"), "personal-eu");
  EXPECT_EQ(fabric->models[0].context_tokens, 128'000U);
  EXPECT_DOUBLE_EQ(fabric->models[0].price_per_million_tokens.at(SiteName("mumbai")), 0.4);
  EXPECT_DOUBLE_EQ(fabric->models[0].price_per_million_tokens.at(SiteName()), 0.6);
  EXPECT_DOUBLE_EQ(fabric->models[1].price_per_million_tokens.at(SiteName()), 0.1);
  EXPECT_EQ(fabric->residency[0].name, "residency[0]");
  EXPECT_EQ(fabric->residency[1].name, "acme-asia");
  EXPECT_THAT(fabric->residency[1].allow_sites, ElementsAre(SiteName("singapore")));
}

TEST(FabricConfig, ReadsEveryPartOfADefinition) {
  const auto fabric =
      parse_fabric(fabric_with("{metric: igp, exclude_any: [premium]}",
                               "{metric: te, exclude_any: [premium], include_any: [bulk, cross], include_all: [bulk], "
                               "exclude_srlg: [70, 7], priority: 200}"),
                   "f");
  ASSERT_TRUE(fabric) << fabric.error().message;
  const FlexAlgoConfig& algo = fabric->flex_algos.at(Algorithm(129));
  EXPECT_EQ(algo.metric, "te");
  EXPECT_THAT(algo.include_any, ElementsAre("bulk", "cross"));
  EXPECT_THAT(algo.include_all, ElementsAre("bulk"));
  EXPECT_THAT(algo.exclude_srlg, ElementsAre(7, 70));
  EXPECT_EQ(algo.priority, 200);
  EXPECT_EQ(fabric->flex_algos.at(Algorithm(128)).priority, 128);
}

TEST(FabricConfig, TheHashIsOfTheText) {
  const auto a = parse_fabric(kFabric, "a");
  const auto b = parse_fabric(fabric_with("128k", "64k"), "a");
  ASSERT_TRUE(a && b);
  EXPECT_NE(a->hash, b->hash);
  EXPECT_EQ(a->hash, parse_fabric(kFabric, "elsewhere")->hash);
}

TEST(FabricConfig, AddressesOfRoutersAndProbes) {
  const auto prefix = *Ipv6Prefix::parse("fd00:1:a::/64");
  EXPECT_EQ(FabricConfig::router_address(prefix, 2).to_string(), "fd00:1:a::2");
  EXPECT_EQ(FabricConfig::probe_address(prefix, 2, 0).to_string(), "fd00:1:a::102");
  EXPECT_EQ(FabricConfig::probe_address(prefix, 1, 2).to_string(), "fd00:1:a::301");
  EXPECT_EQ(FabricConfig::probe_address(prefix, 1, 2, 3).to_string(), "fd00:1:a::3:301");
}

// One mistake each: what is written, instead of what, and what the message says.
struct Mistake {
  std::string name, from, to, where, says;
};

class FabricMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(FabricMistake, IsReportedWithItsPlace) {
  const std::string text = fabric_with(GetParam().from, GetParam().to);
  ASSERT_FALSE(text.empty()) << "the example no longer has " << GetParam().from;
  const auto fabric = parse_fabric(text, "fabric.yaml");
  EXPECT_THAT(message(fabric), HasSubstr("fabric.yaml:" + GetParam().where));
  EXPECT_THAT(message(fabric), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Sites, FabricMistake,
    ::testing::Values(
        Mistake{"UnknownKey", "region: ap-south,", "regoin: x, region: ap-south,", "2:15:", "did you mean 'region'?"},
        Mistake{"DuplicateName", "  singapore:", "  mumbai:", "3:3:", "mumbai"},
        Mistake{"BadName", "  paris:", "  Paris:", "4:3:", "lower-case"},
        Mistake{"NoJurisdiction", "jurisdictions: [SG]", "jurisdictions: []", "3:", "at least one jurisdiction"},
        Mistake{"NodeIdTooHigh", "node_id: 4", "node_id: 57344", "3:", "from 1 to 57343 (below 0xe000), not 57344"},
        Mistake{"NodeIdZero", "node_id: 4", "node_id: 0", "3:", "from 1 to 57343"},
        Mistake{"NodeIdTwice", "node_id: 4", "node_id: 1", "3:", "node id 1 is that of site 'mumbai' already"},
        Mistake{"EdgeTwice", "edge: r-sin", "edge: r-mum", "3:", "edge of site 'mumbai' already"},
        Mistake{"EdgeAddressTwice", "node_id: 4", "node_id: 4, edge_address: \"fd00:9:0::1\"",
                "3:97:", "fd00:9::1 is the edge_address of site 'mumbai' already"},
        Mistake{"EdgeWithoutNodeId", "node_id: 4, ", "", "3:", "needs its node_id"},
        Mistake{"NodeIdWithoutEdge", "edge: r-sin, ", "", "3:", "node_id without edge"},
        Mistake{"UnknownTier", "batch: \"fd00:1:4c::/64\"", "bulky: \"fd00:1:4c::/64\"",
                "3:", "unknown tier 'bulky'; known: 'batch', 'realtime' or 'standard'"},
        Mistake{"TierWithoutPrefix", ", batch: \"fd00:1:4c::/64\"", "", "3:", "no prefix for tier 'batch'"},
        Mistake{"SamePrefix", "fd00:1:4c::/64", "fd00:1:a::/64",
                "3:", "fd00:1:a::/64 overlaps fd00:1:a::/64 of site 'mumbai', tier 'realtime'"},
        Mistake{"SamePrefixInOneSite", "fd00:1:4c::/64", "fd00:1:4a::/64", "3:", "of the same site"},
        Mistake{"PrefixOutside", "fd00:1:4c::/64", "fd00:2:4c::/64", "3:", "outside tier_aggregate fd00:1::/32"},
        Mistake{"PrefixLength", "fd00:1:4c::/64", "fd00:1:4c::/56", "3:", "must be a /64"},
        Mistake{"RouterTwice", "[r1, r2]", "[r1, r1]", "3:", "'r1' is listed twice"},
        Mistake{"NoRouter", "[r1, r2]", "[]", "3:", "from 1 to 255 routers"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Network, FabricMistake,
    ::testing::Values(
        Mistake{"FunctionIsANodeId", "udt6_function: fe00", "udt6_function: dfff", "6:", "from e000 to ffff"},
        Mistake{"FunctionNotHex", "udt6_function: fe00", "udt6_function: xyz", "6:", "hexadecimal"},
        Mistake{"PathMtuTooLow", "udt6_function: fe00", "path_mtu: 1280", "6:", "must be from 1400 to 65535"},
        Mistake{"BlockLength", "fcbb:bb81::/32", "fcbb:bb81::/48", "6:", "must be a /32"},
        Mistake{"BlockTwice", "fcbb:bb81::/32", "fcbb:bb80::/32", "6:", "block of algorithm 128 already"},
        Mistake{"NoBlock0", "0: \"fcbb:bb00::/32\", ", "", "6:", "block of algorithm 0 is missing"},
        Mistake{"BlockOfNoAlgo", "129: \"fcbb:bb81::/32\"", "130: \"fcbb:bb81::/32\"",
                "6:", "Flex-Algo 130, which is not in flex_algos"},
        Mistake{"AlgoWithoutBlock", ", 129: \"fcbb:bb81::/32\"", "", "10:", "Flex-Algo 129 has no block"},
        Mistake{"AggregateInBlock", "tier_aggregate: \"fd00:1::/32\"", "tier_aggregate: \"fcbb:bb80::/32\"",
                "5:", "overlaps the SRv6 block"},
        Mistake{"AggregateMissing", "tier_aggregate: \"fd00:1::/32\"\n", "", "1:1:", "'tier_aggregate' is missing"},
        Mistake{"AffinityTwice", "bulk: 1", "bulk: 0", "7:", "bit 0 is affinity 'premium' already"},
        Mistake{"AffinityBit", "bulk: 1", "bulk: 64", "7:", "from 0 to 63"},
        Mistake{"AlgoTooLow", "  129: {metric: igp", "  127: {metric: igp", "10:3:", "from 128 to 255"},
        Mistake{"AlgoTooHigh", "  129: {metric: igp", "  256: {metric: igp", "10:3:", "from 128 to 255"},
        Mistake{"UnknownMetric", "metric: min-delay", "metric: delay",
                "9:", "unknown metric 'delay'; known: 'igp', 'min-delay' or 'te'"},
        Mistake{"PriorityTooHigh", "metric: igp,", "metric: igp, priority: 256,", "10:32:", "from 0 to 255"},
        Mistake{"SrlgNegative", "metric: igp,", "metric: igp, exclude_srlg: [7, -1],",
                "10:40:", "from 0 to 4294967295"},
        Mistake{"SrlgTwice", "metric: igp,", "metric: igp, exclude_srlg: [7, 8, 7],", "10:43:", "7 is listed twice"},
        Mistake{"SrlgNoList", "metric: igp,", "metric: igp, exclude_srlg: 7,", "10:36:", "must be a list"},
        Mistake{"UnknownAffinity", "exclude_any: [premium]", "exclude_any: [gold]", "10:", "unknown affinity 'gold'"},
        Mistake{"BothWays", "exclude_any: [premium]", "exclude_any: [premium], include_any: [premium]",
                "10:", "both excluded and included"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Tiers, FabricMistake,
    ::testing::Values(
        Mistake{"Color0", "color: 10", "color: 0", "12:", "color 0 is reserved"},
        Mistake{"ColorTwice", "color: 20", "color: 10", "13:", "color 10 is tier 'realtime' already"},
        Mistake{"WrongUnit", "ttft: 300ms", "ttft: 300Mbps", "12:", "must be a duration"},
        Mistake{"NoUnit", "bandwidth: 200Mbps", "bandwidth: 200", "12:", "the unit is missing"},
        Mistake{"TwoObjectives", "{ttft: 300ms}", "{ttft: 300ms, e2e: 2s}", "12:", "must be one of {ttft: 300ms}"},
        Mistake{"NoObjective", "{ttft: 300ms}", "{}", "12:", "must be one of {ttft: 300ms}"},
        Mistake{"ZeroBudget", "ttft: 300ms", "ttft: 0ms", "12:", "more than 0"},
        Mistake{"NoPaths", "e2e: 20s}, paths: [{flex_algo: 128}]", "e2e: 20s}, paths: []", "13:", "at least one path"},
        Mistake{"UnknownPath", "e2e: 20s}, paths: [{flex_algo: 128}]", "e2e: 20s}, paths: [fast]",
                "13:", "unknown path 'fast'"},
        Mistake{"PathTwice", "e2e: 20s}, paths: [{flex_algo: 128}]",
                "e2e: 20s}, paths: [{flex_algo: 128}, {flex_algo: 128}]", "13:", "has this path already"},
        Mistake{"UndefinedAlgo", "paths: [{flex_algo: 129}]", "paths: [{flex_algo: 200}]",
                "14:", "unknown Flex-Algo '200'; known: '128' or '129'"},
        Mistake{"NotAFlexAlgo", "paths: [{flex_algo: 129}]", "paths: [{flex_algo: 1}]", "14:", "from 128 to 255"},
        Mistake{"StrictBestEffort", "{flex_algo: 128}], strict: false", "best_effort], strict: true",
                "12:", "a strict tier must not list best_effort"},
        Mistake{"ExplicitEmpty", "e2e: 20s}, paths: [{flex_algo: 128}]", "e2e: 20s}, paths: [{explicit: []}]",
                "13:", "must be a list of {from"},
        Mistake{"ExplicitUnknownSite", "e2e: 20s}, paths: [{flex_algo: 128}]",
                "e2e: 20s}, paths: [{explicit: [{from: oslo, to: mumbai, segments: [\"fcbb:bb00:4::\"]}]}]",
                "13:", "unknown site 'oslo'"},
        Mistake{"ExplicitToItself", "e2e: 20s}, paths: [{flex_algo: 128}]",
                "e2e: 20s}, paths: [{explicit: [{from: mumbai, to: mumbai, segments: [\"fcbb:bb00:4::\"]}]}]",
                "13:", "a path from mumbai to itself"},
        Mistake{"ExplicitForeignSid", "e2e: 20s}, paths: [{flex_algo: 128}]",
                "e2e: 20s}, paths: [{explicit: [{from: singapore, to: mumbai, segments: [\"2001:db8::1\"]}]}]",
                "13:", "2001:db8::1 is in none of the srv6 blocks"},
        Mistake{"ExplicitNoSegments", "e2e: 20s}, paths: [{flex_algo: 128}]",
                "e2e: 20s}, paths: [{explicit: [{from: singapore, to: mumbai, segments: []}]}]",
                "13:", "at least one segment"},
        Mistake{
            "ExplicitWeight0", "e2e: 20s}, paths: [{flex_algo: 128}]",
            "e2e: 20s}, paths: [{explicit: [{from: singapore, to: mumbai, weight: 0, segments: [\"fcbb:bb00:4::\"]}]}]",
            "13:", "must be from 1 to 255"},
        Mistake{"ExplicitTwice", "e2e: 20s}, paths: [{flex_algo: 128}]",
                "e2e: 20s}, paths: [{explicit: [{from: singapore, to: mumbai, segments: [\"fcbb:bb00:4::\"]}, {from: "
                "singapore, to: mumbai, segments: [\"fcbb:bb00:4::\"]}]}]",
                "13:", "has this list already"},
        Mistake{"PcepOptimise", "optimise: delay", "optimise: hops", "12:", "unknown metric 'hops'"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    TenantsAndModels, FabricMistake,
    ::testing::Values(
        Mistake{"UnknownTierOfTenant", "tiers: [standard]", "tiers: [gold]", "17:", "unknown tier 'gold'"},
        Mistake{"NoTier", "tiers: [standard]", "tiers: []", "17:", "at least one tier"},
        Mistake{"DefaultNotEntitled", "default_tier: batch", "default_tier: standard",
                "16:", "default_tier 'standard' is not one of the tenant's tiers: 'batch' or 'realtime'"},
        Mistake{"DefaultMissing", "default_tier: batch, ", "", "16:", "default_tier is missing"},
        Mistake{"KeyIdForm", "id: k1", "id: k-1", "16:", "lower-case letters and digits, not 'k-1'"},
        Mistake{"KeyIdTwice", "tiers: [standard]",
                "keys: [{id: k1, scrypt: \"scrypt:N=1024,r=8,p=1:c2FsdHNhbHQ=:"
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}], tiers: [standard]",
                "17:", "key id 'k1' is of tenant 'acme' already"},
        Mistake{"PlainKey", "scrypt:N=1024", "secret:N=1024", "16:", "must be 'scrypt:N=16384,r=8,p=1:"},
        Mistake{"ScryptMemory", "N=1024,r=8", "N=1048576,r=64", "16:", "at most 64 MiB"},
        Mistake{"ScryptWeak", "N=1024,r=8", "N=2,r=8", "16:", "power of two from 1024"},
        Mistake{"TokensUnit", "tokens_per_minute: 2M", "tokens_per_minute: 2MiB", "16:", "must be a count"},
        Mistake{"LabelText", "labels: {data: personal-eu}}\nres", "labels: {data: \"a b\"}}\nres", "17:", "a label is"},
        Mistake{"AllowsNothing", "allow: {jurisdictions: [EU]}", "allow: {}", "19:", "allows no site"},
        Mistake{"UnknownTenant", "tenants: [acme]", "tenants: [acne]", "20:", "unknown tenant 'acne'"},
        Mistake{"UnknownJurisdiction", "jurisdictions: [EU]}}", "jurisdictions: [UE]}}",
                "19:", "unknown jurisdiction 'UE'; known: 'EU', 'FR', 'IN' or 'SG'"},
        Mistake{"UnknownSite", "sites: [singapore]", "sites: [jakarta]", "20:", "unknown site 'jakarta'"},
        Mistake{"AliasIsAModel", "aliases: [gpt-4o-like]", "aliases: [llama-8b]",
                "22:", "'llama-8b' already means model 'llama-8b'"},
        Mistake{"AliasOfTwo", "llama-8b: {", "llama-8b: {aliases: [gpt-4o-like], ",
                "23:", "already means model 'llama-70b'"},
        Mistake{"ContextUnit", "context: 32k", "context: 32KiB", "23:", "must be a count"},
        Mistake{"PriceSite", "mumbai: 0.4", "bombay: 0.4", "22:", "unknown site 'bombay'"},
        Mistake{"NegativePrice", "mumbai: 0.4", "mumbai: -0.4", "22:", "0 or more"}),
    [](const auto& info) { return info.param.name; });

TEST(FabricConfig, ReportsEveryMistakeAtOnceInFileOrder) {
  std::string text = fabric_with("node_id: 4", "node_id: 60000");
  text.replace(text.find("color: 30"), 9, "color: 10");
  text.replace(text.find("tiers: [standard]"), 17, "tiers: [gold]");
  text += "modles: {}\n";
  const auto fabric = parse_fabric(text, "fabric.yaml");
  ASSERT_FALSE(fabric);
  EXPECT_EQ(fabric.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(fabric.error().message,
              ::testing::MatchesRegex("fabric.yaml:3:[^\n]*\nfabric.yaml:14:[^\n]*\nfabric.yaml:17:[^\n]*\n"
                                      "fabric.yaml:24:1:[^\n]*did you mean 'models'[^\n]*"));
}

TEST(FabricConfig, SurvivesSectionsOfTheWrongKind) {
  for (const std::string_view key :
       {"sites", "srv6", "tiers", "tenants", "residency", "models", "flex_algos", "affinities", "tier_aggregate"}) {
    for (const std::string_view value : {"7", "[]", "[[1], {a: b}]", "{}", "{a: 1}", "{a: [x]}", "~"}) {
      const auto fabric = parse_fabric(std::string(key) + ": " + std::string(value) + "\n", "f");
      EXPECT_FALSE(fabric) << key << ": " << value;
    }
  }
}

TEST(FabricConfig, AMissingFileIsNamed) {
  const auto fabric = load_fabric("/nonexistent/fabric.yaml");
  EXPECT_THAT(message(fabric), HasSubstr("/nonexistent/fabric.yaml"));
}

}  // namespace
}  // namespace pathwise::policy
