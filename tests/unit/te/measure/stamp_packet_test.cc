// SPDX-License-Identifier: Apache-2.0
#include "te/measure/stamp_packet.h"

#include <gmock/gmock.h>

#include "base/random.h"

namespace pathwise::te {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets from_hex(std::string_view text) {
  Octets octets;
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::string digits;
  for (const char c : text) {
    if (c != ' ') digits.push_back(c);
  }
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    octets.push_back(static_cast<std::uint8_t>(digit(digits[i]) << 4 | digit(digits[i + 1])));
  }
  return octets;
}

// RFC 8762 figure 2 with RFC 8972's SSID: sequence 7, PTP time, S=1 Z=1 scale 2 multiplier 5.
constexpr std::string_view kSenderHex =
    "00000007 65000001 0000abcd c205 1234"
    "00000000 00000000 00000000 00000000 00000000 00000000 00000000";
// RFC 8762 figure 5, the answer to it, and one unrecognised TLV of type 252.
constexpr std::string_view kReflectorHex =
    "00000007 65000009 00000010 4001 1234"
    "65000008 00000020 00000007 65000001 0000abcd c205 0000 40 000000"
    "80fc0004 deadbeef";

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

TEST(StampSenderPacket, RefusesPacketsThatAreTooShortOrTooLong) {
  EXPECT_FALSE(StampSenderPacket::decode(Octets(kStampBaseSize - 1)));
  EXPECT_FALSE(StampReflectorPacket::decode(Octets(kStampBaseSize - 1)));
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
