// SPDX-License-Identifier: Apache-2.0
#include "te/measure/session.h"

#include <gtest/gtest.h>

namespace pathwise::te {
namespace {

using std::chrono::milliseconds;

// A session whose path answers after `rtt`, driven by hand.
class SessionTest : public testing::Test {
 protected:
  void step(std::chrono::nanoseconds by) {
    now_ += std::chrono::duration_cast<SteadyTime::duration>(by);
    session_.expire(now_);
  }
  ReplyKind reply(std::uint32_t sequence, milliseconds rtt, milliseconds in_reflector = milliseconds(0)) {
    return session_.on_reply(now_, {.sender_sequence = sequence, .round_trip = rtt, .in_reflector = in_reflector});
  }
  // One interval in which the probe is answered after `rtt` (< the interval).
  void answered_interval(milliseconds rtt) {
    const auto sequence = session_.send(now_);
    step(rtt);
    reply(sequence, rtt);
    step(milliseconds(100) - rtt);
  }
  void lost_interval() {
    session_.send(now_);
    step(milliseconds(100));
  }

  SteadyTime now_{std::chrono::hours(1)};
  SessionSender session_{SessionParams{}};
};

TEST_F(SessionTest, RttExcludesTheTimeInTheReflector) {
  const auto sequence = session_.send(now_);
  step(milliseconds(20));
  EXPECT_EQ(reply(sequence, milliseconds(20), milliseconds(8)), ReplyKind::kGood);
  EXPECT_EQ(session_.statistics(now_).p50, milliseconds(12));
}

TEST_F(SessionTest, StartsDeadAndNeedsRecoveryReplies) {
  EXPECT_FALSE(session_.alive());
  answered_interval(milliseconds(5));
  EXPECT_FALSE(session_.alive());
  answered_interval(milliseconds(5));
  EXPECT_TRUE(session_.alive());
}

TEST_F(SessionTest, MultiplierLossesInARowMeanDead) {
  for (int i = 0; i < 5; ++i) answered_interval(milliseconds(5));
  lost_interval();
  lost_interval();
  EXPECT_TRUE(session_.alive());
  answered_interval(milliseconds(5));
  lost_interval();
  lost_interval();
  EXPECT_TRUE(session_.alive());  // a reply in between starts the count again
  lost_interval();
  EXPECT_FALSE(session_.alive());
  EXPECT_EQ(session_.counters().lost, 5u);
  answered_interval(milliseconds(5));
  EXPECT_FALSE(session_.alive());
  answered_interval(milliseconds(5));
  EXPECT_TRUE(session_.alive());
}

TEST_F(SessionTest, ALongPathIsAliveWhenItsRttExceedsTheInterval) {
  std::vector<std::uint32_t> in_flight;
  for (int i = 0; i < 30; ++i) {
    in_flight.push_back(session_.send(now_));
    step(milliseconds(100));
    if (i >= 2) reply(in_flight[static_cast<std::size_t>(i - 2)], milliseconds(300));
  }
  EXPECT_TRUE(session_.alive());
  EXPECT_EQ(session_.counters().lost, 0u);
  EXPECT_EQ(session_.statistics(now_).p50, milliseconds(300));
}

TEST_F(SessionTest, ALateReplyTakesItsLossBackAndRaisesTheTimeout) {
  for (int i = 0; i < 20; ++i) answered_interval(milliseconds(5));
  EXPECT_EQ(session_.timeout(), milliseconds(100));
  const auto sequence = session_.send(now_);
  step(milliseconds(400));
  EXPECT_EQ(session_.counters().lost, 1u);
  EXPECT_EQ(reply(sequence, milliseconds(400)), ReplyKind::kLate);
  EXPECT_EQ(session_.counters().lost, 0u);
  EXPECT_EQ(session_.counters().late, 1u);
  EXPECT_EQ(session_.losses_in_row(), 0u);
  EXPECT_GT(session_.timeout(), milliseconds(300));
  EXPECT_EQ(session_.statistics(now_).loss, 0.0);
}

TEST_F(SessionTest, TellsDuplicatesReorderedAndUnknownReplies) {
  const auto first = session_.send(now_);
  const auto second = session_.send(now_);
  step(milliseconds(10));
  EXPECT_EQ(reply(second, milliseconds(10)), ReplyKind::kGood);
  EXPECT_EQ(reply(first, milliseconds(10)), ReplyKind::kReordered);
  EXPECT_EQ(reply(first, milliseconds(10)), ReplyKind::kDuplicate);
  EXPECT_EQ(reply(second + 1, milliseconds(10)), ReplyKind::kUnknown);
  EXPECT_EQ(session_.counters(),
            (SessionCounters{.sent = 2, .received = 2, .reordered = 1, .duplicate = 1, .unknown = 1}));
}

TEST_F(SessionTest, AWallClockStepDoesNotBecomeADelay) {
  for (const milliseconds impossible : {milliseconds(-50), milliseconds(3'600'000)}) {
    const auto sequence = session_.send(now_);
    step(milliseconds(7));
    reply(sequence, impossible);
    EXPECT_EQ(session_.statistics(now_).max, milliseconds(7));
    step(milliseconds(93));
  }
}

TEST_F(SessionTest, AChangedDelayShowsInTheMedianWithinASecond) {
  for (int i = 0; i < 100; ++i) answered_interval(milliseconds(5));
  for (int i = 0; i < 5; ++i) answered_interval(milliseconds(40));
  EXPECT_EQ(session_.statistics(now_).p50, milliseconds(40));
  EXPECT_EQ(session_.statistics(now_).min, milliseconds(5));
}

TEST_F(SessionTest, ForgettingTheDelayKeepsThePathAlive) {
  for (int i = 0; i < 10; ++i) answered_interval(milliseconds(5));
  session_.forget_delay();
  EXPECT_TRUE(session_.alive());
  EXPECT_EQ(session_.statistics(now_).samples, 0u);
}

TEST_F(SessionTest, AProbeIsForgottenWhenTheRingComesRound) {
  for (int i = 0; i < 5000; ++i) session_.send(now_);
  EXPECT_EQ(reply(0, milliseconds(1)), ReplyKind::kUnknown);
  EXPECT_EQ(reply(4999, milliseconds(0)), ReplyKind::kGood);
}

TEST_F(SessionTest, TheNextDeadlineIsTheOldestWaitingProbes) {
  EXPECT_FALSE(session_.next_deadline());
  const SteadyTime sent = now_;
  session_.send(now_);
  step(milliseconds(100));
  session_.send(now_);
  ASSERT_TRUE(session_.next_deadline());
  EXPECT_EQ(*session_.next_deadline(), sent + milliseconds(1000));  // nothing measured yet
}

TEST(ToReply, UsesEachClockForItsOwnInterval) {
  const SystemTime sent{std::chrono::seconds(1'000'000)};
  const SystemTime far_clock{std::chrono::seconds(9'000'000)};
  StampReflectorPacket packet;
  packet.sender_sequence = 4;
  packet.sender_timestamp = StampTimestamp::from(sent, true);
  packet.error_estimate.ptp = false;
  packet.receive_timestamp = StampTimestamp::from(far_clock, false);
  packet.timestamp = StampTimestamp::from(far_clock + milliseconds(2), false);
  const ProbeReply reply = to_reply(packet, sent + milliseconds(15));
  EXPECT_EQ(reply.sender_sequence, 4u);
  EXPECT_EQ(reply.round_trip, milliseconds(15));
  EXPECT_NEAR(static_cast<double>(reply.in_reflector.count()), 2e6, 2.0);
}

}  // namespace
}  // namespace pathwise::te
