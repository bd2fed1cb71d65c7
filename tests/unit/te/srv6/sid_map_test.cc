// SPDX-License-Identifier: Apache-2.0
#include "te/srv6/sid_map.h"

#include <gmock/gmock.h>

namespace pathwise::te {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Algorithm kFast{128};

Ipv6Address address(const char* text) {
  return *Ipv6Address::parse(text);
}
Ipv6Prefix prefix(const char* text) {
  return *Ipv6Prefix::parse(text);
}

SidMap map() {
  return *SidMap::create({{kAlgorithmSpf, prefix("fcbb:bb00::/32")}, {kFast, prefix("fcbb:bb80::/32")}}, 0xfe00);
}

std::vector<Segment> hops(Algorithm algorithm, std::initializer_list<int> ids) {
  std::vector<Segment> list;
  for (const int id : ids) list.push_back({algorithm, NodeId(static_cast<std::uint16_t>(id))});
  return list;
}

std::vector<std::string> text(const Result<std::vector<Ipv6Address>>& carriers) {
  if (!carriers) return {carriers.error().message};
  std::vector<std::string> list;
  for (const auto& carrier : *carriers) list.push_back(carrier.to_string());
  return list;
}

TEST(SidMap, GivesLocatorsAndSids) {
  EXPECT_EQ(map().locator(kFast, NodeId(4)), prefix("fcbb:bb80:4::/48"));
  EXPECT_EQ(map().node_sid(kAlgorithmSpf, NodeId(0xdfff)), address("fcbb:bb00:dfff::"));
  EXPECT_EQ(map().udt6_sid(kFast, NodeId(4)), address("fcbb:bb80:4:fe00::"));
  EXPECT_EQ(map().node_sid(Algorithm(129), NodeId(4)), std::nullopt);  // no block
  EXPECT_EQ(map().node_sid(kFast, NodeId(0)), std::nullopt);           // 0 ends a carrier
  EXPECT_EQ(map().node_sid(kFast, NodeId(0xe000)), std::nullopt);      // a function, not a node
}

TEST(SidMap, DecodesCarriers) {
  EXPECT_EQ(map().algorithm_of(address("fcbb:bb80:4::")), kFast);
  EXPECT_EQ(map().algorithm_of(address("fd00::1")), std::nullopt);
  EXPECT_THAT(map().segments_of(address("fcbb:bb80:1:2:3:fe00::")), ElementsAreArray(hops(kFast, {1, 2, 3})));
  EXPECT_THAT(map().segments_of(address("fcbb:bb80:1:2:3:4:5:6")), ElementsAreArray(hops(kFast, {1, 2, 3, 4, 5, 6})));
  EXPECT_THAT(map().segments_of(address("fd00::1")), IsEmpty());
}

TEST(SidMap, RefusesBlocksThatCannotWork) {
  EXPECT_THAT(SidMap::create({}, 0x1000).error().message, HasSubstr("must be e000..ffff"));
  EXPECT_THAT(SidMap::create({{kFast, prefix("fcbb:bb00::/48")}}, 0xfe00).error().message, HasSubstr("must be a /32"));
  EXPECT_THAT(SidMap::create({{Algorithm(7), prefix("fcbb:bb00::/32")}}, 0xfe00).error().message,
              HasSubstr("neither 0 nor 128..255"));
  EXPECT_THAT(SidMap::create({{kAlgorithmSpf, prefix("fcbb:bb00::/32")}, {kFast, prefix("fcbb:bb00::/32")}}, 0xfe00)
                  .error()
                  .message,
              HasSubstr("algorithms 0 and 128 share it"));
}

TEST(SidMap, KnowsWhoseLocatorItIs) {
  EXPECT_EQ(map().node_of(prefix("fcbb:bb80:4::/48")), NodeId(4));
  EXPECT_EQ(map().node_of(prefix("fcbb:bb80:4:fe00::/64")), std::nullopt);
  EXPECT_EQ(map().node_of(prefix("fcbb:bb99:4::/48")), std::nullopt);
  EXPECT_EQ(map().node_of(prefix("fcbb:bb80::/48")), std::nullopt);
}

TEST(SidMap, EveryNeighbourHasItsFunction) {
  EXPECT_EQ(map().adjacency_sid(NodeId(2), NodeId(0x11)), address("fcbb:bb00:2:f011::"));
  EXPECT_EQ(map().adjacency_sid(NodeId(2), NodeId(0xdff)), address("fcbb:bb00:2:fdff::"));
  EXPECT_EQ(map().adjacency_sid(NodeId(2), NodeId(0xe00)), std::nullopt);  // would be the uDT6's
  EXPECT_EQ(map().adjacency_sid(NodeId(2), NodeId(0)), std::nullopt);
  const auto low = *SidMap::create({{kAlgorithmSpf, prefix("fcbb:bb00::/32")}}, 0xe000, 0xffff);
  EXPECT_EQ(low.adjacency_sid(NodeId(2), NodeId(1)), std::nullopt);  // 0x10000
  EXPECT_THAT(SidMap::create({}, 0xfe00, 0x1000).error().message, HasSubstr("uA function 1000"));
}

TEST(SidMap, DecodesAdjacencies) {
  const NodeId two(2);
  const NodeId last(0x11);
  EXPECT_THAT(map().segments_of(address("fcbb:bb00:2:f011:11:fe00::")),
              ElementsAre(Segment{kAlgorithmSpf, two, last}, Segment{kAlgorithmSpf, last}));
  // A second function has no node, and Flex-Algos have no uA: the list ends there.
  EXPECT_THAT(map().segments_of(address("fcbb:bb00:2:f011:f012:4::")), ElementsAre(Segment{kAlgorithmSpf, two, last}));
  EXPECT_THAT(map().segments_of(address("fcbb:bb80:2:f011:11::")), ElementsAre(Segment{kFast, two}));
  EXPECT_THAT(map().segments_of(address("fcbb:bb00:f011:2::")), IsEmpty());
}

TEST(PackCarriers, AnAdjacencyTakesTwoIdsOfOneCarrier) {
  const auto pinned = [](std::initializer_list<int> ids) {
    std::vector<Segment> list = hops(kAlgorithmSpf, ids);
    for (std::size_t i = 0; i + 1 < list.size(); ++i) list[i].neighbour = list[i + 1].node;
    return list;
  };
  EXPECT_THAT(text(pack_carriers(map(), pinned({2, 0x11, 4}), true)), ElementsAre("fcbb:bb00:2:f011:11:f004:4:fe00"));
  EXPECT_THAT(text(pack_carriers(map(), pinned({2, 0x11, 0x12, 4}), true)),
              ElementsAre("fcbb:bb00:2:f011:11:f012:12:f004", "fcbb:bb00:4:fe00::"));
  std::vector<Segment> open = hops(kAlgorithmSpf, {2});
  open.front().neighbour = NodeId(4);
  EXPECT_THAT(text(pack_carriers(map(), open, false)), ElementsAre("fcbb:bb00:2:f004::"));
  EXPECT_THAT(pack_carriers(map(), open, true).error().message, HasSubstr("ends with a uA"));
  open.front().algorithm = kFast;
  EXPECT_FALSE(pack_carriers(map(), open, false));
}

TEST(PackCarriers, OneCarrierEndsWithUdt6) {
  EXPECT_THAT(text(pack_carriers(map(), hops(kFast, {2, 4}), true)), ElementsAre("fcbb:bb80:2:4:fe00::"));
  EXPECT_THAT(text(pack_carriers(map(), hops(kFast, {2, 4}), false)), ElementsAre("fcbb:bb80:2:4::"));
}

TEST(PackCarriers, SixIdsFitWithoutUdt6AndFiveWithIt) {
  EXPECT_THAT(text(pack_carriers(map(), hops(kFast, {1, 2, 3, 4, 5, 6}), false)), ElementsAre("fcbb:bb80:1:2:3:4:5:6"));
  EXPECT_THAT(text(pack_carriers(map(), hops(kFast, {1, 2, 3, 4, 5}), true)), ElementsAre("fcbb:bb80:1:2:3:4:5:fe00"));
  // The function must follow its own node's id, so both move to the next carrier.
  EXPECT_THAT(text(pack_carriers(map(), hops(kFast, {1, 2, 3, 4, 5, 6}), true)),
              ElementsAre("fcbb:bb80:1:2:3:4:5:0", "fcbb:bb80:6:fe00::"));
  EXPECT_THAT(text(pack_carriers(map(), hops(kFast, {1, 2, 3, 4, 5, 6, 7}), false)),
              ElementsAre("fcbb:bb80:1:2:3:4:5:6", "fcbb:bb80:7::"));
}

TEST(PackCarriers, AnotherBlockStartsAnotherCarrier) {
  std::vector<Segment> list = hops(kAlgorithmSpf, {3, 5});
  list.push_back({kFast, NodeId(6)});
  list.push_back({kAlgorithmSpf, NodeId(4)});
  EXPECT_THAT(text(pack_carriers(map(), list, true)),
              ElementsAre("fcbb:bb00:3:5::", "fcbb:bb80:6::", "fcbb:bb00:4:fe00::"));
}

TEST(PackCarriers, RefusesWhatHasNoSid) {
  EXPECT_THAT(pack_carriers(map(), {}, true).error().message, HasSubstr("no hops"));
  EXPECT_THAT(pack_carriers(map(), hops(Algorithm(130), {1}), true).error().message, HasSubstr("algorithm 130"));
  EXPECT_FALSE(pack_carriers(map(), hops(kFast, {0}), true));
}

TEST(PackCarriers, NodesComeBackInOrderForAnyLength) {
  for (int length = 1; length <= 20; ++length) {
    std::vector<Segment> list;
    for (int i = 1; i <= length; ++i) {
      list.push_back({i % 5 == 0 ? kAlgorithmSpf : kFast, NodeId(static_cast<std::uint16_t>(i * 7))});
    }
    const auto carriers = pack_carriers(map(), list, true);
    ASSERT_TRUE(carriers);
    std::vector<Segment> back;
    for (const auto& carrier : *carriers) {
      for (const Segment& segment : map().segments_of(carrier)) back.push_back(segment);
    }
    EXPECT_EQ(back, list) << "length " << length;
  }
}

}  // namespace
}  // namespace pathwise::te
