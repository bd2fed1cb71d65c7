// SPDX-License-Identifier: Apache-2.0
#include "te/verify/quote.h"

#include <gtest/gtest.h>

#include <vector>

namespace pathwise::te {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets operator+(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Ipv6Address address(std::string_view text) {
  return *Ipv6Address::parse(text);
}

Octets ipv6(std::uint8_t next, std::string_view source, std::string_view destination) {
  Octets header{0x60, 0, 0, 0, 0, 0, next, 1};
  for (const auto text : {source, destination}) {
    const auto bytes = address(text).bytes;
    header.insert(header.end(), bytes.begin(), bytes.end());
  }
  return header;
}

// Source port 40000, destination port 862, sequence 0x01020304.
Octets probe() {
  return {0x9c, 0x40, 0x03, 0x5e, 0, 52, 0, 0, 1, 2, 3, 4};
}

Octets expired() {
  return {kIcmpTimeExceeded, 0, 0, 0, 0, 0, 0, 0};
}

// An SRH with two segments (RFC 8754 section 2).
Octets srh() {
  Octets header{41, 4, 4, 1, 1, 0, 0, 0};
  header.resize(40);
  return header;
}

const Octets kInner = ipv6(17, "fd00:1:a::101", "fd00:2:a::101") + probe();
const IcmpQuote kQuote{.type = kIcmpTimeExceeded,
                       .code = 0,
                       .source = address("fd00:1:a::101"),
                       .destination = address("fd00:2:a::101"),
                       .source_port = 40000,
                       .destination_port = 862,
                       .first_word = 0x01020304};

TEST(IcmpQuote, ABareProbeIsFound) {
  EXPECT_EQ(decode_icmp_quote(expired() + kInner), kQuote);
}

TEST(IcmpQuote, AProbeInsideAnEncapsulationIsFound) {
  EXPECT_EQ(decode_icmp_quote(expired() + ipv6(41, "2001:db8::1", "fcbb:bb80:4:fe00::") + kInner), kQuote);
  EXPECT_EQ(decode_icmp_quote(expired() + ipv6(43, "2001:db8::1", "fcbb:bb00:11::") + srh() + kInner), kQuote);
}

TEST(IcmpQuote, UnreachablesCarryTheirCode) {
  const auto quote = decode_icmp_quote(Octets{kIcmpUnreachable, 4, 0, 0, 0, 0, 0, 0} + kInner);
  ASSERT_TRUE(quote);
  EXPECT_EQ(quote->type, kIcmpUnreachable);
  EXPECT_EQ(quote->code, 4);
}

TEST(IcmpQuote, EveryTruncationIsRefusedAndNoneOverruns) {
  const Octets whole = expired() + ipv6(43, "2001:db8::1", "fcbb:bb00:11::") + srh() + kInner;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Octets part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(decode_icmp_quote(part)) << size;
  }
}

TEST(IcmpQuote, WhatIsNoProbeIsRefused) {
  EXPECT_FALSE(decode_icmp_quote(Octets{128, 0, 0, 0, 0, 0, 0, 0} + kInner));     // echo
  EXPECT_FALSE(decode_icmp_quote(expired() + ipv6(6, "::1", "::2") + probe()));   // TCP
  EXPECT_FALSE(decode_icmp_quote(expired() + ipv6(44, "::1", "::2") + probe()));  // a fragment
  EXPECT_FALSE(decode_icmp_quote(expired() + Octets(40, 0x45) + probe()));        // not version 6
  Octets deep = expired();
  for (int i = 0; i < kMaxQuotedHeaders; ++i) deep = deep + ipv6(41, "::1", "::2");
  EXPECT_FALSE(decode_icmp_quote(deep + kInner));
}

}  // namespace
}  // namespace pathwise::te
