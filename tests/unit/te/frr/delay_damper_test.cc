// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/delay_damper.h"

#include <gtest/gtest.h>

namespace pathwise::te {
namespace {

LinkDelay delay(int us) {
  return link_delay_from_round_trip(Microseconds(2 * us), Microseconds(2 * us));
}

class DelayDamperTest : public testing::Test {
 protected:
  bool advertises(int us) { return damper_.update(clock_.now(), delay(us)).has_value(); }
  ManualClock clock_;
  DelayDamper damper_{DamperParams{}};
};

TEST_F(DelayDamperTest, TheFirstMeasurementIsAdvertisedAtOnce) {
  EXPECT_TRUE(advertises(1000));
  EXPECT_EQ(damper_.advertised(), delay(1000));
}

TEST_F(DelayDamperTest, ASignificantChangeAfterAQuietTimeIsImmediate) {
  advertises(1000);
  clock_.advance(std::chrono::seconds(60));
  EXPECT_TRUE(advertises(30'000));
}

TEST_F(DelayDamperTest, AChangeInTheHoldTimeWaitsForItsEnd) {
  advertises(1000);
  clock_.advance(std::chrono::milliseconds(500));
  EXPECT_FALSE(advertises(30'000));
  clock_.advance(std::chrono::milliseconds(1499));
  EXPECT_FALSE(advertises(30'000));
  clock_.advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(advertises(30'000));
}

TEST_F(DelayDamperTest, AChangeThatIsGoneWhenTheHoldTimeEndsIsNeverAdvertised) {
  advertises(1000);
  clock_.advance(std::chrono::milliseconds(500));
  EXPECT_FALSE(advertises(30'000));
  clock_.advance(std::chrono::seconds(5));
  EXPECT_FALSE(advertises(1010));
}

// RFC 8570 section 7: 120 s by default. Neither 10 % nor 300 us is no change, however long it stays.
TEST_F(DelayDamperTest, ASmallChangeWaitsForThePeriod) {
  advertises(10'000);
  clock_.advance(std::chrono::seconds(119));
  EXPECT_FALSE(advertises(10'500));  // 5 %, 500 us
  clock_.advance(std::chrono::seconds(1));
  EXPECT_FALSE(advertises(10'200));  // 2 %, 200 us
  EXPECT_TRUE(advertises(10'500));
  EXPECT_FALSE(advertises(11'000));
}

TEST_F(DelayDamperTest, SmallChangesAreNot) {
  advertises(10'000);
  clock_.advance(std::chrono::seconds(5));
  EXPECT_FALSE(advertises(10'900));  // 9 %
  EXPECT_TRUE(advertises(11'000));   // 10 %, 1 ms
  advertises(100);
  clock_.advance(std::chrono::seconds(5));
  EXPECT_TRUE(advertises(100));
  clock_.advance(std::chrono::seconds(5));
  EXPECT_FALSE(advertises(350));  // 250 %, but 250 us
  EXPECT_TRUE(advertises(400));
}

TEST_F(DelayDamperTest, AFailedUpdateIsOfferedAgainAfterTheHoldTime) {
  advertises(1000);
  damper_.failed();
  EXPECT_FALSE(advertises(1000));
  clock_.advance(std::chrono::seconds(2));
  EXPECT_TRUE(advertises(1000));
}

TEST_F(DelayDamperTest, WhatIsisDoesNotHaveIsOfferedAgainAndDiffers) {
  advertises(1000);
  damper_.heard(clock_.now(), Microseconds(10'000));
  EXPECT_FALSE(advertises(1000)) << "it may be on its way";
  clock_.advance(std::chrono::seconds(5));
  damper_.heard(clock_.now(), Microseconds(10'000));
  EXPECT_TRUE(damper_.unheard());
  const auto again = damper_.update(clock_.now(), delay(1000));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->min, Microseconds(1000));
  EXPECT_EQ(again->max, Microseconds(1001));
  clock_.advance(std::chrono::seconds(5));
  damper_.heard(clock_.now(), Microseconds(10'000));
  EXPECT_EQ(damper_.update(clock_.now(), delay(1000))->max, Microseconds(1002)) << "not what it was the last time";
}

TEST_F(DelayDamperTest, WhatIsisHasIsNotOfferedAgain) {
  advertises(1000);
  clock_.advance(std::chrono::seconds(30));
  damper_.heard(clock_.now(), Microseconds(1000));
  EXPECT_FALSE(damper_.unheard());
  EXPECT_FALSE(advertises(1000));
  damper_.heard(clock_.now(), Microseconds(9));
  EXPECT_TRUE(advertises(1000));
  damper_.heard(clock_.now(), Microseconds(1000));
  EXPECT_FALSE(damper_.unheard()) << "it has arrived";
}

TEST(LinkDelay, IsHalfTheRoundTripWithinTheLimitsOfTheField) {
  const LinkDelay ordinary = link_delay_from_round_trip(Microseconds(3001), Microseconds(5000));
  EXPECT_EQ(ordinary.min, Microseconds(1500));
  EXPECT_EQ(ordinary.average, Microseconds(1500));
  EXPECT_EQ(ordinary.max, Microseconds(2500));
  EXPECT_EQ(link_delay_from_round_trip(Microseconds(0), Microseconds(1)).min, Microseconds(1));
  EXPECT_EQ(link_delay_from_round_trip(std::chrono::seconds(60), std::chrono::seconds(61)).max, Microseconds(0xFFFFFF));
}

}  // namespace
}  // namespace pathwise::te
