// SPDX-License-Identifier: Apache-2.0
#include "te/verify/judge.h"

#include <gmock/gmock.h>

#include <chrono>
#include <iostream>

#include "tiers_network.h"

namespace pathwise::te {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Ipv6Address address(std::string_view text) {
  return *Ipv6Address::parse(text);
}

HopObservation at(std::string_view responder) {
  return {.answer = HopAnswer::kExpired, .responder = address(responder), .rtt = Microseconds(10)};
}
HopObservation arrived() {
  return {.answer = HopAnswer::kArrived, .responder = address("fd00:1:4a::101"), .rtt = Microseconds(10)};
}
const HopObservation kStar{};

// Loopbacks.
const HopObservation kPune = at("fd00:0:0:ff::2");
const HopObservation kSin = at("fd00:0:0:ff::4");
const HopObservation kPa1 = at("fd00:0:0:ff::11");
const HopObservation kPa2 = at("fd00:0:0:ff::12");
const HopObservation kPb1 = at("fd00:0:0:ff::13");

const std::vector<Ipv6Address> kFlex128{address("fcbb:bb80:4:fe00::")};

class JudgeTest : public testing::Test {
 protected:
  JudgedPath judge(const std::vector<Ipv6Address>& carriers, std::vector<HopObservation> hops, std::string problem = "",
                   bool probed = true) {
    if (!judge_) {
      judge_.emplace(VerifyNetwork{.topology = network.build(),
                                   .sids = test::TiersNetwork::sid_map(),
                                   .definitions = test::TiersNetwork::definitions(),
                                   .edge = NodeName("r-pune"),
                                   .attachment = *Ipv6Prefix::parse("fd00:2:2::/64")});
    }
    return judge_->judge(carriers, {.hops = std::move(hops), .problem = std::move(problem), .probed = probed});
  }
  static std::vector<std::string> nodes(const JudgedPath& path) {
    std::vector<std::string> names;
    for (const JudgedHop& hop : path.hops) names.push_back(hop.node ? hop.node->str() : "*");
    return names;
  }
  static std::vector<std::string> intended(const JudgedPath& path) {
    std::vector<std::string> names;
    for (const JudgedHop& hop : path.hops) {
      std::string text;
      for (const NodeName& name : hop.intended) text += (text.empty() ? "" : "|") + name.str();
      names.push_back(text);
    }
    return names;
  }
  test::TiersNetwork network;
  std::optional<PathJudge> judge_;
};

TEST_F(JudgeTest, AFlexAlgoPathIsFollowedHopByHop) {
  const auto path = judge(kFlex128, {kPune, kPa1, kPa2, arrived()});
  EXPECT_EQ(path.verdict, VerifyVerdict::kAsIntended) << path.detail;
  EXPECT_EQ(path.detail, "");
  EXPECT_THAT(nodes(path), ElementsAre("r-pune", "pa1", "pa2", "*"));
  EXPECT_THAT(intended(path), ElementsAre("r-pune", "pa1", "pa2", "r-sin"));
}

TEST_F(JudgeTest, AnEndpointThatCountsTheHopIsAsIntendedToo) {
  const auto path = judge(kFlex128, {kPune, kPa1, kPa2, kSin, arrived()});
  EXPECT_EQ(path.verdict, VerifyVerdict::kAsIntended) << path.detail;
  EXPECT_THAT(intended(path), ElementsAre("r-pune", "pa1", "pa2", "r-sin", ""));
}

TEST_F(JudgeTest, WhoDecapsulatesStandsBeforeTheFarEnd) {
  const auto with = [&](std::vector<HopObservation> hops, const HopObservation& endpoint) {
    judge(kFlex128, {});
    return judge_->judge(kFlex128, {.hops = std::move(hops), .endpoint = endpoint});
  };
  const auto path = with({kPune, kPa1, kPa2, arrived()}, kSin);
  EXPECT_EQ(path.verdict, VerifyVerdict::kAsIntended) << path.detail;
  EXPECT_THAT(nodes(path), ElementsAre("r-pune", "pa1", "pa2", "r-sin", "*"));
  EXPECT_THAT(intended(path), ElementsAre("r-pune", "pa1", "pa2", "r-sin", ""));
  // It has counted its hop, so that it is there already.
  EXPECT_THAT(nodes(with({kPune, kPa1, kPa2, kSin, arrived()}, kSin)),
              ElementsAre("r-pune", "pa1", "pa2", "r-sin", "*"));
  // Another one has the same SID, or took the packet.
  const auto other = with({kPune, kPa1, kPa2, arrived()}, at("fd00:0:0:ff::3"));
  EXPECT_EQ(other.verdict, VerifyVerdict::kDeviates);
  EXPECT_EQ(other.detail, "at hop 4: r-dub decapsulates instead of r-sin");
  EXPECT_EQ(with({kPune, kPa1, kPa2, arrived()}, at("2001:db8:99::1")).detail, "1 of unknown address");
  EXPECT_THAT(nodes(with({kPune, kPa1}, kSin)), ElementsAre("r-pune", "pa1"));
}

TEST_F(JudgeTest, AdjacencySidsNameTheNextNode) {
  // over pa1 and pb1 by uA, then to r-sin: r-pune pa1 pb1 pb2 r-sin
  const auto carriers = pack_carriers(
      test::TiersNetwork::sid_map(),
      {{Algorithm(0), NodeId(2), NodeId(0x11)}, {Algorithm(0), NodeId(0x11), NodeId(0x13)}, {Algorithm(0), NodeId(4)}},
      true);
  ASSERT_TRUE(carriers);
  const HopObservation pb2 = at("fd00:0:0:ff::14");
  const auto path = judge(*carriers, {kPune, kPa1, kPb1, pb2, arrived()});
  EXPECT_EQ(path.verdict, VerifyVerdict::kAsIntended) << path.detail;
  EXPECT_THAT(intended(path), ElementsAre("r-pune", "pa1", "pb1", "pb2", "r-sin"));
  const auto other = judge(*carriers, {kPune, kPa1, kPa2, pb2, arrived()});
  EXPECT_EQ(other.detail, "at hop 3: pa2 instead of pb1");
}

TEST_F(JudgeTest, ADeviationNamesTheHopAndBothNodes) {
  const auto path = judge(kFlex128, {kPune, kPb1, kPa1, kPa2, arrived()});
  EXPECT_EQ(path.verdict, VerifyVerdict::kDeviates);
  EXPECT_EQ(path.detail, "at hop 2: pb1 instead of pa1");
  EXPECT_TRUE(path.hops[1].deviates);
  EXPECT_FALSE(path.hops[2].deviates);  // from pb1, the way of least delay is back by pa1
  EXPECT_THAT(intended(path), ElementsAre("r-pune", "pa1", "pa1", "pa2", "r-sin"));
}

TEST_F(JudgeTest, WhyProbingEndedIsSaidBesideTheDeviation) {
  const auto path = judge(kFlex128, {kPune, kPa1, kPb1, kPa1, kPb1, kPa1}, "a loop: x answers for 3 hops");
  EXPECT_EQ(path.detail, "at hop 3: pb1 instead of pa2; a loop: x answers for 3 hops");
}

TEST_F(JudgeTest, ArrivingTooEarlyIsADeviation) {
  const auto path = judge(kFlex128, {kPune, kPa1, arrived()});
  EXPECT_EQ(path.verdict, VerifyVerdict::kDeviates);
  EXPECT_EQ(path.detail, "at hop 3: arrived, without pa2");
}

TEST_F(JudgeTest, EqualPathsAreAllIntendedAndWhatWasSeenNarrowsThem) {
  // Two equally short ways from r-pune to x3.
  network.node("x1", 0x21);
  network.node("x2", 0x22);
  network.node("x3", 0x23);
  network.link("r-pune", "x1", {.igp_metric = 1});
  network.link("r-pune", "x2", {.igp_metric = 1});
  network.link("x1", "x3", {.igp_metric = 1});
  network.link("x2", "x3", {.igp_metric = 1});
  const std::vector<Ipv6Address> to_x3{address("fcbb:bb00:23:fe00::")};
  const auto path = judge(to_x3, {kPune, at("fd00:0:0:ff::22"), arrived()});
  EXPECT_EQ(path.verdict, VerifyVerdict::kAsIntended) << path.detail;
  EXPECT_THAT(intended(path), ElementsAre("r-pune", "x1|x2", "x3"));
  EXPECT_EQ(judge(to_x3, {kPune, kPa1, arrived()}).detail, "at hop 2: pa1 instead of x1 or x2");
  // Both ways stay open behind a star.
  EXPECT_EQ(judge(to_x3, {kPune, kStar, arrived()}).verdict, VerifyVerdict::kAsIntended);
}

TEST_F(JudgeTest, SilenceAndUnknownAddressesAreCountedNotHidden) {
  const auto path = judge(kFlex128, {kPune, kStar, at("2001:db8:99::1"), arrived()});
  EXPECT_EQ(path.verdict, VerifyVerdict::kAsIntended);
  EXPECT_EQ(path.detail, "1 silent, 1 of unknown address");
}

TEST_F(JudgeTest, TheFirstHopMayAnswerFromTheLinkToOurHost) {
  const auto path = judge(kFlex128, {at("fd00:2:2::1"), kPa1, kPa2, arrived()});
  EXPECT_THAT(nodes(path), ElementsAre("r-pune", "pa1", "pa2", "*"));
  EXPECT_EQ(path.detail, "");
  // Anywhere else it is nobody's.
  EXPECT_THAT(nodes(judge(kFlex128, {kPune, at("fd00:2:2::1"), kPa2, arrived()})),
              ElementsAre("r-pune", "*", "pa2", "*"));
}

TEST_F(JudgeTest, AddressesOfLinksAndLocatorsAreTheirNodes) {
  const auto topology = network.build();
  const NodeAddresses addresses(*topology);
  const auto name = [&](std::string_view text) {
    const NodeIndex node = addresses.find(address(text));
    return node == kNoNode ? std::string("-") : topology->nodes[node].name.str();
  };
  EXPECT_EQ(name("fd00:0:1:3::11"), "pa1");
  EXPECT_EQ(name("fcbb:bb81:13::1"), "pb1");
  EXPECT_EQ(name("fcbb:bb81:99::"), "-");
  EXPECT_EQ(name("::"), "-");
}

TEST_F(JudgeTest, AnAddressThatTwoNodesClaimIsNobodys) {
  network.builder.add_node({.name = NodeName("z"), .router_id6 = address("fd00:0:0:ff::11")});
  EXPECT_EQ(NodeAddresses(*network.build()).find(address("fd00:0:0:ff::11")), kNoNode);
}

TEST_F(JudgeTest, APathThatDoesNotArriveIsIncomplete) {
  auto path = judge(kFlex128, {kPune, kPa1});
  EXPECT_EQ(path.verdict, VerifyVerdict::kIncomplete);
  EXPECT_EQ(path.detail, "no answer behind hop 2 (pa1)");
  HopObservation refused = kPa1;
  refused.answer = HopAnswer::kRefused;
  path = judge(kFlex128, {kPune, refused});
  EXPECT_EQ(path.detail, "refused at hop 2 by pa1: no route");
  path = judge(kFlex128, {});
  EXPECT_EQ(path.verdict, VerifyVerdict::kIncomplete);
  EXPECT_EQ(path.detail, "no answer from any hop");
  path = judge(kFlex128, {}, "not done within 30s");
  EXPECT_EQ(path.verdict, VerifyVerdict::kIncomplete);
  EXPECT_EQ(path.detail, "not done within 30s");
  path = judge(kFlex128, {}, "not done within 30s", false);
  EXPECT_EQ(path.verdict, VerifyVerdict::kNotProbed);
}

TEST_F(JudgeTest, WhatCannotBeComparedIsShownAllTheSame) {
  auto path = judge({}, {kPune, arrived()});
  EXPECT_EQ(path.verdict, VerifyVerdict::kNotCompared);
  EXPECT_EQ(path.detail, "the underlay has no intended nodes");
  EXPECT_THAT(nodes(path), ElementsAre("r-pune", "*"));
  EXPECT_THAT(judge({address("fcbb:bb80:99:fe00::")}, {kPune, arrived()}).detail, HasSubstr("node id 99"));
  PathJudge blind({.edge = NodeName("r-pune")});
  path = blind.judge(kFlex128, {.hops = {kPune, arrived()}});
  EXPECT_EQ(path.verdict, VerifyVerdict::kNotCompared);
  EXPECT_EQ(path.detail, "no SRv6 here");
  EXPECT_THAT(path.hops[0].intended, IsEmpty());
}

// A grid of 100 × 100, in which the ways between two nodes are as many as they can be, and every other hop is silent.
TEST(JudgeScale, TenThousandNodesAndManyEqualWays) {
  constexpr int kSide = 100;
  const auto name = [](int x, int y) { return NodeName(formatted("n{}-{}", x, y)); };
  const auto loopback = [](int x, int y) { return address(formatted("fd00::{:x}", 1 + x * kSide + y)); };
  TopologyBuilder builder;
  const auto link = [&](const NodeName& a, const NodeName& b) {
    builder.add_link({a, b, {.igp_metric = 1}});
    builder.add_link({b, a, {.igp_metric = 1}});
  };
  for (int x = 0; x < kSide; ++x) {
    for (int y = 0; y < kSide; ++y) {
      builder.add_node(
          {.name = name(x, y),
           .router_id6 = loopback(x, y),
           .locators = {{kAlgorithmSpf, *Ipv6Prefix::parse(formatted("fcbb:bb00:{:x}::/48", 1 + x * kSide + y))}}});
      if (x > 0) link(name(x - 1, y), name(x, y));
      if (y > 0) link(name(x, y - 1), name(x, y));
    }
  }
  PathObservation seen;
  for (int i = 0; i < 10; ++i) {
    seen.hops.push_back({.answer = HopAnswer::kExpired, .responder = loopback(i, i), .rtt = Microseconds(1)});
    seen.hops.push_back(kStar);
  }
  seen.hops.push_back(arrived());
  const auto start = std::chrono::steady_clock::now();
  PathJudge judge({.topology = std::make_shared<const TopologySnapshot>(builder.build(1, 1)),
                   .sids = test::TiersNetwork::sid_map(),
                   .edge = name(0, 0)});
  const auto path = judge.judge({address(formatted("fcbb:bb00:{:x}:fe00::", 1 + 10 * kSide + 10))}, seen);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  EXPECT_EQ(path.verdict, VerifyVerdict::kAsIntended) << path.detail;
  EXPECT_EQ(path.hops[1].intended.size(), 2U);
  std::cout << "  10,000 nodes, a path of 21 hops: " << took.count() << " ms\n";
  EXPECT_LT(took, std::chrono::seconds(20));
}

TEST_F(JudgeTest, AnUndefinedAlgorithmIsNotGuessed) {
  PathJudge judge({.topology = network.build(), .sids = test::TiersNetwork::sid_map(), .edge = NodeName("r-pune")});
  EXPECT_EQ(judge.judge(kFlex128, {.hops = {kPune, arrived()}}).detail, "algorithm 128 is not defined here");
}

}  // namespace
}  // namespace pathwise::te
