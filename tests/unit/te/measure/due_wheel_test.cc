// SPDX-License-Identifier: Apache-2.0
#include "te/measure/due_wheel.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"

namespace pathwise::te {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
const SteadyTime kStart{std::chrono::hours(1)};

std::vector<std::uint32_t> due_at(DueWheel& wheel, SteadyTime now) {
  std::vector<std::uint32_t> ids;
  wheel.advance(now, [&](std::uint32_t id, std::uint32_t) { ids.push_back(id); });
  return ids;
}

TEST(DueWheel, WakesAfterTheTimeAndAtMostATickLater) {
  DueWheel wheel(kStart);
  wheel.push(kStart + microseconds(4'300), 1, 0);
  ASSERT_TRUE(wheel.next());
  EXPECT_EQ(*wheel.next(), kStart + milliseconds(5));
  EXPECT_TRUE(due_at(wheel, kStart + microseconds(4'999)).empty());
  EXPECT_EQ(due_at(wheel, *wheel.next()), (std::vector<std::uint32_t>{1}));
  EXPECT_FALSE(wheel.next());
}

TEST(DueWheel, WhatIsPushedWhileItRunsForThePastRunsInTheNextTick) {
  DueWheel wheel(kStart);
  wheel.push(kStart, 1, 0);
  int runs = 0;
  wheel.advance(kStart + milliseconds(10), [&](std::uint32_t id, std::uint32_t) {
    if (++runs < 3) wheel.push(kStart, id, 0);
  });
  EXPECT_EQ(runs, 3);
}

TEST(DueWheel, APauseOfMinutesLosesNothing) {
  DueWheel wheel(kStart);
  for (std::uint32_t id = 0; id < 100; ++id) wheel.push(kStart + milliseconds(97 * id), id, 0);
  EXPECT_EQ(due_at(wheel, kStart + std::chrono::minutes(5)).size(), 100u);
  wheel.push(kStart + std::chrono::minutes(5) + milliseconds(3), 7, 0);
  EXPECT_EQ(due_at(wheel, kStart + std::chrono::minutes(5) + milliseconds(4)), (std::vector<std::uint32_t>{7}));
}

// Against an ordered map, over times up to five rounds ahead.
TEST(DueWheel, IsAnOrderedMapInEffect) {
  Random random(7);
  DueWheel wheel(kStart);
  std::multimap<SteadyTime, std::uint32_t> oracle;
  SteadyTime now = kStart;
  for (std::uint32_t round = 0; round < 5'000; ++round) {
    const SteadyTime when = now + microseconds(random.below(10'000'000));
    wheel.push(when, round, 0);
    oracle.emplace(when, round);
    now += microseconds(random.below(random.below(20) == 0 ? 3'000'000 : 4'000));
    for (const std::uint32_t id : due_at(wheel, now)) {
      const auto entry = std::ranges::find(oracle, id, [](const auto& each) { return each.second; });
      ASSERT_NE(entry, oracle.end());
      ASSERT_LT(entry->first, now);
      oracle.erase(entry);
    }
    if (!oracle.empty()) {
      ASSERT_GT(oracle.begin()->first + milliseconds(1), now);  // nothing is more than a tick late
      ASSERT_TRUE(wheel.next());
      ASSERT_LE(*wheel.next(), std::max(oracle.begin()->first + milliseconds(1), now + milliseconds(1)));
    }
  }
}

}  // namespace
}  // namespace pathwise::te
