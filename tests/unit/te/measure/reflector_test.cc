// SPDX-License-Identifier: Apache-2.0
#include "te/measure/reflector.h"

#include <gtest/gtest.h>

#include "hex.h"

namespace pathwise::te {
namespace {

const SystemTime kReceived{std::chrono::seconds(1'000)};
const SystemTime kNow = kReceived + std::chrono::microseconds(30);
const Ipv6Address kSender = *Ipv6Address::parse("fd00:1:a::101");
const Ipv6Address kOurs = *Ipv6Address::parse("fd00:4:a::101");
const Ipv6Address kElsewhere = *Ipv6Address::parse("fd00:1:a::201");
constexpr std::string_view kKeyHex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
constexpr std::string_view kOtherHex = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

StampKey key(std::string_view hex = kKeyHex) {
  return *StampKey::from_hex(hex);
}

StampSenderPacket probe(std::vector<StampTlv> tlvs = {}) {
  StampSenderPacket packet;
  packet.sequence = 99;
  packet.ssid = 7;
  packet.timestamp = {5, 6};
  packet.error_estimate = {.synchronized = true, .ptp = true, .scale = 1, .multiplier = 3};
  packet.tlvs.list = std::move(tlvs);
  return packet;
}

// One reflector and what it answered last.
class ReflectorTest : public testing::Test {
 protected:
  ReflectorTest() : buffer_(kStampMaxSize) {}
  void configure(ReflectorParams params) { reflector_ = Reflector(std::move(params)); }

  std::expected<Reflection, Refusal> send(std::span<const std::uint8_t> octets) {
    const ProbeArrival arrival{.source = kSender,
                               .source_port = 4000,
                               .destination = kOurs,
                               .ifindex = 3,
                               .hop_limit = 61,
                               .traffic_class = traffic_class_,
                               .received = kReceived};
    auto result = reflector_.reflect(octets, arrival, kNow, buffer_);
    if (!result) return result;
    EXPECT_EQ(result->size, octets.size());  // RFC 8762 section 4.3: symmetrical
    octets_.assign(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(result->size));
    reply_ = *StampReflectorPacket::decode(octets_, stamp_mode_of(octets));
    return result;
  }
  Reflection reflected(const StampSenderPacket& packet) {
    const auto result = send(packet.encode());
    EXPECT_TRUE(result) << to_string(result.error());
    return result.value_or(Reflection{});
  }
  std::expected<Reflection, Refusal> send_signed(const StampSenderPacket& packet, const StampKey& with) {
    Octets octets = packet.encode(StampMode::kAuthenticated);
    sign(octets, StampMode::kAuthenticated, with);
    return send(octets);
  }
  const StampTlv& tlv(std::size_t index) { return reply_.tlvs.list.at(index); }

  Reflector reflector_{ReflectorParams{}};
  std::vector<std::uint8_t> buffer_;
  Octets octets_;
  StampReflectorPacket reply_;
  std::uint8_t traffic_class_ = 0;
};

TEST_F(ReflectorTest, CopiesTheSendersFieldsAndStampsBothTimes) {
  const Reflection result = reflected(probe());
  EXPECT_EQ(reply_.sequence, 99u);  // stateless: the sender's
  EXPECT_EQ(reply_.sender_sequence, 99u);
  EXPECT_EQ(reply_.ssid, 7);
  EXPECT_EQ(reply_.sender_timestamp, (StampTimestamp{5, 6}));
  EXPECT_EQ(reply_.sender_error_estimate, probe().error_estimate);
  EXPECT_EQ(reply_.sender_ttl, 61);
  EXPECT_EQ(elapsed(reply_.receive_timestamp, reply_.timestamp, true), std::chrono::microseconds(30));
  EXPECT_FALSE(reply_.error_estimate.synchronized);  // ours was not declared so
  EXPECT_EQ(result.destination, kSender);
}

TEST_F(ReflectorTest, AnswersInTheSendersTimeFormatWithItsOwnClocksError) {
  configure({.clock = ErrorEstimate::of(true, std::chrono::microseconds(50))});
  auto packet = probe();
  packet.error_estimate.ptp = false;
  reflected(packet);
  EXPECT_FALSE(reply_.error_estimate.ptp);
  EXPECT_EQ(reply_.timestamp, StampTimestamp::from(kNow, false));
  EXPECT_GE(*reply_.error_estimate.bound(), std::chrono::microseconds(50));
}

TEST_F(ReflectorTest, UnknownTlvsComeBackWithTheUFlagAlone) {
  reflected(probe({{.flags = 0x60, .type = 200, .value = {1, 2, 3}}, {.flags = 0, .type = kTlvLocation, .value = {}}}));
  EXPECT_EQ(tlv(0), (StampTlv{.flags = StampTlv::kUnrecognized, .type = 200, .value = {1, 2, 3}}));
  EXPECT_EQ(tlv(1), (StampTlv{.flags = StampTlv::kUnrecognized, .type = kTlvLocation, .value = {}}));
}

TEST_F(ReflectorTest, TheHandlerReadsThePeersValueAndPutsItsOwn) {
  Octets seen;
  configure({.on_tlv = [&](const ProbeArrival& arrival, std::uint8_t type, std::span<std::uint8_t> value) {
    EXPECT_EQ(arrival.hop_limit, 61);
    if (type != kStampTlvFadHash) return false;
    seen.assign(value.begin(), value.end());
    value[0] = value[1] = 2;
    return true;
  }});
  reflected(probe({{.type = kStampTlvFadHash, .value = {1, 1}}, {.type = 200, .value = {9}}}));
  EXPECT_EQ(seen, (Octets{1, 1}));
  EXPECT_EQ(tlv(0), (StampTlv{.flags = 0, .type = kStampTlvFadHash, .value = {2, 2}}));
  EXPECT_EQ(tlv(1).flags, StampTlv::kUnrecognized);
}

TEST_F(ReflectorTest, AMalformedTlvEndsTheProcessingAndComesBackWithTheMFlag) {
  auto packet = probe();
  packet.tlvs.malformed = {0x80, 1, 0xFF, 0xFF, 5};
  reflected(packet);
  EXPECT_EQ(reply_.tlvs.malformed, (Octets{0xC0, 1, 0xFF, 0xFF, 5}));
  reflected(probe({{.type = kTlvClassOfService, .value = {1, 2}}, {.type = 200, .value = {7}}}));
  EXPECT_EQ(tlv(0), (StampTlv{.flags = StampTlv::kMalformed, .type = kTlvClassOfService, .value = {1, 2}}));
  EXPECT_EQ(tlv(1), (StampTlv{.type = 200, .value = {7}}));  // as it came
  for (const std::uint8_t type : {kTlvTimestampInformation, kTlvFollowUpTelemetry, kTlvDestinationNodeAddress}) {
    reflected(probe({{.type = type, .value = {1, 2, 3}}}));
    EXPECT_EQ(tlv(0).flags, StampTlv::kMalformed) << int{type};
  }
}

TEST_F(ReflectorTest, RefusesWhatIsNoTestPacket) {
  EXPECT_EQ(send(Octets(43)).error(), Refusal::kMalformed);
  EXPECT_EQ(send(Octets(kStampMaxSize + 1)).error(), Refusal::kMalformed);
}

TEST_F(ReflectorTest, AnswersOnlyWhoSignsOnceItHasKeys) {
  configure({.keys = {key(), key(kOtherHex)}});
  EXPECT_EQ(send(probe().encode()).error(), Refusal::kUnauthenticated);
  for (const std::string_view hex : {kKeyHex, kOtherHex}) {  // a key that is on its way out still counts
    ASSERT_TRUE(send_signed(probe(), key(hex)));
    EXPECT_EQ(reply_.sender_sequence, 99u);
    const std::vector<StampKey> keys{key(hex)};
    EXPECT_NE(signer_of(octets_, keys), nullptr);
  }
  EXPECT_EQ(send_signed(probe(), key("00000000000000000000000000000000")).error(), Refusal::kBadHmac);
}

TEST_F(ReflectorTest, WithoutKeysAnAuthenticatedProbeGetsNoAnswer) {
  EXPECT_EQ(send_signed(probe(), key()).error(), Refusal::kNoKey);
}

TEST_F(ReflectorTest, OthersAreAnsweredWhereThatIsAllowed) {
  configure({.keys = {key()}, .allow_unauthenticated = true});
  EXPECT_TRUE(send(probe().encode()));
  EXPECT_TRUE(send_signed(probe(), key()));
  EXPECT_EQ(send_signed(probe(), key(kOtherHex)).error(), Refusal::kBadHmac);  // not taken for one without a key
}

TEST_F(ReflectorTest, ASignedProbesTlvsAreSignedAnew) {
  configure({.keys = {key()}});
  traffic_class_ = 10 << 2;
  ASSERT_TRUE(send_signed(probe({ClassOfService{.dscp1 = 46}.tlv(), hmac_tlv()}), key()));
  EXPECT_EQ(ClassOfService::decode(tlv(0).value)->dscp2, 10);
  EXPECT_EQ(tlv(1).flags, 0);
  const std::vector<StampKey> keys{key()};
  EXPECT_EQ(check_tlvs(octets_, StampMode::kAuthenticated, keys), TlvIntegrity::kGood);
  EXPECT_NE(signer_of(octets_, keys), nullptr);
}

// RFC 8972 section 4.8: the base is right, the TLVs are not: they come back as they came, with I.
TEST_F(ReflectorTest, TlvsThatNobodyVouchesForComeBackWithTheIFlag) {
  configure({.keys = {key()}});
  const StampTlv service = ClassOfService{.dscp1 = 46}.tlv();
  ASSERT_TRUE(send_signed(probe({service}), key()));
  EXPECT_EQ(tlv(0).flags, StampTlv::kUnrecognized | StampTlv::kIntegrity);
  EXPECT_EQ(tlv(0).value, service.value);
  Octets octets = probe({service, hmac_tlv()}).encode(StampMode::kAuthenticated);
  sign(octets, StampMode::kAuthenticated, key());
  octets[kStampAuthenticatedSize + 4] ^= 0x80;  // in the Class of Service
  const auto result = send(octets);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->traffic_class, 0);
  EXPECT_NE(tlv(0).flags & StampTlv::kIntegrity, 0);
  EXPECT_NE(tlv(1).flags & StampTlv::kIntegrity, 0);
}

TEST_F(ReflectorTest, TheClassOfServiceOfTheReplyIsTheProbesUnlessASignedOneAsks) {
  traffic_class_ = 46 << 2 | 1;
  EXPECT_EQ(reflected(probe()).traffic_class, 46 << 2);
  EXPECT_EQ(reflected(probe({ClassOfService{.dscp1 = 10}.tlv()})).traffic_class, 46 << 2);
  EXPECT_EQ(*ClassOfService::decode(tlv(0).value), (ClassOfService{.dscp1 = 10, .dscp2 = 46, .ecn = 1, .reverse = 1}));
  EXPECT_EQ(reflected(probe({ClassOfService{.dscp1 = 46}.tlv()})).traffic_class, 46 << 2);
  EXPECT_EQ(ClassOfService::decode(tlv(0).value)->reverse, 0);
  configure({.keys = {key()}});
  const auto result = send_signed(probe({ClassOfService{.dscp1 = 10}.tlv(), hmac_tlv()}), key());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->traffic_class, 10 << 2);
  EXPECT_EQ(ClassOfService::decode(tlv(0).value)->reverse, 0);
}

TEST_F(ReflectorTest, SaysHowItKeepsTime) {
  configure({.sync = SyncSource::kPtp});
  reflected(probe({TimestampInformation{}.tlv()}));
  EXPECT_EQ(tlv(0).flags, 0);
  EXPECT_EQ(*TimestampInformation::decode(tlv(0).value), (TimestampInformation{.sync_in = SyncSource::kPtp,
                                                                               .method_in = StampMethod::kSoftware,
                                                                               .sync_out = SyncSource::kPtp,
                                                                               .method_out = StampMethod::kSoftware}));
}

TEST_F(ReflectorTest, AReturnAddressIsUsedWhereItIsAPathOfOurs) {
  const StampTlv wanted = ReturnPath{.address = kElsewhere}.tlv();
  EXPECT_EQ(reflected(probe({wanted})).destination, kSender);
  EXPECT_EQ(tlv(0).flags, StampTlv::kUnrecognized);
  configure({.can_return_to = [](const Ipv6Address& address) { return address == kElsewhere; }});
  EXPECT_EQ(reflected(probe({wanted})).destination, kElsewhere);
  EXPECT_EQ(tlv(0).flags, 0);
  EXPECT_EQ(reflected(probe({ReturnPath{.address = kOurs}.tlv()})).destination, kSender);
  EXPECT_EQ(tlv(0).flags, StampTlv::kUnrecognized);
  // Only the first counts.
  EXPECT_EQ(reflected(probe({wanted, ReturnPath{.address = kOurs}.tlv()})).destination, kElsewhere);
  EXPECT_EQ(tlv(1).flags, StampTlv::kUnrecognized);
}

TEST_F(ReflectorTest, ASegmentListIsRefused) {
  configure({.can_return_to = [](const Ipv6Address&) { return true; }});
  for (const ReturnPath& path : {ReturnPath{.segments = {kElsewhere}},
                                 ReturnPath{.address = kElsewhere, .segments = {kElsewhere}}, ReturnPath{}}) {
    EXPECT_EQ(reflected(probe({path.tlv()})).destination, kSender);
    EXPECT_EQ(tlv(0).flags, StampTlv::kUnrecognized);
  }
}

TEST_F(ReflectorTest, TheControlCodeAsksForTheSameLinkOrForNoReply) {
  EXPECT_TRUE(reflected(probe({ReturnPath{.control_code = ReturnPath::kSameLink}.tlv()})).same_link);
  EXPECT_EQ(tlv(0).flags, 0);
  EXPECT_EQ(send(probe({ReturnPath{.control_code = 0xFE}.tlv()}).encode()).error(), Refusal::kNoReply);
  EXPECT_FALSE(reflected(probe()).same_link);
}

TEST_F(ReflectorTest, TheDestinationNodeIsUsOrNotUs) {
  configure({.is_ours = [](const Ipv6Address& address) { return address == kElsewhere; }});
  reflected(probe({destination_node_tlv(kOurs), destination_node_tlv(kElsewhere), destination_node_tlv(kSender)}));
  EXPECT_EQ(tlv(0).flags, 0);
  EXPECT_EQ(tlv(1).flags, 0);
  EXPECT_EQ(tlv(2).flags, StampTlv::kUnrecognized);
}

TEST_F(ReflectorTest, TellsWhenTheReplyBeforeLeft) {
  const std::vector<StampTlv> asks{FollowUpTelemetry{}.tlv()};
  EXPECT_TRUE(reflected(probe(asks)).follow_up);
  EXPECT_EQ(*FollowUpTelemetry::decode(tlv(0).value), FollowUpTelemetry{});
  const SystemTime left = kNow + std::chrono::microseconds(12);
  reflector_.transmitted(kSender, 4000, 7, 99, left);
  auto next = probe(asks);
  next.sequence = 100;
  reflected(next);
  EXPECT_EQ(*FollowUpTelemetry::decode(tlv(0).value),
            (FollowUpTelemetry{
                .sequence = 99, .timestamp = StampTimestamp::from(left, true), .method = StampMethod::kSoftware}));
  next.ssid = 8;  // another session
  reflected(next);
  EXPECT_EQ(*FollowUpTelemetry::decode(tlv(0).value), FollowUpTelemetry{});
}

}  // namespace
}  // namespace pathwise::te
