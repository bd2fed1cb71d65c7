// SPDX-License-Identifier: Apache-2.0
#include "endpoint_probe.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "te/verify/quote.h"

namespace pathwise::te {
namespace {

using Octets = std::vector<std::uint8_t>;

const std::vector<std::uint8_t> kDatagram{1, 2, 3, 4, 5};

EndpointProbe probe(std::initializer_list<const char*> segments) {
  EndpointProbe probe{.source = *Ipv6Address::parse("2001:db8::2"),
                      .destination = *Ipv6Address::parse("fd00:2:a::101"),
                      .source_port = 40000,
                      .destination_port = 862};
  for (const char* segment : segments) probe.segments.push_back(*Ipv6Address::parse(segment));
  return probe;
}

std::size_t u16(const Octets& octets, std::size_t at) {
  return std::size_t{octets[at]} << 8 | octets[at + 1];
}
Ipv6Address address(const Octets& octets, std::size_t at) {
  Ipv6Address result;
  std::copy_n(octets.begin() + static_cast<std::ptrdiff_t>(at), 16, result.bytes.begin());
  return result;
}

// RFC 1071: with the checksum in its place, the sum over pseudo-header and datagram is all ones.
bool checksum_good(const Octets& inner) {
  std::size_t sum = u16(inner, 4) + inner[6];
  for (std::size_t i = 8; i < inner.size(); i += 2) {
    sum += i + 1 < inner.size() ? u16(inner, i) : std::size_t{inner[i]} << 8;
  }
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return sum == 0xFFFF;
}

TEST(EndpointProbe, OneSegmentNeedsNoSegmentRoutingHeader) {
  const Octets packet = encode(probe({"fcbb:bb80:4:fe00::"}), kDatagram);
  ASSERT_EQ(packet.size(), 40 + 40 + 8 + kDatagram.size());
  EXPECT_EQ(u16(packet, 4), packet.size() - 40);
  EXPECT_EQ(packet[6], 41);
  EXPECT_EQ(packet[7], 64);
  EXPECT_EQ(address(packet, 24), *Ipv6Address::parse("fcbb:bb80:4:fe00::"));
  const Octets inner(packet.begin() + 40, packet.end());
  EXPECT_EQ(inner[6], 17);
  EXPECT_EQ(inner[7], 1);  // expires where it is decapsulated
  EXPECT_EQ(address(inner, 8), *Ipv6Address::parse("2001:db8::2"));
  EXPECT_EQ(u16(inner, 44), 8 + kDatagram.size());
  EXPECT_TRUE(checksum_good(inner));
}

TEST(EndpointProbe, SeveralSegmentsStandInAHeaderLastFirst) {
  const Octets packet = encode(probe({"fcbb:bb00:11::", "fcbb:bb00:12::", "fcbb:bb80:4:fe00::"}), kDatagram);
  EXPECT_EQ(packet[6], 43);
  EXPECT_EQ(address(packet, 24), *Ipv6Address::parse("fcbb:bb00:11::"));
  EXPECT_EQ(Octets(packet.begin() + 40, packet.begin() + 48), (Octets{41, 6, 4, 2, 2, 0, 0, 0}));
  EXPECT_EQ(address(packet, 48), *Ipv6Address::parse("fcbb:bb80:4:fe00::"));
  EXPECT_EQ(address(packet, 80), *Ipv6Address::parse("fcbb:bb00:11::"));
  EXPECT_TRUE(checksum_good(Octets(packet.begin() + 96, packet.end())));
}

TEST(EndpointProbe, WhatRoutersQuoteOfItIsUnderstood) {
  Octets error{kIcmpTimeExceeded, 0, 0, 0, 0, 0, 0, 0};
  const Octets packet = encode(probe({"fcbb:bb00:11::", "fcbb:bb80:4:fe00::"}), kDatagram);
  error.insert(error.end(), packet.begin(), packet.end());
  const auto quote = decode_icmp_quote(error);
  ASSERT_TRUE(quote);
  EXPECT_EQ(quote->source, *Ipv6Address::parse("2001:db8::2"));
  EXPECT_EQ(quote->source_port, 40000);
  EXPECT_EQ(quote->first_word, 0x01020304U);
}

}  // namespace
}  // namespace pathwise::te
