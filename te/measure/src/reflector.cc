// SPDX-License-Identifier: Apache-2.0
#include "te/measure/reflector.h"

namespace pathwise::te {
namespace {

// RFC 8972 section 4: U says whether the reflector understood the TLV; M is its verdict on the
// form; I is set only by an HMAC check, which this reflector does not have.
StampTlvs reflect_tlvs(StampTlvs tlvs, const ProbeArrival& arrival, const TlvHandler& handler) {
  for (StampTlv& tlv : tlvs.list) {
    const std::size_t length = tlv.value.size();
    tlv.flags &= static_cast<std::uint8_t>(~(StampTlv::kMalformed | StampTlv::kIntegrity));
    const bool understood = handler && handler(arrival, tlv);
    tlv.value.resize(length);
    if (understood) {
      tlv.flags &= static_cast<std::uint8_t>(~StampTlv::kUnrecognized);
    } else {
      tlv.flags |= StampTlv::kUnrecognized;
    }
  }
  if (!tlvs.malformed.empty()) tlvs.malformed[0] |= StampTlv::kMalformed;
  return tlvs;
}

}  // namespace

Result<std::vector<std::uint8_t>> reflect(std::span<const std::uint8_t> probe, const ProbeArrival& arrival,
                                          SystemTime now, const TlvHandler& handler) {
  auto packet = StampSenderPacket::decode(probe);
  if (!packet) return std::unexpected(packet.error());
  StampReflectorPacket reply;
  reply.sequence = packet->sequence;
  reply.timestamp = StampTimestamp::from(now, reply.error_estimate.ptp);
  reply.ssid = packet->ssid;
  reply.receive_timestamp = StampTimestamp::from(arrival.received, reply.error_estimate.ptp);
  reply.sender_sequence = packet->sequence;
  reply.sender_timestamp = packet->timestamp;
  reply.sender_error_estimate = packet->error_estimate;
  reply.sender_ttl = arrival.hop_limit;
  reply.tlvs = reflect_tlvs(std::move(packet->tlvs), arrival, handler);
  return reply.encode();
}

}  // namespace pathwise::te
