// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/loss_watch.h"

#include <gtest/gtest.h>

namespace pathwise::te {
namespace {

using std::chrono::seconds;

TEST(LossWatch, ARestartIsNoLoss) {
  ManualClock clock;
  LossWatch watch;
  EXPECT_FALSE(watch.withdraw(clock.now()));
  watch.lost(clock.now());
  clock.advance(seconds(4));
  EXPECT_FALSE(watch.withdraw(clock.now()));
  watch.synchronised();
  clock.advance(seconds(4));
  EXPECT_FALSE(watch.withdraw(clock.now()));
  EXPECT_FALSE(watch.publish());
}

TEST(LossWatch, WithdrawsOnceAndPublishesAgainEvenWhatDidNotChange) {
  ManualClock clock;
  LossWatch watch;
  watch.lost(clock.now());
  clock.advance(seconds(3));
  watch.lost(clock.now());  // zebra came back without isisd: it is the same loss
  clock.advance(seconds(3));
  EXPECT_TRUE(watch.withdraw(clock.now()));
  EXPECT_FALSE(watch.withdraw(clock.now()));
  watch.synchronised();
  EXPECT_TRUE(watch.publish());
  EXPECT_FALSE(watch.publish());
  watch.lost(clock.now());
  clock.advance(seconds(5));
  EXPECT_TRUE(watch.withdraw(clock.now()));
}

}  // namespace
}  // namespace pathwise::te
