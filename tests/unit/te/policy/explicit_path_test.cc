// SPDX-License-Identifier: Apache-2.0
// Explicit paths: several segment lists, each alive or dead by itself.
#include <gmock/gmock.h>

#include "../support/intents.h"
#include "base/clock.h"
#include "te/policy/engine.h"

namespace pathwise::te {
namespace {

using std::chrono::milliseconds;
using test::address;
using test::kPeer;
using test::kRealtime;
using test::prefix;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Ipv6Prefix kTierPrefix = prefix("fd00:2:a::/64");
const Ipv6Address kOver2 = address("fcbb:bb00:2:4:fe00::");
const Ipv6Address kOver3 = address("fcbb:bb00:3:4:fe00::");
const Ipv6Address kShortest = address("fcbb:bb00:4:fe00::");

// Two lists to singapore, over node 2 (weight 3) and node 3 (weight 1), and best effort behind them.
TeIntent two_lists() {
  TeIntent intent = test::intent();
  ExplicitIntent path;
  path.lists = {{{address("fcbb:bb00:2::"), address("fcbb:bb00:4::")}, 3},
                {{address("fcbb:bb00:3::"), address("fcbb:bb00:4::")}, 1}};
  path.probes = {{address("fd00:1:a::1:101"), address("fd00:2:a::1:101")}};
  PeerTierIntent& peer = intent.peers[0];
  peer.candidates.resize(2);
  peer.candidates[0].kind = path;
  peer.candidates[1].kind = BestEffortIntent{};
  intent.own_tiers[0].probe_addresses = {address("fd00:1:a::101"), address("fd00:1:a::201"),
                                         address("fd00:1:a::1:101")};
  intent.srv6->path_mtu = 1600;
  return intent;
}

ExplicitIntent& explicit_path(TeIntent& intent) {
  return std::get<ExplicitIntent>(intent.peers[0].candidates[0].kind);
}

class ExplicitPathTest : public testing::Test {
 protected:
  void use(const TeIntent& intent) {
    const auto taken = engine_.set_intent(intent);
    ASSERT_TRUE(taken) << taken.error().message;
  }
  void list_alive(std::size_t list, bool alive = true, std::int64_t rtt_us = 1000) {
    ProbeState state{.alive = alive, .measured = {}, .reason = alive ? "" : "3 probes in a row without a reply"};
    state.measured.rtt_p50 = Microseconds(rtt_us);
    state.measured.received = 1;
    inputs_.probes[{kPeer, kRealtime, 0, list}] = state;
  }
  const PathState& step(milliseconds after = milliseconds(0)) {
    clock_.advance(after);
    out_ = engine_.step(inputs_, {.steady = clock_.now(), .wall = clock_.wall_now()});
    return *out_.snapshot->find(kPeer, kRealtime);
  }
  [[nodiscard]] std::vector<WeightedSegments> traffic() const {
    const auto found = out_.fib.routes.find(kTierPrefix);
    return found == out_.fib.routes.end() ? std::vector<WeightedSegments>{} : found->second.path.lists;
  }
  [[nodiscard]] std::vector<Ipv6Address> probe_route(const char* to) const {
    return out_.fib.routes.at({address(to), 128}).path.lists.at(0).segments;
  }

