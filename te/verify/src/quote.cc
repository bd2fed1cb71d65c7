// SPDX-License-Identifier: Apache-2.0
#include "te/verify/quote.h"

#include <algorithm>

namespace pathwise::te {
namespace {

constexpr std::size_t kIcmpHeader = 8;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kUdpHeader = 8;

// RFC 8200 section 4 and the registry of protocol numbers.
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kIpv6 = 41;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kDestinationOptions = 60;

std::uint16_t u16(std::span<const std::uint8_t> octets, std::size_t at) {
  return static_cast<std::uint16_t>(octets[at] << 8 | octets[at + 1]);
}

Ipv6Address address(std::span<const std::uint8_t> octets, std::size_t at) {
  Ipv6Address result;
  std::ranges::copy(octets.subspan(at, result.bytes.size()), result.bytes.begin());
  return result;
}

bool read_datagram(std::span<const std::uint8_t> octets, IcmpQuote& quote) {
  if (octets.size() < kUdpHeader + 4) return false;
  quote.source_port = u16(octets, 0);
  quote.destination_port = u16(octets, 2);
  quote.first_word = std::uint32_t{u16(octets, kUdpHeader)} << 16 | u16(octets, kUdpHeader + 2);
  return true;
}

}  // namespace

std::optional<IcmpQuote> decode_icmp_quote(std::span<const std::uint8_t> message) {
  if (message.size() < kIcmpHeader) return std::nullopt;
  IcmpQuote quote{.type = message[0], .code = message[1]};
  if (quote.type != kIcmpUnreachable && quote.type != kIcmpTimeExceeded) return std::nullopt;
  std::span<const std::uint8_t> rest = message.subspan(kIcmpHeader);
  std::uint8_t next = kIpv6;
  for (int header = 0; header < kMaxQuotedHeaders; ++header) {
    if (next == kUdp) return header > 0 && read_datagram(rest, quote) ? std::optional(quote) : std::nullopt;
    std::size_t length = 0;
    if (next == kIpv6) {
      length = kIpv6Header;
      if (rest.size() < length || rest[0] >> 4 != 6) return std::nullopt;
      next = rest[6];
      quote.source = address(rest, 8);
      quote.destination = address(rest, 24);
    } else if (next == kHopByHop || next == kRouting || next == kDestinationOptions) {
      if (rest.size() < 2) return std::nullopt;
      length = 8 * (std::size_t{rest[1]} + 1);
      next = rest[0];
    } else {
      return std::nullopt;
    }
    if (rest.size() < length) return std::nullopt;
    rest = rest.subspan(length);
  }
  return std::nullopt;
}

}  // namespace pathwise::te
