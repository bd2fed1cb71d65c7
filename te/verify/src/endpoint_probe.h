// SPDX-License-Identifier: Apache-2.0
// The packet that shows who decapsulates at the end of a segment list. The kernel's encapsulation gives both
// headers one hop limit, and End.DT6 (RFC 8986 section 4.6) does not look at the outer one: that router is never
// seen by probes that go through the route. This packet is encapsulated here: the outer hop limit lasts, the
// inner one is 1, and the router that decapsulates must answer for it. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ip.h"

namespace pathwise::te {

struct EndpointProbe {
  Ipv6Address source;                 // of both headers: an address of ours that the network routes
  std::vector<Ipv6Address> segments;  // at least one
  Ipv6Address destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};

// H.Encaps (RFC 8986 section 5.1); one segment needs no SRH. `datagram` is the UDP payload.
[[nodiscard]] std::vector<std::uint8_t> encode(const EndpointProbe& probe, std::span<const std::uint8_t> datagram);

}  // namespace pathwise::te
