// SPDX-License-Identifier: Apache-2.0
// What an ICMPv6 error says of a UDP probe of ours (RFC 4443 section 3): routers quote the packet as they
// hold it, so the probe may stand bare or inside an SRv6 encapsulation (outer header, perhaps a segment
// routing header). Decoding never reads past the message. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/ip.h"

namespace pathwise::te {

// Code points of RFC 4443.
inline constexpr std::uint8_t kIcmpUnreachable = 1;   // section 3.1
inline constexpr std::uint8_t kIcmpTimeExceeded = 3;  // section 3.3

struct IcmpQuote {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  // Of the innermost packet.
  Ipv6Address source;
  Ipv6Address destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t first_word = 0;  // of the datagram: STAMP's sequence number
  friend bool operator==(const IcmpQuote&, const IcmpQuote&) = default;
};

// `message` begins with the ICMPv6 header. nullopt: another type than the two, another protocol than UDP, a
// quote that ends before the datagram's first word, a fragment, or more than kMaxQuotedHeaders headers.
[[nodiscard]] std::optional<IcmpQuote> decode_icmp_quote(std::span<const std::uint8_t> message);

// Outer header, options, SRH, inner header, options, UDP: what is nested deeper is none of ours.
inline constexpr int kMaxQuotedHeaders = 8;

}  // namespace pathwise::te
