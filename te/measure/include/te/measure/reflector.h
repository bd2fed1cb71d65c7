// SPDX-License-Identifier: Apache-2.0
// The Session-Reflector of RFC 8762 section 4.3 in stateless mode, with the TLV rules of RFC 8972
// section 4: pure, one packet in, one packet out. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ip.h"
#include "te/measure/stamp_packet.h"

namespace pathwise::te {

// How a probe arrived.
struct ProbeArrival {
  Ipv6Address source;
  Ipv6Address destination;
  std::uint32_t ifindex = 0;  // of the receiving interface
  std::uint8_t hop_limit = 0;
  SystemTime received;  // T2: the kernel's time stamp
};

// Sees each TLV of a probe; may read the sender's value and write its own in place (the length must
// stay: a reflected packet is as long as the probe). Returns true if it understands the TLV: its U flag is cleared
// then.
using TlvHandler = std::function<bool(const ProbeArrival& arrival, StampTlv& tlv)>;

// The octets to send back, T3 = `now`. Same length as the probe. Errors: not a STAMP packet.
[[nodiscard]] Result<std::vector<std::uint8_t>> reflect(std::span<const std::uint8_t> probe,
                                                        const ProbeArrival& arrival, SystemTime now,
                                                        const TlvHandler& handler);

}  // namespace pathwise::te
