// SPDX-License-Identifier: Apache-2.0
#include "base/channel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace pathwise {
namespace {

TEST(BoundedChannel, GivesItemsInOrder) {
  BoundedChannel<int> channel("probe results", 4, WhenFull::kShed);
  EXPECT_EQ(channel.name(), "probe results");
  EXPECT_EQ(channel.capacity(), 4U);
  EXPECT_TRUE(channel.try_push(1));
  EXPECT_TRUE(channel.try_push(2));
  EXPECT_EQ(channel.size(), 2U);
  EXPECT_EQ(channel.try_pop(), 1);
  EXPECT_EQ(channel.try_pop(), 2);
  EXPECT_EQ(channel.try_pop(), std::nullopt);
}

TEST(BoundedChannel, ShedRefusesTheNewItemAndCounts) {
  BoundedChannel<int> channel("requests", 2, WhenFull::kShed);
  EXPECT_TRUE(channel.try_push(1));
  EXPECT_TRUE(channel.try_push(2));
  EXPECT_FALSE(channel.try_push(3));
  EXPECT_EQ(channel.counters().pushed, 2U);
  EXPECT_EQ(channel.counters().dropped, 1U);
  EXPECT_EQ(channel.try_pop(), 1);
  EXPECT_TRUE(channel.try_push(4));
  EXPECT_EQ(channel.try_pop(), 2);
  EXPECT_EQ(channel.try_pop(), 4);
}

TEST(BoundedChannel, KeepNewestDropsTheOldestAndCounts) {
  BoundedChannel<int> channel("snapshots", 2, WhenFull::kKeepNewest);
  for (int item = 1; item <= 5; ++item) EXPECT_TRUE(channel.try_push(item));
  EXPECT_EQ(channel.counters().pushed, 5U);
  EXPECT_EQ(channel.counters().dropped, 3U);
  EXPECT_EQ(channel.try_pop(), 4);
  EXPECT_EQ(channel.try_pop(), 5);
  EXPECT_EQ(channel.try_pop(), std::nullopt);
}

TEST(BoundedChannel, WakesOnlyWhenItWasEmpty) {
  int wakes = 0;
  BoundedChannel<int> channel("wakes", 2, WhenFull::kKeepNewest, [&wakes] { ++wakes; });
  channel.try_push(1);
  channel.try_push(2);
  channel.try_push(3);
  EXPECT_EQ(wakes, 1);
  while (channel.try_pop()) {
  }
  channel.try_push(4);
  EXPECT_EQ(wakes, 2);
}

TEST(BoundedChannel, WakesEachTimeWithCapacityOneOnlyAfterADrain) {
  int wakes = 0;
  BoundedChannel<int> channel("latest", 1, WhenFull::kKeepNewest, [&wakes] { ++wakes; });
  channel.try_push(1);
  channel.try_push(2);
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(channel.try_pop(), 2);
}

TEST(BoundedChannel, WakeMayUseTheChannel) {
  BoundedChannel<int>* self = nullptr;
  std::optional<int> popped;
  BoundedChannel<int> channel("reentrant", 2, WhenFull::kShed, [&] { popped = self->try_pop(); });
  self = &channel;
  EXPECT_TRUE(channel.try_push(7));
  EXPECT_EQ(popped, 7);
}

TEST(BoundedChannel, CarriesMoveOnlyItemsThroughItsEnds) {
  BoundedChannel<std::unique_ptr<int>> channel("owned", 1, WhenFull::kShed);
  const ChannelWriter writer(channel);
  const ChannelReader reader(channel);
  EXPECT_TRUE(writer.try_push(std::make_unique<int>(5)));
  const auto item = reader.try_pop();
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(**item, 5);
  EXPECT_FALSE(reader.try_pop().has_value());
}

TEST(BoundedChannel, RefusesCapacityZero) {
  EXPECT_THROW(BoundedChannel<int>("none", 0, WhenFull::kShed), std::invalid_argument);
}

// Everything that was accepted arrives once and in its producer's order.
TEST(BoundedChannel, TwoProducersOneConsumer) {
  constexpr int kItems = 20'000;
  BoundedChannel<int> channel("threads", 64, WhenFull::kShed);
  std::atomic<int> running{2};
  const auto produce = [&](int first) {
    for (int i = 0; i < kItems; ++i) {
      while (!channel.try_push(first + 2 * i)) std::this_thread::yield();
    }
    --running;
  };
  std::jthread even(produce, 0);
  std::jthread odd(produce, 1);
  int next[2] = {0, 1};
  int received = 0;
  bool ordered = true;
  for (;;) {
    const bool last_round = running == 0;
    while (const auto item = channel.try_pop()) {
      ordered = ordered && *item == next[*item % 2];
      next[*item % 2] += 2;
      ++received;
    }
    if (last_round) break;
    std::this_thread::yield();
  }
  EXPECT_TRUE(ordered);
  EXPECT_EQ(received, 2 * kItems);
  EXPECT_EQ(channel.counters().pushed, 2U * kItems);
}

}  // namespace
}  // namespace pathwise
