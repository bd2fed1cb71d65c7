// SPDX-License-Identifier: Apache-2.0
#include "te/measure/stamp_packet.h"

#include <gmock/gmock.h>

#include "base/random.h"
#include "hex.h"
#include "te/measure/stamp_tlv.h"

namespace pathwise::te {
namespace {

// RFC 8762 figure 2 with RFC 8972's SSID: sequence 7, PTP time, S=1 Z=1 scale 2 multiplier 5.
constexpr std::string_view kSenderHex =
    "00000007 65000001 0000abcd c205 1234"
    "00000000 00000000 00000000 00000000 00000000 00000000 00000000";
// RFC 8762 figure 5, the answer to it, and one unrecognised TLV of type 240.
constexpr std::string_view kReflectorHex =
    "00000007 65000009 00000010 4001 1234"
    "65000008 00000020 00000007 65000001 0000abcd c205 0000 40 000000"
    "80f00004 deadbeef";

TEST(StampSenderPacket, MatchesTheVectorBothWays) {
  const Octets octets = from_hex(kSenderHex);
  ASSERT_EQ(octets.size(), kStampBaseSize);
  const auto packet = StampSenderPacket::decode(octets);
  ASSERT_TRUE(packet) << packet.error().message;
  EXPECT_EQ(packet->sequence, 7u);
  EXPECT_EQ(packet->timestamp, (StampTimestamp{0x65000001, 0xabcd}));
  EXPECT_EQ(packet->error_estimate, (ErrorEstimate{.synchronized = true, .ptp = true, .scale = 2, .multiplier = 5}));
  EXPECT_EQ(packet->ssid, 0x1234);
  EXPECT_EQ(packet->encode(), octets);
}

TEST(StampReflectorPacket, MatchesTheVectorBothWays) {
  const Octets octets = from_hex(kReflectorHex);
  const auto packet = StampReflectorPacket::decode(octets);
  ASSERT_TRUE(packet) << packet.error().message;
  EXPECT_EQ(packet->sequence, 7u);
  EXPECT_EQ(packet->timestamp, (StampTimestamp{0x65000009, 0x10}));
  EXPECT_EQ(packet->receive_timestamp, (StampTimestamp{0x65000008, 0x20}));
  EXPECT_EQ(packet->sender_timestamp, (StampTimestamp{0x65000001, 0xabcd}));
  EXPECT_EQ(packet->sender_ttl, 0x40);
  ASSERT_EQ(packet->tlvs.list.size(), 1u);
  EXPECT_EQ(packet->tlvs.list[0],
            (StampTlv{.flags = 0x80, .type = kStampTlvFadHash, .value = {0xde, 0xad, 0xbe, 0xef}}));
  EXPECT_EQ(packet->encode(), octets);
}

// RFC 8762 figures 3 and 6: the same in authenticated mode, the HMAC zero.
constexpr std::string_view kAuthenticatedSenderHex =
    "00000007 000000000000000000000000 65000001 0000abcd c205 1234"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000 00000000000000000000000000000000";
constexpr std::string_view kAuthenticatedReflectorHex =
    "00000007 000000000000000000000000 65000009 00000010 4001 1234 00000000"
    "65000008 00000020 0000000000000000 00000007 000000000000000000000000"
    "65000001 0000abcd c205 000000000000 40 000000000000000000000000000000"
    "00000000000000000000000000000000";

TEST(StampSenderPacket, AuthenticatedMatchesTheVectorBothWays) {
  const Octets octets = from_hex(kAuthenticatedSenderHex);
  ASSERT_EQ(octets.size(), kStampAuthenticatedSize);
  EXPECT_EQ(stamp_mode_of(octets), StampMode::kAuthenticated);
  const auto packet = StampSenderPacket::decode(octets, StampMode::kAuthenticated);
  ASSERT_TRUE(packet) << packet.error().message;
  EXPECT_EQ(*packet, *StampSenderPacket::decode(from_hex(kSenderHex)));
  EXPECT_EQ(packet->encode(StampMode::kAuthenticated), octets);
}

TEST(StampReflectorPacket, AuthenticatedMatchesTheVectorBothWays) {
  const Octets octets = from_hex(kAuthenticatedReflectorHex);
  ASSERT_EQ(octets.size(), kStampAuthenticatedSize);
  const auto packet = StampReflectorPacket::decode(octets, StampMode::kAuthenticated);
  ASSERT_TRUE(packet) << packet.error().message;
  auto plain = *StampReflectorPacket::decode(from_hex(kReflectorHex));
  plain.tlvs = {};
  EXPECT_EQ(*packet, plain);
  EXPECT_EQ(packet->encode(StampMode::kAuthenticated), octets);
}

// RFC 5357 section 4.2.1: 41 octets, and what would be the session id is zero.
TEST(StampReflectorPacket, ATwampLightReplyEndsAfterTheTtl) {
  Octets octets = from_hex(kReflectorHex);
  octets.resize(kTwampLightReplySize);
  octets[14] = octets[15] = 0;
  const auto packet = StampReflectorPacket::decode(octets);
  ASSERT_TRUE(packet) << packet.error().message;
  EXPECT_EQ(packet->ssid, 0);
  EXPECT_EQ(packet->sender_ttl, 0x40);
  EXPECT_EQ(packet->tlvs, StampTlvs{});
  octets.pop_back();
  EXPECT_FALSE(StampReflectorPacket::decode(octets));
}

TEST(StampMode, AnUnauthenticatedPacketWithManyTlvsIsNotTakenForAnAuthenticatedOne) {
  auto packet = *StampSenderPacket::decode(from_hex(kSenderHex));
  packet.tlvs.list = {*extra_padding_tlv(200)};
  EXPECT_EQ(stamp_mode_of(packet.encode()), StampMode::kUnauthenticated);
  packet.timestamp = {};  // its error estimate still is not zero
  EXPECT_EQ(stamp_mode_of(packet.encode()), StampMode::kUnauthenticated);
}

TEST(ErrorEstimate, IsTheLeastThatIsNotBelowTheError) {
  using std::chrono::nanoseconds;
  for (const std::int64_t error :
       {1LL, 100LL, 1'000LL, 59'000LL, 60'000LL, 1'000'000LL, 3'333'333LL, 1'000'000'000LL}) {
    const auto estimate = ErrorEstimate::of(true, nanoseconds(error));
    ASSERT_TRUE(estimate.bound());
    EXPECT_GE(*estimate.bound(), nanoseconds(error));
    EXPECT_LE(*estimate.bound(), nanoseconds(error + error / 64 + 1));  // 8 bits of it
  }
  EXPECT_FALSE(ErrorEstimate::of(false, nanoseconds(1000)).bound());
  EXPECT_FALSE((ErrorEstimate{.synchronized = true, .multiplier = 0}).bound());
  EXPECT_GT(*(ErrorEstimate{.synchronized = true, .scale = 63, .multiplier = 255}).bound(), nanoseconds(0));
}

TEST(StampTimestamp, ConvertsToTheOtherFormatAndBack) {
  const SystemTime time{std::chrono::seconds(1'700'000'000) + std::chrono::nanoseconds(123'456'789)};
  const auto ptp = StampTimestamp::from(time, true);
  const auto ntp = StampTimestamp::from(time, false);
  EXPECT_EQ(ptp.converted(true, false), ntp);
  EXPECT_EQ(ntp.converted(false, true).seconds, ptp.seconds);
  EXPECT_NEAR(ntp.converted(false, true).fraction, ptp.fraction, 1.0);
  EXPECT_EQ((StampTimestamp{1, 0xFFFF'FFFF}.converted(true, false)).seconds, 1U + 2'208'988'800U);  // no valid PTP time
}

TEST(StampSenderPacket, RefusesPacketsThatAreTooShortOrTooLong) {
  EXPECT_FALSE(StampSenderPacket::decode(Octets(kStampBaseSize - 1)));
  EXPECT_FALSE(StampSenderPacket::decode(Octets(kStampAuthenticatedSize - 1), StampMode::kAuthenticated));
  EXPECT_FALSE(StampReflectorPacket::decode(Octets(kStampAuthenticatedSize - 1), StampMode::kAuthenticated));
  EXPECT_FALSE(StampSenderPacket::decode(Octets(kStampMaxSize + 1)));
  EXPECT_TRUE(StampSenderPacket::decode(Octets(kStampMaxSize)));
}

TEST(StampTlvs, AMalformedTailIsKeptAsItCame) {
  Octets octets = from_hex(kSenderHex);
  const Octets tail = from_hex("80010002 aabb 8002ffff 01");
  octets.insert(octets.end(), tail.begin(), tail.end());
  const auto packet = StampSenderPacket::decode(octets);
  ASSERT_TRUE(packet);
  ASSERT_EQ(packet->tlvs.list.size(), 1u);
  EXPECT_EQ(packet->tlvs.malformed, from_hex("8002ffff 01"));
  EXPECT_EQ(packet->encode(), octets);
}

TEST(StampSenderPacket, AnyOctetsDecodeToWhatEncodesToThemselves) {
  Random random(20260101);
  for (int round = 0; round < 2000; ++round) {
    Octets octets(kStampBaseSize + random.below(80));
    for (auto& octet : octets) octet = static_cast<std::uint8_t>(random.below(256));
    std::fill(octets.begin() + 16, octets.begin() + 44, std::uint8_t{0});  // must be zero
    const auto packet = StampSenderPacket::decode(octets);
    ASSERT_TRUE(packet);
    ASSERT_EQ(packet->encode(), octets);
  }
}

TEST(StampTimestamp, BothFormatsKeepNanosecondsOfDifference) {
  const SystemTime start{std::chrono::seconds(1'700'000'000) + std::chrono::nanoseconds(999'999'000)};
  const SystemTime end = start + std::chrono::microseconds(12'345);
  for (const bool ptp : {true, false}) {
    const auto difference = elapsed(StampTimestamp::from(start, ptp), StampTimestamp::from(end, ptp), ptp);
    EXPECT_NEAR(static_cast<double>(difference.count()), 12'345'000.0, 2.0) << ptp;
    const auto back = elapsed(StampTimestamp::from(end, ptp), StampTimestamp::from(start, ptp), ptp);
    EXPECT_NEAR(static_cast<double>(back.count()), -12'345'000.0, 2.0) << ptp;
  }
}

TEST(StampTimestamp, NtpCountsFrom1900) {
  const SystemTime epoch{};
  EXPECT_EQ(StampTimestamp::from(epoch, false).seconds, 2'208'988'800u);
  EXPECT_EQ(StampTimestamp::from(epoch + std::chrono::milliseconds(500), false).fraction, 0x8000'0000u);
}

TEST(StampTimestamp, DifferencesAreRightAcrossAWrapOfTheSeconds) {
  EXPECT_EQ(elapsed({0xFFFF'FFFF, 900'000'000}, {0, 100'000'000}, true), std::chrono::milliseconds(200));
}

}  // namespace
}  // namespace pathwise::te
