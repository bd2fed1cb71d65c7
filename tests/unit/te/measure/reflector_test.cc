// SPDX-License-Identifier: Apache-2.0
#include "te/measure/reflector.h"

#include <gtest/gtest.h>

namespace pathwise::te {
namespace {

const SystemTime kReceived{std::chrono::seconds(1'000)};
const SystemTime kNow = kReceived + std::chrono::microseconds(30);

StampSenderPacket probe() {
  StampSenderPacket packet;
  packet.sequence = 99;
  packet.ssid = 7;
  packet.timestamp = {5, 6};
  packet.error_estimate = {.synchronized = true, .ptp = false, .scale = 1, .multiplier = 3};
  return packet;
}

StampReflectorPacket reflected(const StampSenderPacket& packet, const TlvHandler& handler = {}) {
  const auto octets = reflect(packet.encode(), {.hop_limit = 61, .received = kReceived}, kNow, handler);
  EXPECT_TRUE(octets);
  EXPECT_EQ(octets->size(), packet.encode().size());  // RFC 8762 section 4.3: symmetrical
  auto reply = StampReflectorPacket::decode(*octets);
  EXPECT_TRUE(reply);
  return *reply;
}

TEST(Reflect, CopiesTheSendersFieldsAndStampsBothTimes) {
  const auto reply = reflected(probe());
  EXPECT_EQ(reply.sequence, 99u);  // stateless: the sender's
  EXPECT_EQ(reply.sender_sequence, 99u);
  EXPECT_EQ(reply.ssid, 7);
  EXPECT_EQ(reply.sender_timestamp, (StampTimestamp{5, 6}));
  EXPECT_EQ(reply.sender_error_estimate, probe().error_estimate);
  EXPECT_EQ(reply.sender_ttl, 61);
  EXPECT_EQ(elapsed(reply.receive_timestamp, reply.timestamp, reply.error_estimate.ptp), std::chrono::microseconds(30));
}

TEST(Reflect, UnknownTlvsComeBackWithTheUFlag) {
  auto packet = probe();
  packet.tlvs.list = {{.flags = 0, .type = 200, .value = {1, 2, 3}}};
  const auto reply = reflected(packet);
  ASSERT_EQ(reply.tlvs.list.size(), 1u);
  EXPECT_EQ(reply.tlvs.list[0], (StampTlv{.flags = StampTlv::kUnrecognized, .type = 200, .value = {1, 2, 3}}));
}

TEST(Reflect, TheHandlerReadsThePeersValueAndPutsItsOwn) {
  auto packet = probe();
  packet.tlvs.list = {{.type = kStampTlvFadHash, .value = {1, 1}}, {.type = 200, .value = {9}}};
  std::vector<std::uint8_t> seen;
  const auto reply = reflected(packet, [&](const ProbeArrival& arrival, StampTlv& tlv) {
    EXPECT_EQ(arrival.hop_limit, 61);
    if (tlv.type != kStampTlvFadHash) return false;
    seen = tlv.value;
    tlv.value = {2, 2, 2, 2};  // too long: cut to the probe's length
    return true;
  });
  EXPECT_EQ(seen, (std::vector<std::uint8_t>{1, 1}));
  ASSERT_EQ(reply.tlvs.list.size(), 2u);
  EXPECT_EQ(reply.tlvs.list[0], (StampTlv{.flags = 0, .type = kStampTlvFadHash, .value = {2, 2}}));
  EXPECT_EQ(reply.tlvs.list[1].flags, StampTlv::kUnrecognized);
}

TEST(Reflect, AMalformedTlvComesBackWithTheMFlag) {
  auto packet = probe();
  packet.tlvs.malformed = {0x80, 1, 0xFF, 0xFF, 5};
  EXPECT_EQ(reflected(packet).tlvs.malformed, (std::vector<std::uint8_t>{0xC0, 1, 0xFF, 0xFF, 5}));
}

TEST(Reflect, RefusesWhatIsNoTestPacket) {
  EXPECT_FALSE(reflect(std::vector<std::uint8_t>(43), {}, kNow, {}));
}

}  // namespace
}  // namespace pathwise::te
