// SPDX-License-Identifier: Apache-2.0
#include "te/daemon/lsp_binding.h"

#include <gmock/gmock.h>

#include "intents.h"

namespace pathwise::te {
namespace {

using test::address;
using testing::ElementsAre;
using testing::HasSubstr;

SidMap sids() {
  const auto intent = test::intent();
  return *SidMap::create(intent.srv6->blocks, intent.srv6->udt6_function);
}

pcep::LspUpdate update(std::initializer_list<std::string_view> hops) {
  pcep::LspUpdate update{.name = "singapore-realtime"};
  for (const auto hop : hops) update.segments.push_back({.sid = address(hop)});
  return update;
}

TEST(LspsOf, OneForEachPcepCandidate) {
  const auto lsps = lsps_of(test::intent());
  ASSERT_EQ(lsps.size(), 1u);
  EXPECT_EQ(lsps[0], (pcep::LspIntent{.name = "singapore-realtime",
                                      .source = address("2001:db8::1"),
                                      .destination = address("2001:db8::4"),
                                      .color = Color(10),
                                      .optimise = pcep::Optimise::kDelay,
                                      .max_delay = Microseconds(30'000),
                                      .bandwidth = BitsPerSecond(200'000'000),
                                      .preference = 100}));
}

TEST(LspsOf, NoneWhereAnEndIsUnknown) {
  auto intent = test::intent();
  intent.peers[0].edge_address = {};
  EXPECT_TRUE(lsps_of(intent).empty());
}

TEST(SegmentsOf, PacksTheHopsAndEndsWithTheEndpointsUdt6) {
  const auto one = segments_of(update({"fcbb:bb00:3::", "fcbb:bb00:4::"}), sids(), NodeId(4));
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_THAT(*one, ElementsAre(address("fcbb:bb00:3:4:fe00::")));
  const auto two = segments_of(update({"fcbb:bb00:3::", "fcbb:bb80:4::"}), sids(), NodeId(4));
  ASSERT_TRUE(two) << two.error().message;
  EXPECT_THAT(*two, ElementsAre(address("fcbb:bb00:3::"), address("fcbb:bb80:4:fe00::")));
}

TEST(SegmentsOf, FollowsAdjacencies) {
  const auto pinned =
      segments_of(update({"fcbb:bb00:2:f003::", "fcbb:bb00:3:f004::", "fcbb:bb00:4::"}), sids(), NodeId(4));
  ASSERT_TRUE(pinned) << pinned.error().message;
  EXPECT_THAT(*pinned, ElementsAre(address("fcbb:bb00:2:f003:3:f004:4:fe00")));
  // Another PCE may end with the adjacency: the endpoint's id is added for the uDT6.
  const auto open = segments_of(update({"fcbb:bb00:2:f003::", "fcbb:bb00:3:f004::"}), sids(), NodeId(4));
  ASSERT_TRUE(open) << open.error().message;
  EXPECT_EQ(*open, *pinned);
}

TEST(SegmentsOf, RefusesWhatWouldNotArrive) {
  EXPECT_THAT(segments_of(update({"fcbb:bb00:3::"}), sids(), NodeId(4)).error().message, HasSubstr("ends at node 3"));
  EXPECT_THAT(segments_of(update({"2001:db8::9"}), sids(), NodeId(4)).error().message,
              HasSubstr("in any of the fabric's blocks"));
  EXPECT_FALSE(segments_of(update({}), sids(), NodeId(4)));
  auto without_sid = update({});
  without_sid.segments.emplace_back();
  EXPECT_THAT(segments_of(without_sid, sids(), NodeId(4)).error().message, HasSubstr("no SID"));
}

}  // namespace
}  // namespace pathwise::te