  ManualClock clock_;
  PolicyEngine engine_{{.hold_down = milliseconds(1000)}};
  EngineInputs inputs_;
  EngineOutput out_;
};

TEST_F(ExplicitPathTest, EachListIsProbedByAPairOfItsOwn) {
  use(two_lists());
  step();
  EXPECT_THAT(probe_route("fd00:2:a::101"), ElementsAre(kOver2));
  EXPECT_THAT(probe_route("fd00:2:a::1:101"), ElementsAre(kOver3));
  EXPECT_EQ(out_.probes.at({kPeer, kRealtime, 0, 1}).local, address("fd00:1:a::1:101"));
  EXPECT_EQ(out_.probes.at({kPeer, kRealtime, 0, 1}).remote, address("fd00:2:a::1:101"));
  EXPECT_THAT(traffic(), IsEmpty()) << "nothing is known to be alive";
}

TEST_F(ExplicitPathTest, TrafficIsSpreadByWeightOverWhatIsAlive) {
  use(two_lists());
  list_alive(0, true, 4000);
  list_alive(1, true, 9000);
  const PathState& path = step();
  EXPECT_EQ(path.active, 0U);
  EXPECT_EQ(path.candidates[0].origin, PathOrigin::kExplicit);
  EXPECT_THAT(traffic(), ElementsAre(WeightedSegments{{kOver2}, 3}, WeightedSegments{{kOver3}, 1}));
  EXPECT_THAT(path.candidates[0].segments, ElementsAre(kOver2));
  EXPECT_EQ(path.candidates[0].measured.rtt_p50, Microseconds(9000)) << "a request may take the slower one";
  EXPECT_EQ(out_.fib.routes.at(kTierPrefix).mtu, 1600U);
}

TEST_F(ExplicitPathTest, ADeadListCarriesNothingAndComesBackAfterTheHoldDown) {
  use(two_lists());
  list_alive(0);
  list_alive(1);
  step();
  list_alive(0, false);
  EXPECT_EQ(step(milliseconds(100)).active, 0U);
  EXPECT_THAT(traffic(), ElementsAre(WeightedSegments{{kOver3}, 1}));
  list_alive(0);
  step(milliseconds(100));
  EXPECT_THAT(traffic(), ElementsAre(WeightedSegments{{kOver3}, 1}));
  ASSERT_TRUE(out_.wake);
  EXPECT_LE(*out_.wake, clock_.now() + milliseconds(1000));
  step(milliseconds(1000));
  EXPECT_EQ(traffic().size(), 2U);
  EXPECT_EQ(out_.snapshot->paths.size(), 3U);
}

TEST_F(ExplicitPathTest, WithoutALiveListTheNextCandidateServes) {
  use(two_lists());
  list_alive(0);
  inputs_.probes[{kPeer, kRealtime, 1}] = {.alive = true, .measured = {}, .reason = {}};
  step();
  list_alive(0, false);
  const PathState& path = step(milliseconds(100));
  EXPECT_EQ(path.active, 1U);
  EXPECT_THAT(path.reason, HasSubstr("explicit failed: 3 probes in a row without a reply"));
  EXPECT_THAT(traffic(), ElementsAre(WeightedSegments{{kShortest}, 1}));
}

TEST_F(ExplicitPathTest, AListThatLeadsElsewhereIsNamedAndTheOtherIsUsed) {
  TeIntent intent = two_lists();
  explicit_path(intent).lists[0].segments = {address("fcbb:bb00:2::")};
  use(intent);
  list_alive(1);
  const PathState& path = step();
  EXPECT_EQ(path.active, 0U);
  EXPECT_THAT(path.candidates[0].lists[0].reason, HasSubstr("ends at node 2, not at the endpoint's 4"));
  EXPECT_THAT(traffic(), ElementsAre(WeightedSegments{{kOver3}, 1}));
  EXPECT_FALSE(out_.probes.contains({kPeer, kRealtime, 0, 0}));
}

// The peer has two lists towards us: its probes' answers take the shortest path.
TEST_F(ExplicitPathTest, APairWithoutAListAnswersAndUsesTheNextCandidate) {
  TeIntent intent = two_lists();
  explicit_path(intent).lists.clear();
  use(intent);
  const PathState& path = step();
  EXPECT_EQ(path.candidates[0].reason, "no explicit path is configured to singapore");
  EXPECT_THAT(probe_route("fd00:2:a::101"), ElementsAre(kShortest));
  EXPECT_THAT(probe_route("fd00:2:a::1:101"), ElementsAre(kShortest));
}

TEST_F(ExplicitPathTest, IntentsThatCannotWorkAreRefused) {
  TeIntent intent = two_lists();
  explicit_path(intent).probes.clear();
  EXPECT_THAT(engine_.set_intent(intent).error().message, HasSubstr("fewer probe addresses than segment lists"));
  intent = two_lists();
  explicit_path(intent).lists[1].segments.clear();
  EXPECT_THAT(engine_.set_intent(intent).error().message, HasSubstr("without segments"));
  intent = two_lists();
  explicit_path(intent).probes[0].remote = address("fd00:2:a::101");
  EXPECT_THAT(engine_.set_intent(intent).error().message, HasSubstr("twice"));
}

}  // namespace
}  // namespace pathwise::te
