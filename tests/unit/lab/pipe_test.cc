// SPDX-License-Identifier: Apache-2.0
#include "lab/wan/pipe.h"

#include <gmock/gmock.h>

namespace pathwise::wan {
namespace {

using namespace std::chrono_literals;
using Verdict = Pipe::Verdict;

constexpr std::uint64_t kSeed = 7;

Frame frame(std::size_t bytes, int mark = 0) {
  Frame out(bytes);
  out[0] = static_cast<std::byte>(mark);
  return out;
}

// 1000 bytes at 8 Mbps take 1 ms.
Shape eight_megabits(Microseconds delay = 0us) {
  return {.delay = delay, .rate = BitsPerSecond(8'000'000)};
}

TEST(Pipe, AFrameComesOutAfterExactlyTheDelay) {
  Pipe pipe({.delay = 1500us}, kSeed);
  EXPECT_EQ(pipe.next_departure(), std::nullopt);
  ASSERT_EQ(pipe.offer(10ms, frame(100, 1)), Verdict::kTaken);
  EXPECT_EQ(pipe.next_departure(), Time(11'500us));
  EXPECT_FALSE(pipe.take(11'499'999ns));
  const auto out = pipe.take(11'500us);
  ASSERT_TRUE(out);
  EXPECT_EQ((*out)[0], std::byte{1});
  EXPECT_EQ(pipe.counters().frames_out, 1U);
  EXPECT_EQ(pipe.counters().bytes_out, 100U);
}

TEST(Pipe, SerialisationAddsToTheDelayAndQueuesBehindTheFrameBefore) {
  Pipe pipe(eight_megabits(5ms), kSeed);
  pipe.offer(0ms, frame(1000, 1));
  pipe.offer(0ms, frame(1000, 2));
  EXPECT_EQ(pipe.next_departure(), Time(6ms));
  EXPECT_EQ(pipe.backlog(0ms), 2000U);
  ASSERT_TRUE(pipe.take(6ms));
  EXPECT_EQ(pipe.next_departure(), Time(7ms));
  EXPECT_FALSE(pipe.take(6'999us));
  EXPECT_TRUE(pipe.take(7ms));
}

TEST(Pipe, AnIdleLineDoesNotSaveUpCapacity) {
  Pipe pipe(eight_megabits(), kSeed);
  pipe.offer(0ms, frame(1000));
  ASSERT_TRUE(pipe.take(1ms));
  pipe.offer(100ms, frame(1000));
  EXPECT_EQ(pipe.next_departure(), Time(101ms));
}

TEST(Pipe, TheQueueIsBoundedInBytesAndDropsItsTail) {
  Shape shape = eight_megabits();
  shape.queue = 2500;
  Pipe pipe(shape, kSeed);
  EXPECT_EQ(pipe.offer(0ms, frame(1000)), Verdict::kTaken);
  EXPECT_EQ(pipe.offer(0ms, frame(1000)), Verdict::kTaken);
  EXPECT_EQ(pipe.offer(0ms, frame(1000)), Verdict::kQueueFull);
  EXPECT_EQ(pipe.offer(0ms, frame(400)), Verdict::kTaken);   // a smaller one still fits
  EXPECT_EQ(pipe.offer(1ms, frame(1000)), Verdict::kTaken);  // 1000 bytes have left since
  EXPECT_EQ(pipe.counters().dropped_queue, 1U);
}

TEST(Pipe, ThroughputIsTheRate) {
  Pipe pipe(eight_megabits(20ms), kSeed);
  Time now{0};
  std::uint64_t delivered = 0;
  for (; now < Time(1s); now += 100us) {  // offers 80 Mbps
    pipe.offer(now, frame(1000));
    while (pipe.take(now)) ++delivered;
  }
  EXPECT_NEAR(static_cast<double>(delivered), 980, 2);  // 1 s less the delay, at 1000 frames a second
  EXPECT_GT(pipe.counters().dropped_queue, 8000U);
}

TEST(Pipe, WithoutARateTheHoldIsBounded) {
  Shape shape{.delay = 10s, .queue = 1 << 20};
  Pipe pipe(shape, kSeed);
  std::uint64_t taken = 0;
  for (int i = 0; i < 2048; ++i) {
    if (pipe.offer(0ms, frame(65536)) == Verdict::kTaken) ++taken;
  }
  EXPECT_EQ(taken * 65536, Pipe::kHoldMax);
}

TEST(Pipe, LosesTheGivenShare) {
  Pipe pipe({.loss = 0.1}, kSeed);
  for (int i = 0; i < 20'000; ++i) {
    pipe.offer(Time(i), frame(10));
    static_cast<void>(pipe.take(Time(i)));
  }
  EXPECT_NEAR(static_cast<double>(pipe.counters().dropped_loss), 2000, 150);
  EXPECT_EQ(pipe.counters().dropped_loss + pipe.counters().frames_out, 20'000U);
}

TEST(Pipe, ACutLosesWhatIsInsideAndWhatComes) {
  Pipe pipe({.delay = 10ms}, kSeed);
  pipe.offer(0ms, frame(10));
  Shape cut = pipe.shape();
  cut.cut = true;
  pipe.reshape(1ms, cut);
  EXPECT_EQ(pipe.next_departure(), std::nullopt);
  EXPECT_EQ(pipe.offer(2ms, frame(10)), Verdict::kCut);
  EXPECT_EQ(pipe.counters().dropped_cut, 2U);
  cut.cut = false;
  pipe.reshape(3ms, cut);
  EXPECT_EQ(pipe.offer(4ms, frame(10)), Verdict::kTaken);
  EXPECT_TRUE(pipe.take(14ms));
}

TEST(Pipe, ANewDelayAppliesToWhatIsUnderWayAndKeepsTheOrder) {
  Pipe pipe({.delay = 10ms}, kSeed);
  pipe.offer(0ms, frame(10, 1));
  pipe.reshape(1ms, {.delay = 30ms});
  EXPECT_FALSE(pipe.take(10ms));
  EXPECT_EQ(pipe.next_departure(), Time(30ms));
  pipe.offer(2ms, frame(10, 2));
  pipe.reshape(3ms, {.delay = 1ms});
  EXPECT_EQ((*pipe.take(3ms))[0], std::byte{1});
  EXPECT_EQ((*pipe.take(3ms))[0], std::byte{2});
}

TEST(Pipe, ANewRateRetimesWhatHasNotBeenSent) {
  Pipe pipe({.rate = BitsPerSecond(8'000)}, kSeed);  // 1000 bytes a second
  pipe.offer(0ms, frame(1000, 1));
  pipe.offer(0ms, frame(1000, 2));
  pipe.reshape(10ms, eight_megabits());
  EXPECT_EQ(pipe.next_departure(), Time(11ms));
  ASSERT_TRUE(pipe.take(11ms));
  EXPECT_EQ(pipe.next_departure(), Time(12ms));
}

TEST(Pipe, ArrivalsOutOfOrderCountAsTheLatest) {
  Pipe pipe({.delay = 1ms}, kSeed);
  pipe.offer(10ms, frame(10, 1));
  pipe.offer(9ms, frame(10, 2));
  EXPECT_EQ((*pipe.take(11ms))[0], std::byte{1});
  EXPECT_EQ((*pipe.take(11ms))[0], std::byte{2});
}

}  // namespace
}  // namespace pathwise::wan
