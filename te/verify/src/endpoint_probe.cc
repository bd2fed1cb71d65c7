// SPDX-License-Identifier: Apache-2.0
#include "endpoint_probe.h"

namespace pathwise::te {
namespace {

constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kIpv6 = 41;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kSegmentRouting = 4;  // RFC 8754 section 8.1
constexpr std::uint8_t kOuterHopLimit = 64;
constexpr std::size_t kUdpHeader = 8;

using Octets = std::vector<std::uint8_t>;

void put16(Octets& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}
void put(Octets& out, const Ipv6Address& address) {
  out.insert(out.end(), address.bytes.begin(), address.bytes.end());
}

void put_ipv6(Octets& out, std::uint8_t next, std::uint8_t hop_limit, std::size_t payload, const Ipv6Address& source,
              const Ipv6Address& destination) {
  out.insert(out.end(), {0x60, 0, 0, 0});
  put16(out, payload);
  out.insert(out.end(), {next, hop_limit});
  put(out, source);
  put(out, destination);
}

// RFC 8200 section 8.1, over the pseudo-header and the datagram, whose checksum field is 0.
std::uint16_t checksum(const EndpointProbe& probe, const Octets& udp) {
  Octets summed;
  put(summed, probe.source);
  put(summed, probe.destination);
  put16(summed, udp.size());
  put16(summed, kUdp);
  summed.insert(summed.end(), udp.begin(), udp.end());
  if (summed.size() % 2 != 0) summed.push_back(0);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < summed.size(); i += 2) sum += std::uint32_t{summed[i]} << 8 | summed[i + 1];
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  const auto result = static_cast<std::uint16_t>(~sum);
  return result == 0 ? 0xFFFF : result;
}

Octets udp_datagram(const EndpointProbe& probe, std::span<const std::uint8_t> datagram) {
  Octets udp;
  put16(udp, probe.source_port);
  put16(udp, probe.destination_port);
  put16(udp, kUdpHeader + datagram.size());
  put16(udp, 0);
  udp.insert(udp.end(), datagram.begin(), datagram.end());
  const std::uint16_t sum = checksum(probe, udp);
  udp[6] = static_cast<std::uint8_t>(sum >> 8);
  udp[7] = static_cast<std::uint8_t>(sum);
  return udp;
}

// RFC 8754 section 2: the last segment first.
Octets segment_routing_header(const std::vector<Ipv6Address>& segments) {
  const auto last = static_cast<std::uint8_t>(segments.size() - 1);
  Octets header{kIpv6, static_cast<std::uint8_t>(2 * segments.size()), kSegmentRouting, last, last, 0, 0, 0};
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) put(header, *segment);
  return header;
}

}  // namespace

std::vector<std::uint8_t> encode(const EndpointProbe& probe, std::span<const std::uint8_t> datagram) {
  const Octets udp = udp_datagram(probe, datagram);
  Octets inner;
  put_ipv6(inner, kUdp, 1, udp.size(), probe.source, probe.destination);
  inner.insert(inner.end(), udp.begin(), udp.end());
  const Octets routing = probe.segments.size() > 1 ? segment_routing_header(probe.segments) : Octets{};
  Octets out;
  put_ipv6(out, routing.empty() ? kIpv6 : kRouting, kOuterHopLimit, routing.size() + inner.size(), probe.source,
           probe.segments.front());
  out.insert(out.end(), routing.begin(), routing.end());
  out.insert(out.end(), inner.begin(), inner.end());
  return out;
}

}  // namespace pathwise::te
