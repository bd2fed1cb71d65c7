// SPDX-License-Identifier: Apache-2.0
#include "te_show.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/string_util.h"
#include "tiers_network.h"

namespace pathwise::cli {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

const SystemTime kNow{seconds(1'700'000'000)};

Ipv6Address address(std::string_view text) {
  return *Ipv6Address::parse(text);
}

// Singapore's realtime: the LSP is gone, Flex-Algo 128 carries it, best effort is alive too.
Explanation explanation() {
  te::CandidatePathState lsp{.preference = 400, .origin = te::PathOrigin::kPcep, .reason = "withdrawn by the PCE"};
  te::CandidatePathState flex{.preference = 390,
                              .origin = te::PathOrigin::kFlexAlgo,
                              .algorithm = Algorithm(128),
                              .valid = true,
                              .alive = true,
                              .segments = {address("fcbb:bb80:4:fe00::")},
                              .nodes = {NodeName("r-pune"), NodeName("pa1"), NodeName("pa2"), NodeName("r-sin")},
                              .measured = {.rtt_min = Microseconds(23000),
                                           .rtt_p50 = Microseconds(23400),
                                           .rtt_p99 = Microseconds(24000),
                                           .loss = 0.015,
                                           .sent = 600,
                                           .received = 591},
                              .computed_delay = Microseconds(11500),
                              .installed = kNow - seconds(192)};
  te::CandidatePathState rest = flex;
  rest.preference = 380;
  rest.origin = te::PathOrigin::kBestEffort;
  rest.algorithm = Algorithm(0);
  rest.segments = {address("fcbb:bb00:4:fe00::")};
  rest.nodes.clear();
  rest.computed_delay.reset();
  rest.reserved_bandwidth = BitsPerSecond(20'000'000);
  return {.path = {.site = SiteName("singapore"),
                   .tier = TierName("realtime"),
                   .color = Color(10),
                   .status = te::PathStatus::kDegraded,
                   .active = 1,
                   .candidates = {lsp, flex, rest},
                   .since = kNow - seconds(192),
                   .reason = "pcep failed: withdrawn by the PCE; on flex-algo 128",
                   .transitions = 2},
          .sids = te::SidNames{.blocks = te::test::TiersNetwork::sid_map().blocks(),
                               .udt6_function = 0xFE00,
                               .ua_function = 0xF000,
                               .nodes = {{NodeId(4), NodeName("r-sin")}}},
          .history = {.transitions = 2,
                      .recent = {{kNow - seconds(500), "", "pcep", "a path is alive; on pcep"},
                                 {kNow - seconds(192), "pcep", "flex-algo 128",
                                  "pcep failed: withdrawn by the PCE; on flex-algo 128"}}},
          .topology_state = "live",
          .now = kNow};
}

TEST(TeExplain, SaysWhyThisPathAndHowItIsMade) {
  EXPECT_EQ(render_explanation(explanation()),
            R"(singapore realtime: degraded on flex-algo 128 since 2023-11-14T22:10:08.000Z (3m12s)
last transition: pcep failed: withdrawn by the PCE; on flex-algo 128
  pcep (400) is not valid: withdrawn by the PCE
  flex-algo 128 (390) is active: the best that is valid and alive

PREFERENCE  PATH           STATE      COMPUTED  MEASURED  DIFFERENCE  LOSS  RESERVED  SINCE  REASON
400         pcep           not valid  -         -         -           -     -         -      withdrawn by the PCE
390         flex-algo 128  active     11.5ms    11.7ms    +200us      1.5%  -         3m12s  -
380         best-effort    alive      -         11.7ms    -           1.5%  20Mbps    3m12s  -
COMPUTED: one way between the edge routers, the sum of the links' delays. MEASURED: half of the median round trip
of probes from host to host; with the links to the hosts, and with what the way back takes longer or shorter.

flex-algo 128: r-pune > pa1 > pa2 > r-sin
  fcbb:bb80:4:fe00::  algorithm 128: uDT6 r-sin
best-effort: nodes not known
  fcbb:bb00:4:fe00::  algorithm 0: uDT6 r-sin

transitions: 2 since te started
TIME                      FROM  TO             REASON
2023-11-14T22:05:00.000Z  -     pcep           a path is alive; on pcep
2023-11-14T22:10:08.000Z  pcep  flex-algo 128  pcep failed: withdrawn by the PCE; on flex-algo 128
)");
}

TEST(TeExplain, ReasonsOfEveryCandidateThatIsBetterThanTheActiveOne) {
  auto path = explanation().path;
  path.candidates[0].valid = true;
  EXPECT_EQ(why_active(path)[0], "pcep (400) is not alive: withdrawn by the PCE");
  path.candidates[0].alive = true;
  EXPECT_EQ(why_active(path)[0], "pcep (400) is usable and must stay so for the hold-down before it is taken");
  path.active = 0;
  EXPECT_THAT(why_active(path), ElementsAre("pcep (400) is active: valid, alive, and nothing is preferred to it"));
  path.candidates[0].valid = false;
  path.candidates[1].alive = false;
  path.candidates[1].reason = "3 probes in a row without a reply";
  path.active.reset();
  EXPECT_THAT(why_active(path), ElementsAre("pcep (400) is not valid: withdrawn by the PCE",
                                            "flex-algo 128 (390) is not alive: 3 probes in a row without a reply",
                                            "best-effort (380) is usable, but the tier is strict",
                                            "nothing is active: the tier's packets are dropped, not sent another way"));
}

TEST(TeExplain, AStaleTopologyAndForgottenTransitionsAreSaid) {
  auto it = explanation();
  it.topology_state = "stale";
  it.history.transitions = 99;
  const std::string text = render_explanation(it);
  EXPECT_THAT(text, HasSubstr("The topology is stale: computed delays and node names may be old or missing.\n"));
  EXPECT_THAT(text, HasSubstr("transitions: 99 since te started, the last 2\n"));
  it.history = {};
  EXPECT_THAT(render_explanation(it), HasSubstr("\nno transition since te started\n"));
}

TEST(TeExplain, AsJson) {
  const auto document = explanation_json(explanation());
  EXPECT_EQ(document["active"], 1);
  EXPECT_EQ(document["candidates"][1]["computed_one_way_us"], 11500);
  EXPECT_EQ(document["candidates"][1]["measured_half_rtt_us"], 11700);
  EXPECT_EQ(document["candidates"][1]["difference_us"], 200);
  EXPECT_EQ(document["candidates"][1]["segments"][0]["meaning"][0], "uDT6 r-sin");
  EXPECT_FALSE(document["candidates"][0].contains("measured_half_rtt_us"));
  EXPECT_EQ(document["history"][1]["to"], "flex-algo 128");
  EXPECT_EQ(document["history"][1]["at"], "2023-11-14T22:10:08.000Z");
}

te::JudgedHop hop(const char* intended, const char* node, const char* at, te::HopAnswer answer, int rtt) {
  te::JudgedHop hop{.seen = {.answer = answer, .rtt = Microseconds(rtt)}};
  if (*at != '\0') hop.seen.responder = address(at);
  if (*intended != '\0') hop.intended = {NodeName(intended)};
  if (*node != '\0') hop.node = NodeName(node);
  return hop;
}

std::vector<te::VerifiedPath> verified() {
  using te::HopAnswer;
  te::VerifiedPath good{.site = SiteName("singapore"),
                        .tier = TierName("realtime"),
                        .candidate = 1,
                        .name = "flex-algo 128",
                        .active = true,
                        .segments = {address("fcbb:bb80:4:fe00::")}};
  good.judged = {
      .hops = {hop("r-pune", "r-pune", "fd00:2:2::1", HopAnswer::kExpired, 240),
               hop("pa1", "", "", HopAnswer::kNone, 0), hop("pa2", "pa2", "fd00:0:1:3::12", HopAnswer::kExpired, 19100),
               hop("r-sin", "", "fd00:1:4a::201", HopAnswer::kArrived, 23100)},
      .verdict = te::VerifyVerdict::kAsIntended,
      .detail = "1 silent"};
  te::VerifiedPath bad = good;
  bad.active = false;
  bad.judged.hops[1] = hop("pa1", "pb1", "fd00:0:1:6::13", HopAnswer::kExpired, 8100);
  bad.judged.hops[1].deviates = true;
  bad.judged.verdict = te::VerifyVerdict::kDeviates;
  bad.judged.detail = "at hop 2: pb1 instead of pa1";
  te::VerifiedPath absent{.site = SiteName("singapore"), .tier = TierName("realtime"), .name = "pcep"};
  absent.judged.detail = "no path from a PCE yet";
  return {good, bad, absent};
}

TEST(TeVerify, ShowsObservedBesideIntended) {
  EXPECT_EQ(render_verified(verified()),
            R"(singapore realtime over flex-algo 128 (active): as intended, 1 silent
  HOP  INTENDED  OBSERVED  ADDRESS         RTT
  1    r-pune    r-pune    fd00:2:2::1     240us
  2    pa1       *
  3    pa2       pa2       fd00:0:1:3::12  19.1ms
  4    r-sin     far end   fd00:1:4a::201  23.1ms

singapore realtime over flex-algo 128: deviates, at hop 2: pb1 instead of pa1
  HOP  INTENDED  OBSERVED  ADDRESS         RTT
  1    r-pune    r-pune    fd00:2:2::1     240us
  2    pa1       pb1       fd00:0:1:6::13  8.1ms   deviates
  3    pa2       pa2       fd00:0:1:3::12  19.1ms
  4    r-sin     far end   fd00:1:4a::201  23.1ms

singapore realtime over pcep: not probed, no path from a PCE yet

RTT: the far end's answer comes back on its own path of this kind; those of the hops before by the IGP.
)");
}

TEST(TeVerify, ManyEqualWaysAreCutShort) {
  auto paths = verified();
  paths.resize(1);
  paths[0].judged.hops[1].intended = {NodeName("a"), NodeName("b"), NodeName("c"), NodeName("d"), NodeName("e")};
  EXPECT_THAT(render_verified(paths), HasSubstr("a or b or c or 2 more"));
}

TEST(TeVerify, WrongIsWhatDeviatesOrDoesNotArrive) {
  auto paths = verified();
  EXPECT_TRUE(any_wrong(paths));
  paths.erase(paths.begin() + 1);
  EXPECT_FALSE(any_wrong(paths));
  paths[0].judged.verdict = te::VerifyVerdict::kIncomplete;
  EXPECT_TRUE(any_wrong(paths));
}

TEST(TeVerify, AsJson) {
  const auto document = verified_json(verified());
  EXPECT_EQ(document["paths"][0]["verdict"], "as intended");
  EXPECT_EQ(document["paths"][0]["hops"][3]["answer"], "arrived");
  EXPECT_TRUE(document["paths"][0]["hops"][1]["node"].is_null());
  EXPECT_EQ(document["paths"][1]["hops"][1]["node"], "pb1");
  EXPECT_EQ(document["paths"][1]["hops"][1]["deviates"], true);
}

}  // namespace
}  // namespace pathwise::cli
