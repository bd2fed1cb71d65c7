// SPDX-License-Identifier: Apache-2.0
#include "te/verify/run.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "base/format.h"

namespace pathwise::te {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

Ipv6Address hop_address(int hop) {
  return *Ipv6Address::parse(formatted("2001:db8::{}", hop));
}
const HopObservation kStar{};

// The run against a network of `length` routers and a far end, all answering after 10 ms, in virtual time.
class VerifyRunTest : public testing::Test {
 protected:
  VerifyRun make(std::size_t paths, VerifyParams params = {}) {
    std::vector<VerifyTarget> targets;
    for (std::size_t i = 0; i < paths; ++i) targets.push_back({.remote = hop_address(static_cast<int>(1000 + i))});
    return {std::move(targets), params, 77, now_};
  }
  // Runs it to its end.
  void drive(VerifyRun& run, const VerifyParams& params = {}) {
    const SteadyTime start = now_;
    std::multimap<SteadyTime, VerifyProbe> flying;
    std::size_t in_flight = 0;
    SteadyTime last_sent = start - params.send_interval;
    while (!run.done()) {
      while (!flying.empty() && flying.begin()->first <= now_) {
        const VerifyProbe probe = flying.begin()->second;
        flying.erase(flying.begin());
        answer(run, probe);
      }
      run.expire(now_);
      while (const auto probe = run.next(now_)) {
        EXPECT_GE(now_ - last_sent, params.send_interval);
        last_sent = now_;
        sent_.push_back(*probe);
        if (!lost.contains({probe->hop_limit, probe->attempt})) flying.emplace(now_ + milliseconds(10), *probe);
      }
      in_flight = std::max(in_flight, flying.size());
      if (run.done()) break;
      SteadyTime next = run.wake();
      if (!flying.empty()) next = std::min(next, flying.begin()->first);
      ASSERT_GE(next, now_);
      ASSERT_LT(next - start, std::chrono::minutes(10)) << "it does not end";
      now_ = std::max(next, now_ + std::chrono::microseconds(next == now_ ? 100 : 0));
    }
    EXPECT_LE(in_flight, params.in_flight);
    took_ = now_ - start;
  }
  void answer(VerifyRun& run, const VerifyProbe& probe) {
    const int hop = probe.hop_limit < loop_from ? probe.hop_limit : loop_from + (probe.hop_limit - loop_from) % 2;
    HopObservation seen{.answer = HopAnswer::kExpired, .responder = hop_address(hop)};
    if (probe.hop_limit == 0) {
      EXPECT_EQ(probe.target.native, hop_address(2000));
      seen.responder = hop_address(length);
    }
    if (probe.hop_limit > length) seen = {.answer = HopAnswer::kArrived, .responder = probe.target.remote};
    if (probe.hop_limit >= refuses) seen.answer = HopAnswer::kRefused;
    EXPECT_TRUE(run.answered(probe.id, seen, now_));
  }
  static HopObservation expired(int hop) {
    return {.answer = HopAnswer::kExpired, .responder = hop_address(hop), .rtt = milliseconds(10)};
  }
  static HopObservation arrived(int path = 0) {
    return {.answer = HopAnswer::kArrived, .responder = hop_address(1000 + path), .rtt = milliseconds(10)};
  }

