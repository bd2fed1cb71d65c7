// SPDX-License-Identifier: Apache-2.0
#include "net/timer_wheel.h"

#include <gmock/gmock.h>

namespace pathwise::net {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

struct Wheel {
  TimerSlots slots{100};
  std::vector<int> fired;
  TimerSlots::Id arm(std::uint64_t ticks, int name) {
    return slots.arm(ticks, [this, name] { fired.push_back(name); });
  }
  void tick(int count) {
    for (int i = 0; i < count; ++i) slots.tick();
  }
};

TEST(TimerSlots, FiresOnItsTick) {
  Wheel wheel;
  wheel.arm(1, 1);
  wheel.arm(3, 3);
  wheel.arm(2, 2);
  wheel.tick(1);
  EXPECT_THAT(wheel.fired, ElementsAre(1));
  wheel.tick(2);
  EXPECT_THAT(wheel.fired, ElementsAre(1, 2, 3));
  EXPECT_EQ(wheel.slots.armed(), 0U);
}

TEST(TimerSlots, ALongTimeOutGoesRound) {
  Wheel wheel;
  wheel.arm(512 * 2 + 5, 1);
  wheel.arm(5, 2);
  wheel.tick(512 * 2 + 4);
  EXPECT_THAT(wheel.fired, ElementsAre(2));
  wheel.tick(1);
  EXPECT_THAT(wheel.fired, ElementsAre(2, 1));
}

TEST(TimerSlots, CancelIsOnceAndOnlyForItsOwn) {
  Wheel wheel;
  const auto first = wheel.arm(2, 1);
  EXPECT_TRUE(wheel.slots.cancel(first));
  EXPECT_FALSE(wheel.slots.cancel(first));
  const auto second = wheel.arm(2, 2);  // takes the same node
  EXPECT_EQ(second.index, first.index);
  EXPECT_FALSE(wheel.slots.cancel(first));
  wheel.tick(2);
  EXPECT_THAT(wheel.fired, ElementsAre(2));
  EXPECT_FALSE(wheel.slots.cancel(second));
}

TEST(TimerSlots, CallbacksMayCancelAndArm) {
  Wheel wheel;
  TimerSlots::Id a, b, c;
  const auto cancel_others = [&] {
    wheel.fired.push_back(0);
    wheel.slots.cancel(a);
    wheel.slots.cancel(b);
    wheel.slots.cancel(c);
    wheel.arm(512, 9);  // the slot that is being walked, one round later
    wheel.arm(1, 1);
  };
  a = wheel.slots.arm(4, cancel_others);
  b = wheel.slots.arm(4, cancel_others);
  c = wheel.slots.arm(4, cancel_others);
  wheel.tick(4);
  EXPECT_THAT(wheel.fired, ElementsAre(0)) << "the first cancelled the other two";
  wheel.tick(1);
  EXPECT_THAT(wheel.fired, ElementsAre(0, 1));
  wheel.tick(511);
  EXPECT_THAT(wheel.fired, ElementsAre(0, 1, 9));
}

TEST(TimerSlots, IsBounded) {
  Wheel wheel;
  for (int i = 0; i < 100; ++i) EXPECT_NE(wheel.arm(5, i).generation, 0U);
  EXPECT_EQ(wheel.arm(5, 100).generation, 0U);
  wheel.tick(5);
  EXPECT_EQ(wheel.fired.size(), 100U);
  EXPECT_NE(wheel.arm(5, 100).generation, 0U);
}

TEST(TimerWheel, FiresNotBeforeItsTimeAndHandlesCancel) {
  using std::chrono::milliseconds;
  asio::io_context io(1);
  TimerWheel wheel(io, milliseconds(5));
  const auto start = std::chrono::steady_clock::now();
  SteadyTime fired_at{};
  bool cancelled_fired = false;
  auto kept = wheel.arm(milliseconds(20), [&] { fired_at = std::chrono::steady_clock::now(); });
  {
    const auto dropped = wheel.arm(milliseconds(5), [&] { cancelled_fired = true; });
    EXPECT_TRUE(dropped);
  }
  io.run_for(std::chrono::seconds(10));  // ends when nothing is armed: the wheel then sleeps
  EXPECT_GE(fired_at - start, milliseconds(20));
  EXPECT_FALSE(cancelled_fired);
  EXPECT_EQ(wheel.armed(), 0U);

  // And it wakes up again.
  io.restart();
  bool again = false;
  kept = wheel.arm(milliseconds(5), [&] { again = true; });
  io.run_for(std::chrono::seconds(10));
  EXPECT_TRUE(again);
}

}  // namespace
}  // namespace pathwise::net
