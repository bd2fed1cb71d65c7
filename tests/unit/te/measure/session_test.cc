// SPDX-License-Identifier: Apache-2.0
#include "te/measure/session.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/random.h"

namespace pathwise::te {
namespace {

using std::chrono::milliseconds;

// A session whose path answers after `rtt`, driven by hand.
class SessionTest : public testing::Test {
 protected:
  void step(std::chrono::nanoseconds by) {
    now_ += std::chrono::duration_cast<SteadyTime::duration>(by);
    wall_ += by;
    session_.expire(now_);
  }
  [[nodiscard]] ProbeTime at() const { return {.steady = now_, .wall = wall_}; }
  std::uint32_t send() { return session_.send(at()); }
  ReplyKind reply(std::uint32_t sequence, std::chrono::nanoseconds rtt, milliseconds in_reflector = milliseconds(0)) {
    return session_.on_reply(at(), {.sender_sequence = sequence, .round_trip = rtt, .in_reflector = in_reflector});
  }
  // One interval in which the probe is answered after `rtt` (< the interval).
  void answered_interval(milliseconds rtt) {
    const auto sequence = send();
    step(rtt);
    reply(sequence, rtt);
    step(milliseconds(100) - rtt);
  }
  void lost_interval() {
    send();
    step(milliseconds(100));
  }

