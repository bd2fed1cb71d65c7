// SPDX-License-Identifier: Apache-2.0
// What decoders refuse, with the error of the RFC.
#include <gtest/gtest.h>

#include "pcep/codec/grammar.h"

namespace pathwise::pcep {
namespace {

Ipv6Address sid() {
  return Ipv6Address::parse("fcbb:bb00:2::").value();
}

// An ERO (class 7) or RRO (class 8) with one SRv6 subobject of the given flags word and body.
Decoded<Message> route(std::uint8_t object_class, std::uint16_t flags, std::size_t body_after_fixed) {
  Writer out;
  {
    const auto message = out.message(MessageType::kPcUpd);
    const auto object = out.object(object_class, 1, 0);
    const auto hop = out.subobject(40);
    out.u16(flags);
    out.u32(kBehaviorEnd);
    out.zeros(body_after_fixed);
  }
  return decode_message(out.bytes());
}

ErrorCodePoint error_of(const Decoded<Message>& message) {
  EXPECT_FALSE(message.has_value());
  return message ? ErrorCodePoint{} : message.error().answer;
}

TEST(Srv6Subobject, AcceptsTheLengthsOfTheTableAndEightMoreWithAStructure) {
  EXPECT_TRUE(route(7, 0x0002, 16).has_value());      // NT 0
  EXPECT_TRUE(route(7, 0x0006, 16).has_value());      // T, without the structure
  EXPECT_TRUE(route(7, 0x0006, 16 + 8).has_value());  // T, with it
  EXPECT_TRUE(route(7, 0x2000, 32).has_value());      // NT 2
  EXPECT_TRUE(route(7, 0x2001, 16).has_value());      // NT 2, no SID
  EXPECT_TRUE(route(7, 0x4004, 48 + 8).has_value());  // NT 4
  EXPECT_TRUE(route(7, 0x6000, 56).has_value());      // NT 6
  EXPECT_TRUE(route(7, 0x6001, 40).has_value());      // NT 6, no SID
  EXPECT_TRUE(route(7, 0x2005, 16).has_value());      // T is ignored without a SID
}

TEST(Srv6Subobject, RefusesWhatItsFlagsDoNotSay) {
  EXPECT_EQ(error_of(route(7, 0x0002, 32)), errors::kMalformedObject);
  EXPECT_EQ(error_of(route(7, 0x0002, 16 + 8)), errors::kMalformedObject);  // 8 more without T
  EXPECT_EQ(error_of(route(7, 0x0000, 16)), errors::kMalformedObject);      // NT 0 without F
  EXPECT_EQ(error_of(route(7, 0x2000, 16)), errors::kMalformedObject);
  EXPECT_EQ(error_of(route(7, 0x0003, 16)), errors::kEroSidAndNaiAbsent);
  EXPECT_EQ(error_of(route(8, 0x0003, 16)), errors::kRroSidAndNaiAbsent);
  for (const std::uint16_t nai : {0x1000, 0x3000, 0x5000, 0x7000, 0xF000})
    EXPECT_EQ(error_of(route(7, nai, 32)), errors::kUnsupportedNaiType);
}

TEST(Srv6Subobject, RefusesAStructureOfMoreThan128Bits) {
  Message message{.type = MessageType::kPcUpd};
  message.objects.emplace_back(EroObject{{Srv6Subobject{.sid = sid(), .structure = SidStructure{64, 32, 32, 1}}}});
  EXPECT_EQ(error_of(decode_message(encode_message(message).value())), errors::kInvalidSidStructure);
  message.objects[0] = EroObject{{Srv6Subobject{.sid = sid(), .structure = SidStructure{64, 32, 32, 0}}}};
  EXPECT_TRUE(decode_message(encode_message(message).value()).has_value());
}

TEST(MessageLength, SaysWhatIsWrongWithTheHeader) {
  const auto fault = [](Bytes bytes) {
    const Decoded<std::size_t> length = message_length(bytes);
    EXPECT_FALSE(length.has_value());
    return length ? DecodeError::Fault::kObject : length.error().fault;
  };
  EXPECT_EQ(fault({0x20, 2, 0, 0}), DecodeError::Fault::kFraming);
  EXPECT_EQ(fault({0x20, 2, 0, 3}), DecodeError::Fault::kFraming);
  EXPECT_EQ(fault({0x20, 2, 0, 6}), DecodeError::Fault::kFraming);
  EXPECT_EQ(fault({0x40, 2, 0, 4}), DecodeError::Fault::kVersion);
  EXPECT_EQ(message_length(Bytes{0x20, 2, 0}).value(), 0U);
  EXPECT_EQ(message_length(Bytes{0x20, 2, 0, 8}).value(), 8U);
}

TEST(ObjectLength, BelowItsHeaderOrUnevenOrOverrunningIsAFramingFault) {
  for (const std::uint8_t length : {0, 3, 6, 12}) {
    const Decoded<Message> message = decode_message(Bytes{0x20, 7, 0, 12, 15, 0x10, 0, length, 0, 0, 0, 1});
    ASSERT_FALSE(message.has_value()) << +length;
    EXPECT_EQ(message.error().fault, DecodeError::Fault::kFraming) << +length;
  }
}

TEST(ObjectContent, TooShortOrTooLongIsMalformed) {
  EXPECT_EQ(error_of(decode_message(Bytes{0x20, 7, 0, 8, 15, 0x10, 0, 4})), errors::kMalformedObject);
  EXPECT_EQ(error_of(decode_message(Bytes{0x20, 3, 0, 16, 5, 0x10, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0})),
            errors::kMalformedObject);
  // A TLV that overruns its object.
  EXPECT_EQ(error_of(decode_message(Bytes{0x20, 7, 0, 16, 15, 0x10, 0, 12, 0, 0, 0, 1, 0, 99, 0, 8})),
            errors::kMalformedObject);
}

TEST(Grammar, UpdatesWithoutTheirObjectsNameWhatIsMissing) {
  const SrpObject srp{.srp_id = 9};
  const LspObject lsp{.plsp_id = 3};
  const auto error = [](std::vector<Object> objects) {
    const auto parsed = parse_updates({.type = MessageType::kPcUpd, .objects = std::move(objects)});
    EXPECT_EQ(parsed.size(), 1U);
    return parsed[0].error();
  };
  EXPECT_EQ(error({}), (RequestError{errors::kSrpMissing, {}, {}}));
  EXPECT_EQ(error({lsp, EroObject{}}), (RequestError{errors::kSrpMissing, {}, lsp}));
  EXPECT_EQ(error({srp, EroObject{}}), (RequestError{errors::kLspMissing, srp, {}}));
  EXPECT_EQ(error({srp, lsp}), (RequestError{errors::kEroMissing, srp, lsp}));
}

TEST(Grammar, ReportsStandOrFallAlone) {
  Message message{.type = MessageType::kPcRpt};
  StateReport good;
  good.srp = SrpObject{};
  good.lsp.plsp_id = 1;
  good.actual.bandwidth = BandwidthObject{5};
  good.rro = RroObject{};
  good.intended.bandwidth = BandwidthObject{7};
  append(message, good);
  message.objects.emplace_back(LspObject{.plsp_id = 2});  // without its ERO
  StateReport last;
  last.lsp.plsp_id = 3;
  append(message, last);
  const auto parsed = parse_reports(message);
  ASSERT_EQ(parsed.size(), 3U);
  EXPECT_EQ(*parsed[0], good);
  EXPECT_EQ(parsed[1].error().code, errors::kEroMissing);
  EXPECT_EQ(*parsed[2], last);
}

}  // namespace
}  // namespace pathwise::pcep
