// SPDX-License-Identifier: Apache-2.0
// Whatever arrives on UDP 862: the decoders must not overrun, and what they accept must come back as
// it was, but for the fields that must be zero.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "te/measure/reflector.h"
#include "te/measure/stamp_packet.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pathwise::te;
  const std::span octets(data, size);
  const auto probe = StampSenderPacket::decode(octets);
  if (probe && StampSenderPacket::decode(probe->encode()) != probe) std::abort();
  const auto reply = StampReflectorPacket::decode(octets);
  if (reply && StampReflectorPacket::decode(reply->encode()) != reply) std::abort();
  const auto reflected = reflect(octets, {}, {}, [](const ProbeArrival&, StampTlv& tlv) { return tlv.type % 2 == 0; });
  if (reflected && reflected->size() != size) std::abort();
  return 0;
}