  SteadyTime now_{std::chrono::hours(1)};
  SystemTime wall_{std::chrono::hours(480'000)};
  SessionSender session_{SessionParams{}};
};

TEST_F(SessionTest, RttExcludesTheTimeInTheReflector) {
  const auto sequence = send();
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
    in_flight.push_back(send());
    step(milliseconds(100));
    if (i >= 2) reply(in_flight[static_cast<std::size_t>(i - 2)], milliseconds(300));
  }
  EXPECT_TRUE(session_.alive());
  EXPECT_EQ(session_.counters().lost, 0u);
  EXPECT_EQ(session_.statistics(now_).p50, milliseconds(300));
}

TEST_F(SessionTest, ALateReplyTakesItsLossBackAndRaisesTheTimeout) {
  for (int i = 0; i < 20; ++i) answered_interval(milliseconds(5));
  EXPECT_LT(session_.timeout(), milliseconds(12));  // 5 ms, and what our own host may add
  const auto sequence = send();
  step(milliseconds(400));
  EXPECT_EQ(session_.counters().lost, 1u);
  EXPECT_EQ(reply(sequence, milliseconds(400)), ReplyKind::kLate);
  EXPECT_EQ(session_.counters().lost, 0u);
  EXPECT_EQ(session_.counters().late, 1u);
  EXPECT_EQ(session_.losses_in_row(), 0u);
  EXPECT_GT(session_.timeout(), milliseconds(400));
  EXPECT_EQ(session_.statistics(now_).loss, 0.0);
}

TEST_F(SessionTest, TellsDuplicatesReorderedAndUnknownReplies) {
  const auto first = send();
  const auto second = send();
  step(milliseconds(10));
  EXPECT_EQ(reply(second, milliseconds(10)), ReplyKind::kGood);
  EXPECT_EQ(reply(first, milliseconds(10)), ReplyKind::kReordered);
  EXPECT_EQ(reply(first, milliseconds(10)), ReplyKind::kDuplicate);
  EXPECT_EQ(reply(second + 1, milliseconds(10)), ReplyKind::kUnknown);
  EXPECT_EQ(session_.counters(),
            (SessionCounters{.sent = 2, .received = 2, .reordered = 1, .duplicate = 1, .unknown = 1}));
}

// An hour forwards and back, and a step too small to be impossible in itself.
TEST_F(SessionTest, AWallClockStepDoesNotBecomeADelay) {
  std::uint64_t steps = 0;
  for (const std::chrono::nanoseconds by :
       {std::chrono::nanoseconds(std::chrono::hours(1)), -std::chrono::nanoseconds(std::chrono::hours(1)),
        std::chrono::nanoseconds(milliseconds(-3)), std::chrono::nanoseconds(milliseconds(2))}) {
    const auto sequence = send();
    const SystemTime sent = wall_;
    step(milliseconds(7));
    wall_ += by;  // before the reply is stamped
    EXPECT_EQ(reply(sequence, wall_ - sent), ReplyKind::kGood);
    EXPECT_EQ(session_.counters().clock_steps, ++steps);
    step(milliseconds(93));
    answered_interval(milliseconds(7));  // the next one is not concerned
    EXPECT_EQ(session_.counters().clock_steps, steps);
  }
  EXPECT_TRUE(session_.alive());
  EXPECT_EQ(session_.counters().lost, 0u);
  EXPECT_EQ(session_.statistics(now_).min, milliseconds(7));
  EXPECT_EQ(session_.statistics(now_).max, milliseconds(7));
}

TEST_F(SessionTest, AReplyMustReturnTheTimeStampThatWasSent) {
  const auto sequence = send();
  step(milliseconds(5));
  const auto right = StampTimestamp::from(wall_ - milliseconds(5), true);
  const StampTimestamp wrong{right.seconds, right.fraction + 1};
  EXPECT_FALSE(session_.awaits(sequence, wrong));
  EXPECT_TRUE(session_.awaits(sequence, right));
  ProbeReply guess{.sender_sequence = sequence, .sender_timestamp = wrong, .round_trip = milliseconds(1)};
  EXPECT_EQ(session_.on_reply(at(), guess), ReplyKind::kUnknown);
  guess.sender_timestamp = right;
  EXPECT_EQ(session_.on_reply(at(), guess), ReplyKind::kGood);
  EXPECT_FALSE(session_.awaits(sequence, right));
}

TEST_F(SessionTest, TheKernelsTransmitTimeShortensTheDelayBeforeOrAfterTheReply) {
  for (const bool first : {true, false}) {
    const auto sequence = send();
    const SystemTime left = wall_ + std::chrono::microseconds(400);
    if (first) session_.on_transmit(sequence, left);
    step(milliseconds(5));
    reply(sequence, milliseconds(5));
    if (!first) session_.on_transmit(sequence, left);
    EXPECT_EQ(session_.statistics(now_).max, Microseconds(4'600));
    session_.on_transmit(sequence, left + milliseconds(1));  // once only
    EXPECT_EQ(session_.statistics(now_).max, Microseconds(4'600));
    step(milliseconds(95));
  }
  const auto sequence = send();
  session_.on_transmit(sequence, wall_ - milliseconds(1));  // another probe's, or a clock that was stepped
  session_.on_transmit(sequence, wall_ + std::chrono::hours(1));
  step(milliseconds(5));
  reply(sequence, milliseconds(5));
  EXPECT_EQ(session_.statistics(now_).max, milliseconds(5));
}

TEST_F(SessionTest, FollowUpTelemetryTakesTheReflectorsQueueOutOfTheDelay) {
  const auto sequence = send();
  step(milliseconds(5));
  const StampTimestamp reflected{1000, 500'000};
  session_.on_reply(at(),
                    {.sender_sequence = sequence, .round_trip = milliseconds(5), .reflector_timestamp = reflected});
  session_.on_follow_up({});  // nothing to tell yet
  EXPECT_EQ(session_.statistics(now_).max, milliseconds(5));
  session_.on_follow_up({.sequence = sequence, .timestamp = {1000, 900'000}, .method = StampMethod::kSoftware});
  EXPECT_EQ(session_.statistics(now_).max, Microseconds(4'600));
  session_.on_follow_up({.sequence = sequence, .timestamp = {1000, 999'000}, .method = StampMethod::kSoftware});
  EXPECT_EQ(session_.statistics(now_).max, Microseconds(4'600));  // once
}

// A path with this round trip, probes at this interval, a reflector half way; it is cut at the reflector's end.
struct Cut {
  std::chrono::nanoseconds rtt;
  milliseconds interval;
  std::chrono::nanoseconds until_found;
};

Cut cut_after(std::chrono::nanoseconds rtt, milliseconds interval, std::chrono::nanoseconds cut) {
  constexpr std::chrono::microseconds kStep{100};
  SessionSender session(
      {.interval = interval, .max_timeout = std::max<Milliseconds>(milliseconds(1000), 4 * interval)});
  const ProbeTime start{.steady = SteadyTime(std::chrono::hours(1)), .wall = SystemTime(std::chrono::hours(480'000))};
  std::deque<std::pair<std::uint32_t, std::chrono::nanoseconds>> in_flight;
  for (std::chrono::nanoseconds now{};; now += kStep) {
    const ProbeTime time{.steady = start.steady + now, .wall = start.wall + now};
    while (!in_flight.empty() && in_flight.front().second + rtt <= now) {
      const auto [sequence, sent] = in_flight.front();
      in_flight.pop_front();
      if (sent + rtt / 2 < cut) session.on_reply(time, {.sender_sequence = sequence, .round_trip = now - sent});
    }
    session.expire(time.steady);
    if (now >= cut && !session.alive()) return {rtt, interval, now - cut};
    if (now < cut && now > 10 * interval + rtt) {
      EXPECT_TRUE(session.alive());
    }
    if (now % interval == std::chrono::nanoseconds(0)) in_flight.emplace_back(session.send(time), now);
  }
}

// The bound: three intervals and one round trip; where that is less than our host's granularity (a twentieth
// of an interval), that. One step of the simulation more.
TEST(Liveness, ADeadPathIsLeftWithinThreeIntervalsAndOneRoundTrip) {
  using std::chrono::microseconds;
  Random random(3);
  for (const milliseconds interval : {milliseconds(100), milliseconds(10)}) {
    for (const microseconds rtt :
         {microseconds(200), microseconds(3'000), microseconds(20'000), microseconds(90'000), microseconds(250'000)}) {
      for (int round = 0; round < 20; ++round) {
        const auto when = 40 * interval + 2 * rtt + microseconds(random.below(100) * 1'000);
        const Cut cut = cut_after(rtt, interval, when);
        EXPECT_LE(cut.until_found,
                  3 * interval + std::max<std::chrono::nanoseconds>(rtt, interval / 20) + microseconds(100))
            << "rtt " << rtt.count() << " us, interval " << interval.count() << " ms";
        EXPECT_GT(cut.until_found, 2 * interval - rtt);  // and not by one loss
      }
    }
  }
}

// 5 ms become 150 ms: the first slow reply comes while less than three intervals have passed without one.
TEST_F(SessionTest, APathThatBecomesSlowerIsNotDead) {
  for (int i = 0; i < 30; ++i) answered_interval(milliseconds(5));
  std::deque<std::uint32_t> in_flight;
  for (int i = 0; i < 30; ++i) {
    in_flight.push_back(send());
    step(milliseconds(50));
    if (in_flight.size() > 1) {
      reply(in_flight.front(), milliseconds(150));
      in_flight.pop_front();
    }
    EXPECT_TRUE(session_.alive()) << i;
    step(milliseconds(50));
  }
  EXPECT_EQ(session_.counters().lost, 0u);
  EXPECT_EQ(session_.statistics(now_).p50, milliseconds(150));
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
  for (int i = 0; i < 5000; ++i) send();
  EXPECT_EQ(reply(0, milliseconds(1)), ReplyKind::kUnknown);
  EXPECT_EQ(reply(4999, milliseconds(0)), ReplyKind::kGood);
}

TEST_F(SessionTest, TheNextDeadlineIsTheOldestWaitingProbes) {
  EXPECT_FALSE(session_.next_deadline());
  const SteadyTime sent = now_;
  send();
  step(milliseconds(100));
  send();
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
  const ProbeReply reply = to_reply(packet, sent + milliseconds(15), {});
  EXPECT_EQ(reply.sender_sequence, 4u);
  EXPECT_EQ(reply.round_trip, milliseconds(15));
  EXPECT_NEAR(static_cast<double>(reply.in_reflector.count()), 2e6, 2.0);
  EXPECT_FALSE(reply.one_way);
}

// 8 ms there, 3 ms back, 2 ms in the reflector, whose clock is `ahead` of ours.
StampReflectorPacket reflected(SystemTime sent, bool ptp, std::chrono::nanoseconds ahead = {}) {
  StampReflectorPacket packet{.tlvs = {}};
  packet.sender_timestamp = StampTimestamp::from(sent, true);
  packet.error_estimate = ErrorEstimate::of(true, std::chrono::microseconds(100));
  packet.error_estimate.ptp = ptp;
  packet.receive_timestamp = StampTimestamp::from(sent + milliseconds(8) + ahead, ptp);
  packet.timestamp = StampTimestamp::from(sent + milliseconds(10) + ahead, ptp);
  return packet;
}

class OneWayTest : public testing::Test {
 protected:
  std::optional<OneWayStatistics> measure(const ErrorEstimate& own, const ErrorEstimate& theirs, bool ptp,
                                          std::chrono::nanoseconds ahead = {}) {
    const ProbeTime sent{.steady = SteadyTime(std::chrono::hours(1)), .wall = SystemTime(std::chrono::hours(480'000))};
    const ProbeTime received{.steady = sent.steady + milliseconds(13), .wall = sent.wall + milliseconds(13)};
    auto packet = reflected(sent.wall, ptp, ahead);
    packet.sender_sequence = session_.send(sent);
    packet.error_estimate.synchronized = theirs.synchronized;
    packet.error_estimate.multiplier = theirs.multiplier;
    packet.error_estimate.scale = theirs.scale;
    session_.on_reply(received, to_reply(packet, received.wall, own));
    return session_.one_way(received.steady);
  }
  const ErrorEstimate good_ = ErrorEstimate::of(true, std::chrono::microseconds(100));
  SessionSender session_{SessionParams{}};
};

TEST_F(OneWayTest, IsThereWhereBothClocksAreDeclaredSynchronised) {
  for (const bool ptp : {true, false}) {
    const auto result = measure(good_, good_, ptp);
    ASSERT_TRUE(result);
    EXPECT_NEAR(static_cast<double>(result->forward.min.count()), 8'000, 1);
    EXPECT_NEAR(static_cast<double>(result->backward.min.count()), 3'000, 1);
    EXPECT_GE(result->error, Microseconds(200));
    EXPECT_LE(result->error, Microseconds(205));
  }
}

TEST_F(OneWayTest, IsAbsentOtherwise) {
  EXPECT_FALSE(measure({}, good_, true));
  EXPECT_FALSE(measure(good_, {}, true));
  EXPECT_FALSE(measure(good_, {.synchronized = true, .multiplier = 0}, true));
  EXPECT_EQ(session_.counters().one_way_refused, 0u);
}

TEST_F(OneWayTest, AClockThatCannotBeRightIsNotBelieved) {
  ASSERT_TRUE(measure(good_, good_, true));
  EXPECT_FALSE(measure(good_, good_, true, std::chrono::hours(1)));
  EXPECT_FALSE(measure(good_, good_, true, -std::chrono::hours(1)));
  EXPECT_FALSE(measure(good_, good_, true, milliseconds(4)));  // back in -1 ms
  EXPECT_EQ(session_.counters().one_way_refused, 3u);
  const auto within = measure(good_, good_, true, std::chrono::microseconds(3'150));  // back in -0.15 ms: both err
  ASSERT_TRUE(within);
  EXPECT_EQ(within->backward.min, Microseconds(0));
}

}  // namespace
}  // namespace pathwise::te
