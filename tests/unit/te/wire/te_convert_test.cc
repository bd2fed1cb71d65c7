// SPDX-License-Identifier: Apache-2.0
#include "te_convert.h"

#include <gmock/gmock.h>

#include "../support/intents.h"

namespace pathwise::te {
namespace {

using testing::HasSubstr;

TEST(TeIntentMessage, RoundTrips) {
  auto intent = test::intent();
  intent.srv6->flex_algos[0].exclude_any.set(200);
  intent.srv6->flex_algos[0].exclude_srlg = {4, 4'000'000'000};
  intent.srv6->flex_algos[0].priority = 0;  // not the same as absent
  std::get<PcepIntent>(intent.peers[0].candidates[0].kind).exclude_any = 5;
  const auto back = decode(encode(intent));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, intent);
}

TEST(TeIntentMessage, RoundTripsWithoutSrv6) {
  auto intent = test::intent();
  intent.srv6.reset();
  intent.tier_aggregate.reset();
  intent.peers.resize(1);
  intent.peers[0].candidates = {{.preference = 1, .kind = UnderlayIntent{}}};
  const auto back = decode(encode(intent));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, intent);
}

TEST(TeIntentMessage, AnExplicitPathRoundTrips) {
  auto intent = test::intent();
  intent.srv6->path_mtu = 1600;
  intent.peers[0].candidates[0].kind =
      ExplicitIntent{.lists = {{{test::address("fcbb:bb00:2:4::"), test::address("fcbb:bb80:4::")}, 200},
                               {{test::address("fcbb:bb00:4::")}, 1}},
                     .probes = {{test::address("fd00:1:a::1:101"), test::address("fd00:2:a::1:101")}}};
  const auto back = decode(encode(intent));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, intent);
  auto message = encode(intent);
  message.mutable_peers(0)->mutable_candidates(0)->mutable_explicit_()->mutable_lists(0)->set_weight(256);
  EXPECT_THAT(decode(message).error().message, HasSubstr("256 is more than 255"));
}

TEST(TeIntentMessage, RefusesWhatDoesNotParseAndSaysWhere) {
  auto message = encode(test::intent());
  message.mutable_peers(0)->set_prefix("fd00::1/64");
  EXPECT_THAT(decode(message).error().message, HasSubstr("intent: peer singapore realtime"));
  message = encode(test::intent());
  message.mutable_srv6()->mutable_blocks(0)->set_algorithm(300);
  EXPECT_THAT(decode(message).error().message, HasSubstr("300 is more than 255"));
  message = encode(test::intent());
  message.mutable_peers(0)->mutable_candidates(0)->mutable_pcep()->set_optimise("speed");
  EXPECT_THAT(decode(message).error().message, HasSubstr("'speed' is none of"));
  message = encode(test::intent());
  message.mutable_peers(0)->mutable_candidates(1)->clear_kind();
  EXPECT_THAT(decode(message).error().message, HasSubstr("of no kind"));
}

PathSnapshot snapshot() {
  const SystemTime time{std::chrono::seconds(1'700'000'000)};
  CandidatePathState candidate{.preference = 90,
                               .origin = PathOrigin::kFlexAlgo,
                               .algorithm = Algorithm(128),
                               .valid = true,
                               .alive = true,
                               .segments = {test::address("fcbb:bb80:4:fe00::")},
                               .nodes = {NodeName("r-pun"), NodeName("r-sin")},
                               .lists = {{.segments = {test::address("fcbb:bb80:4:fe00::")},
                                          .weight = 3,
                                          .alive = true,
                                          .used = true,
                                          .reason = {},
                                          .nodes = {NodeName("r-pun")},
                                          .measured = {}},
                                         {.segments = {test::address("fcbb:bb00:4:fe00::")},
                                          .weight = 1,
                                          .alive = false,
                                          .used = false,
                                          .reason = "dead",
                                          .nodes = {},
                                          .measured = {.rtt_min = Microseconds(5), .received = 1}}},
                               .measured = {.rtt_min = Microseconds(1),
                                            .rtt_p50 = Microseconds(2),
                                            .rtt_p99 = Microseconds(3),
                                            .jitter = Microseconds(4),
                                            .loss = 0.25,
                                            .sent = 8,
                                            .received = 6,
                                            .last = time,
                                            .returned_by = ReturnedBy::kActivePath,
                                            .one_way = OneWayDelay{.forward_min = Microseconds(11),
                                                                   .forward_p50 = Microseconds(12),
                                                                   .backward_min = Microseconds(13),
                                                                   .backward_p50 = Microseconds(14),
                                                                   .error = Microseconds(15)}},
                               .computed_delay = Microseconds(1500),
                               .reserved_bandwidth = BitsPerSecond(1000),
                               .installed = time};
  PathState up{.site = SiteName("singapore"),
               .tier = TierName("realtime"),
               .color = Color(10),
               .status = PathStatus::kUp,
               .active = 0,
               .candidates = {candidate},
               .since = time,
               .reason = "a path is alive",
               .transitions = 3};
  PathState down{.site = SiteName("dubai"), .tier = TierName("batch"), .color = Color(30), .since = time};
  down.candidates.push_back({.origin = PathOrigin::kPcep, .reason = "no path from a PCE yet"});
  return {.version = 5,
          .intent_revision = 7,
          .paths = {down, up},
          .pcep_sessions = {{.address = "[fd00:9::1]:4189", .state = "connecting", .since = time, .reason = "refused"}},
          .topology_state = "live",
          .topology_version = 12};
}

TEST(PathSnapshotMessage, RoundTrips) {
  const auto back = decode(encode(snapshot()));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->paths, snapshot().paths);
  EXPECT_EQ(back->pcep_sessions, snapshot().pcep_sessions);
  EXPECT_EQ(back->version, 5u);
  EXPECT_EQ(back->topology_version, 12u);
  EXPECT_NE(back->find(SiteName("singapore"), TierName("realtime")), nullptr);
}

TEST(PathSnapshotMessage, RefusesAnActiveCandidateThatIsNotThere) {
  auto message = encode(snapshot());
  message.mutable_paths(1)->set_active(4);
  EXPECT_FALSE(decode(message));
}

}  // namespace
}  // namespace pathwise::te
