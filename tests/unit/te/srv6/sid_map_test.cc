// SPDX-License-Identifier: Apache-2.0
#include "te/srv6/sid_map.h"

#include <gmock/gmock.h>

namespace pathwise::te {
namespace {

using testing::ElementsAre;
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

std::vector<NodeSegment> hops(Algorithm algorithm, std::initializer_list<int> ids) {
  std::vector<NodeSegment> list;
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
  EXPECT_THAT(map().nodes_of(address("fcbb:bb80:1:2:3:fe00::")), ElementsAre(NodeId(1), NodeId(2), NodeId(3)));
  EXPECT_THAT(map().nodes_of(address("fcbb:bb80:1:2:3:4:5:6")),
              ElementsAre(NodeId(1), NodeId(2), NodeId(3), NodeId(4), NodeId(5), NodeId(6)));
  EXPECT_THAT(map().nodes_of(address("fd00::1")), IsEmpty());
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
  std::vector<NodeSegment> list = hops(kAlgorithmSpf, {3, 5});
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
    std::vector<NodeSegment> list;
    for (int i = 1; i <= length; ++i) {
      list.push_back({i % 5 == 0 ? kAlgorithmSpf : kFast, NodeId(static_cast<std::uint16_t>(i * 7))});
    }
    const auto carriers = pack_carriers(map(), list, true);
    ASSERT_TRUE(carriers);
    std::vector<NodeSegment> back;
    for (const auto& carrier : *carriers) {
      for (const NodeId id : map().nodes_of(carrier)) back.push_back({*map().algorithm_of(carrier), id});
    }
    EXPECT_EQ(back, list) << "length " << length;
  }
}

}  // namespace
}  // namespace pathwise::te
