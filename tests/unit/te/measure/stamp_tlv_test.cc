// SPDX-License-Identifier: Apache-2.0
#include "te/measure/stamp_tlv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "hex.h"

namespace pathwise::te {
namespace {

TEST(ClassOfService, MatchesTheVectorBothWays) {
  // DSCP1 46, DSCP2 10, ECN 2, RP 1: 101110 001010 10 01
  const Octets octets = from_hex("b8a90000");
  const auto service = ClassOfService::decode(octets);
  ASSERT_TRUE(service);
  EXPECT_EQ(*service, (ClassOfService{.dscp1 = 46, .dscp2 = 10, .ecn = 2, .reverse = 1}));
  EXPECT_EQ(service->tlv(), (StampTlv{.type = 4, .value = octets}));
  EXPECT_FALSE(ClassOfService::decode(from_hex("b8a900")));
}

TEST(TimestampInformation, MatchesTheVectorBothWays) {
  const Octets octets = from_hex("01020502");
  const auto information = TimestampInformation::decode(octets);
  ASSERT_TRUE(information);
  EXPECT_EQ(*information, (TimestampInformation{.sync_in = SyncSource::kNtp,
                                                .method_in = StampMethod::kSoftware,
                                                .sync_out = SyncSource::kFreeRunning,
                                                .method_out = StampMethod::kSoftware}));
  EXPECT_EQ(information->tlv(), (StampTlv{.type = 3, .value = octets}));
}

TEST(FollowUpTelemetry, MatchesTheVectorBothWays) {
  const Octets octets = from_hex("00000009 65000008 00000020 02 000000");
  const auto telemetry = FollowUpTelemetry::decode(octets);
  ASSERT_TRUE(telemetry);
  EXPECT_EQ(*telemetry,
            (FollowUpTelemetry{.sequence = 9, .timestamp = {0x65000008, 0x20}, .method = StampMethod::kSoftware}));
  EXPECT_EQ(telemetry->tlv(), (StampTlv{.type = 7, .value = octets}));
  EXPECT_FALSE(FollowUpTelemetry::decode(std::span(octets).first(15)));
}

TEST(ReturnPath, MatchesTheVectorsBothWays) {
  const auto address = *Ipv6Address::parse("fd00:1:a::101");
  const Octets address_octets = from_hex("80020010 fd000001000a00000000000000000101");
  EXPECT_EQ(ReturnPath{.address = address}.tlv().value, address_octets);
  EXPECT_EQ(ReturnPath::decode(address_octets), (ReturnPath{.address = address}));
  const Octets same_link = from_hex("80010004 00000001");
  EXPECT_EQ(ReturnPath{.control_code = ReturnPath::kSameLink}.tlv().value, same_link);
  EXPECT_EQ(ReturnPath::decode(same_link), (ReturnPath{.control_code = ReturnPath::kSameLink}));
  const ReturnPath segments{.segments = {address, *Ipv6Address::parse("fcbb:bb00:1:fe00::")}};
  EXPECT_EQ(ReturnPath::decode(segments.tlv().value), segments);
}

TEST(ReturnPath, WrongLengthsDoNotDecodeAndWhatWeCannotDoIsSaid) {
  for (const char* wrong : {"80010003 000001", "80020005 0102030405", "8004000f 0102030405060708090a0b0c0d0e0f",
                            "80040000", "800200", "80020010 fd00"}) {
    EXPECT_FALSE(ReturnPath::decode(from_hex(wrong))) << wrong;
  }
  EXPECT_TRUE(ReturnPath::decode(from_hex("80020004 0a000001"))->beyond_us);  // IPv4
  EXPECT_TRUE(ReturnPath::decode(from_hex("80030004 00010100"))->beyond_us);  // MPLS labels
  EXPECT_TRUE(ReturnPath::decode(from_hex("80630000"))->beyond_us);
  EXPECT_EQ(ReturnPath::decode({}), ReturnPath{});
}

TEST(ExtraPadding, IsAsLongAsAskedAndNothingThatCompresses) {
  EXPECT_FALSE(extra_padding_tlv(3));
  const auto padding = extra_padding_tlv(1000);
  ASSERT_TRUE(padding);
  EXPECT_EQ(padding->value.size(), 996u);
  std::array<int, 256> seen{};
  for (const std::uint8_t octet : padding->value) ++seen[octet];
  EXPECT_LT(*std::ranges::max_element(seen), 20);
}

TEST(DestinationNode, IsAnIpv6AddressOrNobodys) {
  const auto address = *Ipv6Address::parse("fd00::1");
  EXPECT_EQ(decode_destination_node(destination_node_tlv(address).value), address);
  EXPECT_EQ(decode_destination_node(from_hex("0a000001")), Ipv6Address{});
  EXPECT_FALSE(decode_destination_node(from_hex("0a0000")));
}

}  // namespace
}  // namespace pathwise::te
