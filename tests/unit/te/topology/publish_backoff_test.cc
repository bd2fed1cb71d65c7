// SPDX-License-Identifier: Apache-2.0
#include "te/topology/publish_backoff.h"

#include <gtest/gtest.h>

namespace pathwise::te {
namespace {

TEST(PublishBackoff, TheFirstChangeIsPublishedSoonAndLaterOnesAtGrowingIntervals) {
  ManualClock clock;
  PublishBackoff backoff;
  EXPECT_EQ(backoff.due(), std::nullopt);
  std::vector<std::int64_t> gaps;
  SteadyTime last = clock.now();
  for (int i = 0; i < 7; ++i) {
    backoff.changed(clock.now());
    const SteadyTime due = *backoff.due();
    gaps.push_back(std::chrono::duration_cast<Milliseconds>(due - last).count());
    clock.advance(due - clock.now());
    backoff.published(clock.now());
    last = clock.now();
  }
  EXPECT_EQ(gaps, (std::vector<std::int64_t>{10, 50, 100, 200, 400, 500, 500}));
}

TEST(PublishBackoff, ChangesThatAreWaitingDoNotDelayThePublication) {
  ManualClock clock;
  PublishBackoff backoff;
  backoff.changed(clock.now());
  const auto due = backoff.due();
  clock.advance(Milliseconds(9));
  backoff.changed(clock.now());
  EXPECT_EQ(backoff.due(), due);
}

TEST(PublishBackoff, IsQuickAgainAfterAQuietTime) {
  ManualClock clock;
  PublishBackoff backoff;
  for (int i = 0; i < 5; ++i) {
    backoff.changed(clock.now());
    clock.advance(*backoff.due() - clock.now());
    backoff.published(clock.now());
  }
  clock.advance(std::chrono::seconds(2));
  backoff.changed(clock.now());
  EXPECT_EQ(*backoff.due() - clock.now(), Milliseconds(10));
}

}  // namespace
}  // namespace pathwise::te
