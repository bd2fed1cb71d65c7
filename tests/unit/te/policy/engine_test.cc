// SPDX-License-Identifier: Apache-2.0
#include "te/policy/engine.h"

#include <gmock/gmock.h>

#include "../support/intents.h"
#include "base/clock.h"

namespace pathwise::te {
namespace {

using std::chrono::milliseconds;
using test::address;
using test::kBatch;
using test::kCloud;
using test::kPeer;
using test::kRealtime;
using test::prefix;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Ipv6Prefix kRealtimePrefix = prefix("fd00:2:a::/64");
const Ipv6Prefix kBatchPrefix = prefix("fd00:2:b::/64");
const Ipv6Address kLspCarrier = address("fcbb:bb00:3:4:fe00::");
const Ipv6Address kFlexSid = address("fcbb:bb80:4:fe00::");
const Ipv6Address kBestEffortSid = address("fcbb:bb00:4:fe00::");

class FakeNetwork final : public NetworkView {
 public:
  Result<TracedPath> shortest(Algorithm algorithm, const NodeName& from, const NodeName& to) override {
    if (unreachable.contains(algorithm)) return fail(ErrorCode::kNotFound, "no path in algorithm {}", algorithm);
    if (unknown.contains(algorithm)) return fail(ErrorCode::kUnavailable, "not defined");
    return TracedPath{.nodes = {from, NodeName("p1"), to}, .delay = Microseconds(1500)};
  }
  std::optional<TracedPath> trace(const NodeName& from, const std::vector<Ipv6Address>&) override {
    return TracedPath{.nodes = {from, NodeName("p3"), NodeName("r-sin")}};
  }
  std::set<Algorithm> unreachable, unknown;
};

class EngineTest : public testing::Test {
 protected:
  EngineTest() { EXPECT_TRUE(engine_.set_intent(test::intent())); }

  void alive(const TierName& tier, std::size_t index, bool is_alive = true) {
    inputs_.probes[{kPeer, tier, index}] = {.alive = is_alive,
                                            .reason = is_alive ? "" : "3 probes in a row without a reply"};
  }
  void lsp_up() {
    inputs_.lsps["singapore-realtime"] = {.segments = {kLspCarrier}, .computed_delay = Microseconds(9000)};
  }
  const PathState& step(milliseconds after = milliseconds(0), const TierName& tier = kRealtime) {
    clock_.advance(after);
    out_ = engine_.step(inputs_, {.steady = clock_.now(), .wall = clock_.wall_now()});
    return *out_.snapshot->find(kPeer, tier);
  }
  std::vector<Ipv6Address> route(const Ipv6Prefix& to) {
    const auto found = out_.fib.routes.find(to);
    return found == out_.fib.routes.end() ? std::vector<Ipv6Address>{} : found->second.path.segments;
  }