  int length = 3;
  int loop_from = 1000;                // two routers send packets to each other from this hop on
  int refuses = 1000;                  // the hop that answers Destination Unreachable
  std::set<std::pair<int, int>> lost;  // (hop limit, attempt)
  SteadyTime now_{std::chrono::hours(1)};
  SteadyTime::duration took_{};
  std::vector<VerifyProbe> sent_;
};

TEST_F(VerifyRunTest, SeesEveryHopUpToTheFarEnd) {
  auto run = make(1);
  drive(run);
  ASSERT_EQ(run.results().size(), 1U);
  EXPECT_THAT(run.results()[0].hops, ElementsAre(expired(1), expired(2), expired(3), arrived()));
  EXPECT_EQ(run.results()[0].problem, "");
  EXPECT_LE(sent_.size(), 4 + VerifyParams{}.window);  // those that were under way when the far end answered
  EXPECT_LT(took_, milliseconds(100));
  EXPECT_EQ(sent_.front().id, 77U);
}

TEST_F(VerifyRunTest, TheEndpointsRouterIsAskedOnceTheFarEndIsKnown) {
  const VerifyTarget target{.remote = hop_address(1000), .segments = {hop_address(1)}, .native = hop_address(2000)};
  VerifyRun run({target}, {}, 77, now_);
  lost = {{0, 0}};
  drive(run);
  EXPECT_EQ(run.results()[0].endpoint, expired(length));
  EXPECT_EQ(run.results()[0].hops.size(), 4U);
  EXPECT_EQ(std::ranges::count(sent_, 0, &VerifyProbe::hop_limit), 2);
  EXPECT_EQ(sent_.back().hop_limit, 0);

  lost = {{0, 0}, {0, 1}};
  VerifyRun silent({target}, {}, 77, now_);
  drive(silent);
  EXPECT_EQ(silent.results()[0].endpoint, kStar);
  refuses = 2;  // it does not arrive: nobody decapsulates
  sent_.clear();
  VerifyRun refused({target}, {}, 77, now_);
  drive(refused);
  EXPECT_EQ(std::ranges::count(sent_, 0, &VerifyProbe::hop_limit), 0);
}

TEST_F(VerifyRunTest, ALostProbeIsSentOnceMore) {
  lost = {{2, 0}};
  auto run = make(1);
  drive(run);
  EXPECT_THAT(run.results()[0].hops, ElementsAre(expired(1), expired(2), expired(3), arrived()));
  EXPECT_GE(took_, milliseconds(1000));
}

TEST_F(VerifyRunTest, ASilentHopIsAStarAndNotTheEnd) {
  lost = {{2, 0}, {2, 1}};
  auto run = make(1);
  drive(run);
  EXPECT_THAT(run.results()[0].hops, ElementsAre(expired(1), kStar, expired(3), arrived()));
}

TEST_F(VerifyRunTest, ADeadPathIsGivenUpAfterAFewSilentHops) {
  for (int hop = 2; hop < 40; ++hop) lost.insert({{hop, 0}, {hop, 1}});
  auto run = make(1);
  drive(run);
  EXPECT_THAT(run.results()[0].hops, ElementsAre(expired(1)));
  EXPECT_LE(sent_.size(), 1 + 2 * VerifyParams{}.silent_hops);
}

TEST_F(VerifyRunTest, ARefusalEndsThePath) {
  length = 20;
  refuses = 3;
  auto run = make(1);
  drive(run);
  ASSERT_EQ(run.results()[0].hops.size(), 3U);
  EXPECT_EQ(run.results()[0].hops[2].answer, HopAnswer::kRefused);
}

TEST_F(VerifyRunTest, ALoopIsNoticedWhenOneAnswersForTheThirdTime) {
  length = 1000;
  loop_from = 3;  // 1 2 3 4 3 4 3
  auto run = make(1);
  drive(run);
  const auto seen = run.results()[0];
  EXPECT_EQ(seen.problem, "a loop: 2001:db8::3 answers for 3 hops");
  EXPECT_EQ(seen.hops.size(), 7U);
}

TEST_F(VerifyRunTest, AnEndlessPathEndsAtTheLargestHopLimit) {
  length = 1000;
  auto run = make(1, {.max_hops = 9});
  drive(run);
  EXPECT_EQ(run.results()[0].hops.size(), 9U);
}

TEST_F(VerifyRunTest, ManyPathsKeepToTheRatesAndToTheDeadline) {
  const VerifyParams params{.in_flight = 4, .start_interval = milliseconds(100), .deadline = milliseconds(2000)};
  auto run = make(100, params);
  drive(run, params);
  EXPECT_LE(took_, milliseconds(2000));
  const auto results = run.results();
  EXPECT_EQ(results[0].hops.size(), 4U);
  EXPECT_EQ(results[0].hops[3], arrived(0));
  EXPECT_THAT(results[99].hops, IsEmpty());
  EXPECT_EQ(results[99].problem, "not done within 2s");
  std::size_t begun = 0;
  for (const VerifyProbe& probe : sent_) begun += probe.hop_limit == 1 ? 1 : 0;
  EXPECT_LE(begun, 21U);
  EXPECT_GE(begun, 15U);
}

TEST_F(VerifyRunTest, AnswersThatNobodyAskedForAreIgnored) {
  auto run = make(1);
  EXPECT_FALSE(run.answered(5, expired(1), now_));
  const auto probe = run.next(now_);
  ASSERT_TRUE(probe);
  EXPECT_TRUE(run.answered(probe->id, expired(1), now_ + milliseconds(1)));
  EXPECT_TRUE(run.answered(probe->id, expired(2), now_ + milliseconds(2)));  // a second one changes nothing
  run.not_sent(probe->id, "no route");
  EXPECT_TRUE(run.done());
  ASSERT_EQ(run.results()[0].hops.size(), 1U);
  EXPECT_EQ(run.results()[0].hops[0].responder, hop_address(1));
  EXPECT_EQ(run.results()[0].problem, "no route");
}

TEST_F(VerifyRunTest, NothingToProbeIsDoneAtOnce) {
  EXPECT_TRUE(make(0).done());
}

}  // namespace
}  // namespace pathwise::te
