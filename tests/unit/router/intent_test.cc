// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "router/intent/compile.h"

namespace pathwise::router::intent {
namespace {

policy::FabricConfig fabric_config() {
  auto parsed = policy::parse_fabric(R"(
tier_aggregate: "fd00::/16"
sites:
  mumbai:    {region: ap, jurisdictions: [IN], edge: r-mum, node_id: 1, edge_address: "fd10::1", prefixes: {realtime: "fd00:1:a::/64", batch: "fd00:1:c::/64"}}
  singapore: {region: ap, jurisdictions: [SG], edge: r-sin, node_id: 4, edge_address: "fd10::4", prefixes: {realtime: "fd00:4:a::/64", batch: "fd00:4:c::/64"}}
  cloud:     {region: eu, jurisdictions: [EU], prefixes: {realtime: "fd00:9:a::/64", batch: "fd00:9:c::/64"}}
srv6: {blocks: {0: "fcbb:bb00::/32", 128: "fcbb:bb80::/32", 129: "fcbb:bb81::/32"}, udt6_function: fe00}
affinities: {premium: 3}
flex_algos:
  128: {metric: min-delay}
  129: {metric: igp, exclude_any: [premium]}
tiers:
  realtime: {color: 10, objective: {ttft: 300ms}, paths: [{pcep: {optimise: delay, max_delay: 30ms, bandwidth: 200Mbps, exclude_any: [premium]}}, {flex_algo: 128}]}
  batch:    {color: 30, objective: {cost: {deadline: 1h}}, paths: [{flex_algo: 129}], strict: true}
tenants:
  acme: {keys: [{id: k1, scrypt: "scrypt:N=16384,r=8,p=1:MDEyMzQ1Njc4OWFiY2RlZg==:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}], tiers: [realtime, batch], default_tier: batch}
models:
  llama: {context: 8192}
)",
                                     "fabric.yaml");
  EXPECT_TRUE(parsed.has_value()) << (parsed ? "" : parsed.error().message);
  return parsed.value_or(policy::FabricConfig{});
}

const te::PeerTierIntent* peer(const te::TeIntent& intent, const char* site, const char* tier) {
  for (const te::PeerTierIntent& each : intent.peers) {
    if (each.site == SiteName{site} && each.tier == TierName{tier}) return &each;
  }
  return nullptr;
}

TEST(Intent, IsWhatTheTiersAskFor) {
  const auto intent = compile(fabric_config(), {.site = SiteName{"mumbai"}}, 7);
  ASSERT_TRUE(intent.has_value()) << intent.error().message;
  EXPECT_EQ(intent->revision, 7u);
  ASSERT_TRUE(intent->srv6.has_value());
  EXPECT_EQ(intent->srv6->edge, NodeName{"r-mum"});
  ASSERT_EQ(intent->srv6->flex_algos.size(), 2u);
  EXPECT_EQ(intent->srv6->flex_algos[0].metric, te::MetricType::kMinDelay);
  EXPECT_TRUE(intent->srv6->flex_algos[1].exclude_any.test(3));
  ASSERT_EQ(intent->own_tiers.size(), 2u);
  EXPECT_EQ(intent->own_tiers[0].address.to_string(), "fd00:1:a::1");

  const te::PeerTierIntent* realtime = peer(*intent, "singapore", "realtime");
  ASSERT_NE(realtime, nullptr);
  EXPECT_EQ(realtime->color, Color{10});
  EXPECT_EQ(realtime->address.to_string(), "fd00:4:a::1");
  EXPECT_EQ(realtime->local_address.to_string(), "fd00:1:a::1");
  EXPECT_EQ(realtime->edge_address.to_string(), "fd10::4");
  ASSERT_EQ(realtime->candidates.size(), 3u) << "PCEP, Flex-Algo 128 and best effort";
  const auto& pcep = std::get<te::PcepIntent>(realtime->candidates[0].kind);
  EXPECT_EQ(pcep.max_delay, Microseconds{30'000});
  EXPECT_EQ(pcep.bandwidth, BitsPerSecond{200'000'000});
  EXPECT_EQ(pcep.exclude_any, 8u);
  EXPECT_EQ(pcep.source.to_string(), "fd10::1");
  EXPECT_EQ(std::get<te::FlexAlgoIntent>(realtime->candidates[1].kind).algorithm, Algorithm{128});
  EXPECT_TRUE(std::holds_alternative<te::BestEffortIntent>(realtime->candidates[2].kind));
  EXPECT_GT(realtime->candidates[0].preference, realtime->candidates[1].preference);
  EXPECT_EQ(realtime->candidates[0].probe_address.to_string(), "fd00:4:a::101");
  EXPECT_EQ(realtime->candidates[1].probe_address.to_string(), "fd00:4:a::201");

  const te::PeerTierIntent* batch = peer(*intent, "singapore", "batch");
  ASSERT_NE(batch, nullptr);
  EXPECT_TRUE(batch->strict);
  EXPECT_EQ(batch->candidates.size(), 1u);
}

TEST(Intent, AnExplicitPathHasAProbePairForEachListOfAnyPair) {
  policy::FabricConfig fabric = fabric_config();
  policy::ExplicitPath path;
  const SiteName mumbai{"mumbai"};
  const SiteName singapore{"singapore"};
  path.lists.push_back({mumbai, singapore, 3, {*Ipv6Address::parse("fcbb:bb00:2:4::")}});
  path.lists.push_back({mumbai, singapore, 1, {*Ipv6Address::parse("fcbb:bb00:3:4::")}});
  path.lists.push_back({singapore, mumbai, 1, {*Ipv6Address::parse("fcbb:bb00:2:1::")}});
  fabric.tiers[0].paths[0] = path;
  fabric.srv6.path_mtu = 1600;

  const auto there = compile(fabric, {.site = mumbai}, 1);
  ASSERT_TRUE(there.has_value()) << there.error().message;
  EXPECT_EQ(there->srv6->path_mtu, 1600u);
  const te::CandidateIntent& candidate = peer(*there, "singapore", "realtime")->candidates[0];
  const auto& lists = std::get<te::ExplicitIntent>(candidate.kind);
  ASSERT_EQ(lists.lists.size(), 2u);
  EXPECT_EQ(lists.lists[0].weight, 3);
  EXPECT_EQ(candidate.probe_address.to_string(), "fd00:4:a::101");
  ASSERT_EQ(lists.probes.size(), 1u);
  EXPECT_EQ(lists.probes[0].local.to_string(), "fd00:1:a::1:101");
  EXPECT_EQ(lists.probes[0].remote.to_string(), "fd00:4:a::1:101");
  EXPECT_THAT(there->own_tiers[0].probe_addresses, testing::Contains(lists.probes[0].local));

  const auto back = compile(fabric, {.site = singapore}, 1);
  ASSERT_TRUE(back.has_value());
  const auto& answer = std::get<te::ExplicitIntent>(peer(*back, "mumbai", "realtime")->candidates[0].kind);
  EXPECT_EQ(answer.lists.size(), 1u);
  EXPECT_EQ(answer.probes.size(), 1u) << "for the answers to mumbai's second list";
  EXPECT_TRUE(te::validate(*there) && te::validate(*back));
}

TEST(Intent, ASiteWithoutSrv6IsReachedByTheUnderlay) {
  const auto intent = compile(fabric_config(), {.site = SiteName{"mumbai"}}, 1);
  ASSERT_TRUE(intent.has_value());
  const te::PeerTierIntent* cloud = peer(*intent, "cloud", "realtime");
  ASSERT_NE(cloud, nullptr);
  ASSERT_EQ(cloud->candidates.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<te::UnderlayIntent>(cloud->candidates[0].kind));
  const auto from_cloud = compile(fabric_config(), {.site = SiteName{"cloud"}}, 1);
  ASSERT_TRUE(from_cloud.has_value()) << from_cloud.error().message;
  EXPECT_FALSE(from_cloud->srv6.has_value());
}

TEST(Intent, UnknownPlacesAreErrors) {
  EXPECT_FALSE(compile(fabric_config(), {.site = SiteName{"paris"}}, 1).has_value());
  EXPECT_FALSE(compile(fabric_config(), {.site = SiteName{"mumbai"}, .router = RouterName{"r9"}}, 1).has_value());
}

}  // namespace
}  // namespace pathwise::router::intent