  ManualClock clock_;
  PolicyEngine engine_{{.hold_down = milliseconds(1000)}};
  EngineInputs inputs_;
  EngineOutput out_;
};

TEST_F(EngineTest, NothingIsUsedBeforeItIsMeasuredAlive) {
  const PathState& path = step();
  EXPECT_EQ(path.status, PathStatus::kDown);
  EXPECT_FALSE(path.active);
  EXPECT_THAT(route(kRealtimePrefix), IsEmpty());
  EXPECT_EQ(path.candidates[1].reason, "not measured yet");
  // but every valid candidate is probed over its own route, from its own pair of addresses
  EXPECT_THAT(route(prefix("fd00:2:a::201/128")), ElementsAre(kFlexSid));
  EXPECT_THAT(route(prefix("fd00:2:a::301/128")), ElementsAre(kBestEffortSid));
  EXPECT_EQ(out_.probes.at({kPeer, kRealtime, 1}).local, address("fd00:1:a::201"));
  EXPECT_FALSE(out_.probes.contains({kPeer, kRealtime, 0}));  // no LSP yet
}

TEST_F(EngineTest, TheFibHasOurAddressesAndTheAggregate) {
  step();
  EXPECT_EQ(out_.fib.unreachable, prefix("fd00::/16"));
  EXPECT_EQ(out_.fib.addresses.size(), 8u);
}

TEST_F(EngineTest, TheBestUsableCandidateCarriesTheTier) {
  alive(kRealtime, 1);
  alive(kRealtime, 2);
  const PathState& path = step();
  EXPECT_EQ(path.active, 1u);
  EXPECT_EQ(path.status, PathStatus::kDegraded);
  EXPECT_EQ(path.transitions, 1u);
  EXPECT_THAT(route(kRealtimePrefix), ElementsAre(kFlexSid));
  EXPECT_EQ(out_.fib.routes.at(kRealtimePrefix).source, address("fd00:1:a::1"));
  EXPECT_EQ(path.candidates[0].reason, "no path from a PCE yet");
}

TEST_F(EngineTest, AnAdoptedRouteStaysUntilACandidateIsAlive) {
  const Ipv6Address old_carrier = address("fcbb:bb00:9:4:fe00::");
  engine_.adopt({{kRealtimePrefix, {.segments = {old_carrier}, .gateway = {}}}});
  step();
  EXPECT_THAT(route(kRealtimePrefix), ElementsAre(old_carrier));
  EXPECT_FALSE(out_.settled);
  ASSERT_TRUE(out_.wake);
  EXPECT_LE(*out_.wake, clock_.now() + milliseconds(3000));
  alive(kRealtime, 1);
  EXPECT_EQ(step(milliseconds(300)).active, 1U);
  EXPECT_THAT(route(kRealtimePrefix), ElementsAre(kFlexSid));
  EXPECT_TRUE(out_.settled);
  // Adopted once: a path that dies later fails closed.
  alive(kRealtime, 1, false);
  step(milliseconds(100));
  EXPECT_THAT(route(kRealtimePrefix), IsEmpty());
}

TEST_F(EngineTest, AnAdoptedRouteThatNothingConfirmsGoes) {
  engine_.adopt({{kRealtimePrefix, {.segments = {kLspCarrier}, .gateway = {}}}});
  step();
  step(milliseconds(2900));
  EXPECT_THAT(route(kRealtimePrefix), ElementsAre(kLspCarrier));
  EXPECT_EQ(step(milliseconds(200)).status, PathStatus::kDown);
  EXPECT_THAT(route(kRealtimePrefix), IsEmpty());
  EXPECT_TRUE(out_.settled);
}

TEST_F(EngineTest, FallsBackAtOnceAndSaysWhy) {
  alive(kRealtime, 1);
  alive(kRealtime, 2);
  step();
  alive(kRealtime, 1, false);
  const PathState& path = step(milliseconds(10));
  EXPECT_EQ(path.active, 2u);
  EXPECT_THAT(route(kRealtimePrefix), ElementsAre(kBestEffortSid));
  EXPECT_EQ(path.reason, "flex-algo 128 failed: 3 probes in a row without a reply; on best-effort");
  EXPECT_EQ(path.since, clock_.wall_now());
  EXPECT_THAT(out_.transitions, ElementsAre(HasSubstr("singapore realtime: flex-algo 128 failed")));
}

TEST_F(EngineTest, ReturnsToABetterPathOnlyAfterTheHoldDown) {
  alive(kRealtime, 1);
  alive(kRealtime, 2);
  step();
  alive(kRealtime, 1, false);
  step();
  alive(kRealtime, 1);
  EXPECT_EQ(step(milliseconds(100)).active, 2u);
  EXPECT_EQ(out_.wake, clock_.now() + milliseconds(1000));
  EXPECT_EQ(step(milliseconds(999)).active, 2u);
  EXPECT_EQ(step(milliseconds(1)).active, 1u);
  EXPECT_THAT(out_.transitions, ElementsAre(HasSubstr("a better path than best-effort is usable; on flex-algo 128")));
}

TEST_F(EngineTest, AFlappingPathIsNotReturnedTo) {
  alive(kRealtime, 1);
  alive(kRealtime, 2);
  step();
  for (int i = 0; i < 10; ++i) {
    alive(kRealtime, 1, false);
    EXPECT_EQ(step(milliseconds(300)).active, 2u);
    alive(kRealtime, 1);
    EXPECT_EQ(step(milliseconds(300)).active, 2u);
  }
  EXPECT_EQ(step().transitions, 2u);
}

TEST_F(EngineTest, WithNothingAliveTheRouteGoesAndTheAggregateAnswers) {
  alive(kRealtime, 2);
  step();
  alive(kRealtime, 2, false);
  const PathState& path = step();
  EXPECT_EQ(path.status, PathStatus::kDown);
  EXPECT_FALSE(out_.fib.routes.contains(kRealtimePrefix));
  EXPECT_TRUE(out_.fib.routes.contains(prefix("fd00:2:a::301/128")));  // probing goes on
  EXPECT_THAT(path.reason, HasSubstr("no path is left"));
}

TEST_F(EngineTest, AStrictTierDropsInsteadOfFallingBack) {
  auto intent = test::intent();
  auto& peer = intent.peers[1];
  peer.candidates.push_back({.preference = 1, .probe_address = address("fd00:2:b::201"), .kind = BestEffortIntent{}});
  ASSERT_TRUE(engine_.set_intent(intent));
  alive(kBatch, 0);
  alive(kBatch, 1);
  EXPECT_EQ(step({}, kBatch).active, 0u);
  alive(kBatch, 0, false);
  EXPECT_EQ(step({}, kBatch).status, PathStatus::kDown);
  EXPECT_THAT(route(kBatchPrefix), IsEmpty());
}

TEST_F(EngineTest, AnLspIsPreferredWhenThePceGivesOneAndLeftWhenItIsWithdrawn) {
  alive(kRealtime, 1);
  step();
  lsp_up();
  step();
  EXPECT_THAT(route(prefix("fd00:2:a::101/128")), ElementsAre(kLspCarrier));
  EXPECT_THAT(route(kRealtimePrefix), ElementsAre(kFlexSid));  // not measured yet
  alive(kRealtime, 0);
  step();
  const PathState& path = step(milliseconds(1000));
  EXPECT_EQ(path.active, 0u);
  EXPECT_EQ(path.status, PathStatus::kUp);
  EXPECT_THAT(route(kRealtimePrefix), ElementsAre(kLspCarrier));
  EXPECT_EQ(path.candidates[0].computed_delay, Microseconds(9000));
  inputs_.lsps["singapore-realtime"] = {.reason = "withdrawn by the PCE"};
  EXPECT_EQ(step().active, 1u);
  EXPECT_THAT(out_.snapshot->find(kPeer, kRealtime)->reason, HasSubstr("pcep failed: withdrawn by the PCE"));
}

TEST_F(EngineTest, ANewSegmentListOfTheActivePathIsNoTransition) {
  lsp_up();
  alive(kRealtime, 0);
  const SystemTime first = step().candidates[0].installed;
  const auto transitions = step().transitions;
  inputs_.lsps["singapore-realtime"].segments = {kBestEffortSid};
  const PathState& path = step(milliseconds(50));
  EXPECT_THAT(route(kRealtimePrefix), ElementsAre(kBestEffortSid));
  EXPECT_EQ(path.transitions, transitions);
  EXPECT_EQ(path.candidates[0].installed, first + milliseconds(50));
}

TEST_F(EngineTest, AnUnreachableEndpointInvalidatesTheAlgorithm) {
  FakeNetwork network;
  network.unreachable.insert(Algorithm(128));
  inputs_.network = &network;
  alive(kRealtime, 1);
  alive(kRealtime, 2);
  const PathState& path = step();
  EXPECT_FALSE(path.candidates[1].valid);
  EXPECT_EQ(path.candidates[1].reason, "no path in algorithm 128");
  EXPECT_EQ(path.active, 2u);
  EXPECT_FALSE(out_.probes.contains({kPeer, kRealtime, 1}));
  EXPECT_THAT(path.candidates[2].nodes, ElementsAre(NodeName("r-pun"), NodeName("p1"), NodeName("r-sin")));
  EXPECT_EQ(path.candidates[2].computed_delay, Microseconds(1500));
}

TEST_F(EngineTest, AnAlgorithmThatTheTopologyCannotJudgeIsLeftToMeasurement) {
  FakeNetwork network;
  network.unknown.insert(Algorithm(128));
  inputs_.network = &network;
  alive(kRealtime, 1);
  const PathState& path = step();
  EXPECT_EQ(path.active, 1u);
  EXPECT_THAT(path.candidates[1].nodes, ElementsAre(NodeName("r-pun"), NodeName("r-sin")));
}

TEST_F(EngineTest, UnderlayGoesPlainlyToItsGateway) {
  alive(kCloud, 0);
  EXPECT_EQ(step({}, kCloud).status, PathStatus::kUp);
  const auto& route = out_.fib.routes.at(prefix("fd00:2:c::/64"));
  EXPECT_THAT(route.path.segments, IsEmpty());
  EXPECT_EQ(route.path.gateway, address("2001:db8:a::1"));
}

TEST_F(EngineTest, WithoutSrv6OnlyUnderlayIsValid) {
  auto intent = test::intent();
  intent.srv6.reset();
  ASSERT_TRUE(engine_.set_intent(intent));
  EXPECT_EQ(step().candidates[1].reason, "this site has no SRv6");
  EXPECT_TRUE(step({}, kCloud).candidates[0].valid);
}

TEST_F(EngineTest, ARouteThatTheKernelRefusesMakesItsCandidateUnusable) {
  alive(kRealtime, 1);
  alive(kRealtime, 2);
  inputs_.not_installed[prefix("fd00:2:a::201/128")] = "no route to fcbb:bb80:4:fe00::";
  const PathState& path = step();
  EXPECT_EQ(path.active, 2u);
  EXPECT_EQ(path.candidates[1].reason, "route not installed: no route to fcbb:bb80:4:fe00::");
}

TEST_F(EngineTest, ANewIntentKeepsTheStateOfPathsThatStay) {
  alive(kRealtime, 1);
  step();
  auto intent = test::intent();
  intent.revision = 8;
  intent.peers.erase(intent.peers.begin() + 1);
  ASSERT_TRUE(engine_.set_intent(intent));
  const PathState& path = step();
  EXPECT_EQ(path.active, 1u);
  EXPECT_EQ(path.transitions, 1u);
  EXPECT_EQ(out_.snapshot->intent_revision, 8u);
  EXPECT_EQ(out_.snapshot->paths.size(), 2u);
}

TEST_F(EngineTest, AChangedCandidateIsNotTakenForTheOldOne) {
  alive(kRealtime, 1);
  step();
  auto intent = test::intent();
  intent.peers[0].candidates[1].kind = FlexAlgoIntent{Algorithm(129)};
  ASSERT_TRUE(engine_.set_intent(intent));
  inputs_.probes.clear();
  EXPECT_FALSE(step().active);
}

TEST_F(EngineTest, ABadIntentLeavesTheOldOne) {
  auto intent = test::intent();
  intent.peers[0].candidates.clear();
  EXPECT_FALSE(engine_.set_intent(intent));
  EXPECT_EQ(engine_.intent()->peers[0].candidates.size(), 3u);
}

TEST_F(EngineTest, EveryTransitionIsKeptWithItsTimeAndReason) {
  alive(kRealtime, 1);
  alive(kRealtime, 2);
  step();
  const SystemTime first = clock_.wall_now();
  alive(kRealtime, 1, false);
  step(milliseconds(10));
  const auto history = engine_.history();
  const auto realtime = std::ranges::find(history, kRealtime, &PathHistory::tier);
  ASSERT_NE(realtime, history.end());
  EXPECT_EQ(realtime->transitions, 2u);
  EXPECT_THAT(realtime->recent,
              ElementsAre(PathTransition{first, "", "flex-algo 128", "a path is alive; on flex-algo 128"},
                          PathTransition{first + milliseconds(10), "flex-algo 128", "best-effort",
                                         "flex-algo 128 failed: 3 probes in a row without a reply; on best-effort"}));
}

TEST_F(EngineTest, HistoryOutlivesAnIntentThatKeepsThePolicyAndIsBounded) {
  alive(kRealtime, 1);
  for (std::size_t i = 0; i < kPathHistory; ++i) {
    alive(kRealtime, 1, i % 2 == 0);
    step(milliseconds(10));
  }
  auto intent = test::intent();
  intent.revision = 8;
  ASSERT_TRUE(engine_.set_intent(intent));
  alive(kRealtime, 1);
  step(milliseconds(10));
  const auto history = engine_.history();
  const auto realtime = std::ranges::find(history, kRealtime, &PathHistory::tier);
  ASSERT_EQ(realtime->recent.size(), kPathHistory);
  EXPECT_EQ(realtime->transitions, kPathHistory + 1);
  EXPECT_EQ(realtime->recent.front().to, "");  // the first one, "a path is alive", made room
  EXPECT_EQ(realtime->recent.back().at, clock_.wall_now());
}

TEST_F(EngineTest, AnIntentThatReplacesTheActivePathIsATransition) {
  alive(kRealtime, 1);
  step();
  auto intent = test::intent();
  intent.peers[0].candidates[1].kind = FlexAlgoIntent{Algorithm(129)};
  ASSERT_TRUE(engine_.set_intent(intent));
  inputs_.probes.clear();
  const PathState& path = step(milliseconds(10));
  EXPECT_EQ(path.reason, "a new intent replaced flex-algo 128; no path is left");
  EXPECT_EQ(path.since, clock_.wall_now());
  step(milliseconds(10));
  const auto history = engine_.history();
  const auto realtime = std::ranges::find(history, kRealtime, &PathHistory::tier);
  EXPECT_EQ(realtime->transitions, 2u);  // said once
  EXPECT_EQ(realtime->recent.back().from, "flex-algo 128");
  EXPECT_EQ(realtime->recent.back().to, "");
}

TEST_F(EngineTest, PreferenceCountsNotTheOrder) {
  auto intent = test::intent();
  intent.peers[0].candidates[2].preference = 200;
  ASSERT_TRUE(engine_.set_intent(intent));
  alive(kRealtime, 1);
  alive(kRealtime, 2);
  EXPECT_EQ(step().active, 2u);
  EXPECT_EQ(step().status, PathStatus::kUp);
}

}  // namespace
}  // namespace pathwise::te
