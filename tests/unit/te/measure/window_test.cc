// SPDX-License-Identifier: Apache-2.0
#include "te/measure/window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>

#include "base/random.h"

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
  EXPECT_EQ(window.recent_median(kStart, 8), milliseconds(40));
  EXPECT_EQ(window.recent_median(kStart, 100), milliseconds(10));
  EXPECT_FALSE(window.recent_median(kStart + seconds(61), 8));
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

TEST(Window, ABetterMeasurementOfAReplyCorrectsIt) {
  Window window(100, seconds(60));
  for (std::uint32_t i = 0; i < 3; ++i) window.record(kStart, i, milliseconds(10 * (i + 1)));
  window.correct(1, -milliseconds(15));
  window.correct(7, -milliseconds(15));  // not there
  const auto statistics = window.statistics(kStart);
  EXPECT_EQ(statistics.min, milliseconds(5));
  EXPECT_EQ(statistics.mean, milliseconds(15));
  EXPECT_EQ(statistics.jitter, milliseconds(15));
  window.correct(0, -seconds(1));
  EXPECT_EQ(window.statistics(kStart).min, milliseconds(0));  // never below
}

// The same, kept in no other order than that of the samples, and sorted when asked.
class PlainWindow {
 public:
  PlainWindow(std::size_t most, seconds age) : most_(most), age_(age) {}
  void record(SteadyTime now, std::uint32_t sequence, std::optional<std::chrono::nanoseconds> rtt) {
    for (auto& sample : samples_) {
      if (sample.sequence != sequence) continue;
      if (!sample.rtt) sample.rtt = rtt;
      return;
    }
    samples_.push_back({now, sequence, rtt});
    while (samples_.size() > most_ || samples_.front().when + age_ < now) samples_.pop_front();
  }
  void correct(std::uint32_t sequence, std::chrono::nanoseconds by) {
    for (auto& sample : samples_) {
      if (sample.sequence == sequence && sample.rtt) sample.rtt = std::max(*sample.rtt + by, {});
    }
  }
  [[nodiscard]] WindowStatistics statistics(SteadyTime now) const {
    WindowStatistics result;
    std::vector<std::chrono::nanoseconds> rtts;
    for (const auto& sample : samples_) {
      if (sample.when + age_ < now) continue;
      ++result.samples;
      if (sample.rtt) rtts.push_back(*sample.rtt);
    }
    result.received = rtts.size();
    if (result.samples > 0) result.loss = 1.0 - static_cast<double>(rtts.size()) / static_cast<double>(result.samples);
    if (rtts.empty()) return result;
    std::chrono::nanoseconds sum{}, steps{};
    for (std::size_t i = 0; i < rtts.size(); ++i) {
      sum += rtts[i];
      if (i > 0) steps += std::chrono::abs(rtts[i] - rtts[i - 1]);
    }
    const auto us = [](std::chrono::nanoseconds value) { return std::chrono::duration_cast<Microseconds>(value); };
    if (rtts.size() > 1) result.jitter = us(steps / (rtts.size() - 1));
    result.mean = us(sum / rtts.size());
    std::ranges::sort(rtts);
    const auto rank = [&](double share) {
      return us(rtts[static_cast<std::size_t>(std::ceil(share * static_cast<double>(rtts.size()))) - 1]);
    };
    result.min = us(rtts.front());
    result.max = us(rtts.back());
    result.p50 = rank(0.5);
    result.p99 = rank(0.99);
    return result;
  }

 private:
  struct Sample {
    SteadyTime when;
    std::uint32_t sequence;
    std::optional<std::chrono::nanoseconds> rtt;
  };
  std::size_t most_;
  seconds age_;
  std::deque<Sample> samples_;
};

TEST(Window, SaysWhatAWindowThatSortsEachTimeSays) {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    Random random(seed);
    const std::size_t most = 1 + random.below(120);
    Window window(most, seconds(30));
    PlainWindow plain(most, seconds(30));
    SteadyTime now = kStart;
    std::uint32_t next = 0xFFFF'FF00;  // wraps on the way
    for (int round = 0; round < 3'000; ++round) {
      now += milliseconds(random.below(random.below(50) == 0 ? 20'000 : 200));
      const std::uint32_t sequence =
          random.below(4) == 0 ? next - static_cast<std::uint32_t>(random.below(20)) : ++next;
      std::optional<std::chrono::nanoseconds> rtt;
      if (random.below(5) != 0) rtt = std::chrono::nanoseconds(random.below(200'000'000));
      const auto by = std::chrono::nanoseconds(static_cast<std::int64_t>(random.below(100'000))) - milliseconds(50);
      const bool correcting = random.below(6) == 0;
      for (auto* each : {&window}) correcting ? each->correct(sequence, by) : each->record(now, sequence, rtt);
      for (auto* each : {&plain}) correcting ? each->correct(sequence, by) : each->record(now, sequence, rtt);
      const SteadyTime asked = now + (round % 10 == 0 ? seconds(random.below(40)) : seconds(0));
      const auto got = window.statistics(asked);
      const auto right = plain.statistics(asked);
      ASSERT_NEAR(got.loss, right.loss, 1e-9);
      auto compared = got;
      compared.loss = right.loss;
      ASSERT_EQ(compared, right) << "seed " << seed << " round " << round;
    }
  }
}

}  // namespace
}  // namespace pathwise::te
