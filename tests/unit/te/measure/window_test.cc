// SPDX-License-Identifier: Apache-2.0
#include "te/measure/window.h"

#include <gtest/gtest.h>

namespace pathwise::te {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
const SteadyTime kStart{std::chrono::hours(1)};

TEST(Window, AnEmptyOneKnowsNothing) {
  EXPECT_EQ(Window(10, seconds(1)).statistics(kStart), WindowStatistics{});
}

TEST(Window, PercentilesAreNearestRank) {
  Window window(200, seconds(60));
  for (std::uint32_t i = 1; i <= 100; ++i) window.record(kStart, i, milliseconds(101 - i));
  const auto statistics = window.statistics(kStart);
  EXPECT_EQ(statistics.min, milliseconds(1));
  EXPECT_EQ(statistics.p50, milliseconds(50));
  EXPECT_EQ(statistics.p99, milliseconds(99));
  EXPECT_EQ(statistics.max, milliseconds(100));
  EXPECT_EQ(statistics.mean, Microseconds(50'500));
  EXPECT_EQ(statistics.jitter, milliseconds(1));
  EXPECT_EQ(statistics.loss, 0.0);
}

TEST(Window, LossIsAShareOfTheWindowAndLostProbesHaveNoDelay) {
  Window window(100, seconds(60));
  for (std::uint32_t i = 0; i < 8; ++i) {
    window.record(kStart, i, i % 4 == 3 ? std::nullopt : std::optional<std::chrono::nanoseconds>(milliseconds(5)));
  }
  const auto statistics = window.statistics(kStart);
  EXPECT_DOUBLE_EQ(statistics.loss, 0.25);
  EXPECT_EQ(statistics.samples, 8u);
  EXPECT_EQ(statistics.received, 6u);
  EXPECT_EQ(statistics.p99, milliseconds(5));
}

TEST(Window, ForgetsByCountAndByAge) {
  Window window(3, seconds(1));
  for (std::uint32_t i = 0; i < 4; ++i) window.record(kStart, i, milliseconds(i + 1));
  EXPECT_EQ(window.statistics(kStart).min, milliseconds(2));
  window.record(kStart + milliseconds(600), 4, milliseconds(9));
  EXPECT_EQ(window.statistics(kStart + milliseconds(1100)).samples, 1u);
  EXPECT_EQ(window.statistics(kStart + seconds(2)).samples, 0u);
}

TEST(Window, TheNewestSamplesCanBeReadAlone) {
  Window window(100, seconds(60));
  for (std::uint32_t i = 0; i < 20; ++i) window.record(kStart, i, milliseconds(i < 12 ? 10 : 40));
  EXPECT_EQ(window.statistics(kStart).p50, milliseconds(10));
  EXPECT_EQ(window.statistics(kStart, 8).p50, milliseconds(40));
}

TEST(Window, ALateReplyReplacesALossAndNothingReplacesAReply) {
  Window window(100, seconds(60));
  window.record(kStart, 1, std::nullopt);
  window.record(kStart, 1, milliseconds(30));
  window.record(kStart, 1, std::nullopt);
  const auto statistics = window.statistics(kStart);
  EXPECT_EQ(statistics.samples, 1u);
  EXPECT_EQ(statistics.loss, 0.0);
  EXPECT_EQ(statistics.p50, milliseconds(30));
}

}  // namespace
}  // namespace pathwise::te
