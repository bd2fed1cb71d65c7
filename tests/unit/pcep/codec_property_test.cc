// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "generate.h"

namespace pathwise::pcep {
namespace {

TEST(CodecProperty, DecodingWhatWasEncodedYieldsTheSameMessage) {
  for (std::uint32_t seed = 0; seed < 5'000; ++seed) {
    const Message message = test::Generator(seed).message();
    const Result<Bytes> bytes = encode_message(message);
    ASSERT_TRUE(bytes.has_value()) << "seed " << seed;
    ASSERT_EQ(bytes->size() % 4, 0U) << "seed " << seed;
    const Decoded<Message> again = decode_message(*bytes);
    ASSERT_TRUE(again.has_value()) << "seed " << seed << ": " << again.error().detail;
    ASSERT_EQ(*again, message) << "seed " << seed;
  }
}

// Damage never crashes a decoder; what still decodes is stable under another round trip.
TEST(CodecProperty, DamagedBytesAreRefusedOrStable) {
  int refused = 0;
  int accepted = 0;
  for (std::uint32_t seed = 0; seed < 5'000; ++seed) {
    test::Generator random(seed);
    Bytes bytes = encode_message(random.message()).value();
    for (std::uint32_t hits = 1 + random.below(4); hits > 0; --hits)
      bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] = random.u8();
    const Decoded<Message> once = decode_message(bytes);
    if (!once) {
      ++refused;
      continue;
    }
    ++accepted;
    const Bytes canonical = encode_message(*once).value();
    const Decoded<Message> twice = decode_message(canonical);
    ASSERT_TRUE(twice.has_value()) << "seed " << seed << ": " << twice.error().detail;
    ASSERT_EQ(encode_message(*twice).value(), canonical) << "seed " << seed;
  }
  EXPECT_GT(refused, 500);
  EXPECT_GT(accepted, 500);
}

TEST(CodecProperty, EveryTruncationIsRefused) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const Bytes bytes = encode_message(test::Generator(seed).message()).value();
    for (std::size_t size = 0; size < bytes.size(); ++size)
      ASSERT_FALSE(decode_message(ByteView(bytes).first(size)).has_value()) << "seed " << seed << " size " << size;
  }
}

TEST(CodecProperty, WhatDoesNotFitItsLengthFieldIsNotEncoded) {
  Message message{.type = MessageType::kPcRpt};
  EroObject ero;
  for (int i = 0; i < 2'000; ++i) ero.hops.emplace_back(Srv6Subobject{.sid = Ipv6Address{}, .nai = AdjacencyNai{}});
  message.objects.emplace_back(ero);
  const Result<Bytes> bytes = encode_message(message);
  ASSERT_FALSE(bytes.has_value());
  EXPECT_EQ(bytes.error().code, ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace pathwise::pcep
