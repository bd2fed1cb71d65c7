// SPDX-License-Identifier: Apache-2.0
#include "te/measure/reflector.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace pathwise::te {
namespace {

constexpr std::size_t kFollowUpSessions = 4096;  // ours: 200 KiB, a power of two
constexpr std::uint8_t kDscpShift = 2;
constexpr std::uint8_t kEcnMask = 0x03;
constexpr std::size_t kFollowUpZeroed = 12;  // sequence number and time stamp

void set_flag(const TlvView& tlv, std::uint8_t flag, bool on) {
  tlv.flags() = static_cast<std::uint8_t>(on ? tlv.flags() | flag : tlv.flags() & ~flag);
}

// RFC 8972 section 4.8: the TLVs go back as they came, each with I.
void mark_integrity(std::span<std::uint8_t> tlvs) {
  while (const auto tlv = next_tlv(tlvs)) set_flag(*tlv, StampTlv::kIntegrity, true);
  if (!tlvs.empty()) tlvs[0] |= StampTlv::kIntegrity;
}

}  // namespace

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::kMalformed:
      return "malformed";
    case Refusal::kBadHmac:
      return "bad-hmac";
    case Refusal::kNoKey:
      return "no-key";
    case Refusal::kUnauthenticated:
      return "unauthenticated";
    case Refusal::kNoReply:
      return "no-reply";
  }
  return "malformed";
}

struct Reflector::Walk {
  const ProbeArrival& arrival;
  SystemTime now;
  bool ptp = true;             // of the reply
  bool authenticated = false;  // the packet
  Reflection& out;
  bool return_path_seen = false;
  bool no_reply = false;
};

std::expected<Reflection, Refusal> Reflector::reflect(std::span<const std::uint8_t> probe, const ProbeArrival& arrival,
                                                      SystemTime now, std::span<std::uint8_t> reply) {
  const StampMode mode = stamp_mode_of(probe);
  const auto packet = StampSenderPacket::decode_base(probe, mode);
  if (!packet || probe.size() > reply.size()) return std::unexpected(Refusal::kMalformed);
  const bool authenticated = mode == StampMode::kAuthenticated;
  if (authenticated && params_.keys.empty()) return std::unexpected(Refusal::kNoKey);
  const StampKey* signer = authenticated ? signer_of(probe, params_.keys) : nullptr;
  if (authenticated && signer == nullptr) return std::unexpected(Refusal::kBadHmac);
  if (!authenticated && !params_.keys.empty() && !params_.allow_unauthenticated) {
    return std::unexpected(Refusal::kUnauthenticated);
  }
  // In the sender's own time format: TWAMP Light senders may know no other.
  ErrorEstimate clock = params_.clock;
  clock.ptp = packet->error_estimate.ptp;
  const StampReflectorPacket base{.sequence = packet->sequence,
                                  .timestamp = StampTimestamp::from(now, clock.ptp),
                                  .error_estimate = clock,
                                  .ssid = packet->ssid,
                                  .receive_timestamp = StampTimestamp::from(arrival.received, clock.ptp),
                                  .sender_sequence = packet->sequence,
                                  .sender_timestamp = packet->timestamp,
                                  .sender_error_estimate = packet->error_estimate,
                                  .sender_ttl = arrival.hop_limit,
                                  .tlvs = {}};
  const std::span<std::uint8_t> octets = reply.first(probe.size());
  std::ranges::copy(probe, octets.begin());
  base.write_base(octets, mode);
  Reflection result{.size = octets.size(),
                    .destination = arrival.source,
                    .traffic_class = static_cast<std::uint8_t>(arrival.traffic_class & ~kEcnMask),
                    .ssid = packet->ssid,
                    .sequence = packet->sequence};
  const std::span<std::uint8_t> tlvs = octets.subspan(stamp_base_size(mode));
  const std::span<const StampKey> keys = authenticated ? std::span(signer, 1) : std::span(std::as_const(params_.keys));
  const TlvIntegrity integrity = check_tlvs(probe, mode, keys);
  if (integrity == TlvIntegrity::kFailed) {
    mark_integrity(tlvs);
  } else {
    Walk walk{.arrival = arrival, .now = now, .ptp = clock.ptp, .authenticated = authenticated, .out = result};
    answer_tlvs(walk, tlvs);
    if (walk.no_reply) return std::unexpected(Refusal::kNoReply);
  }
  if (authenticated) {
    sign(octets, mode, *signer);
  } else if (integrity == TlvIntegrity::kGood) {
    sign(octets, mode, keys.front());
  }
  return result;
}

// RFC 8972 section 4: U says whether we understood the TLV, M is our verdict on its form. The first malformed one
// ends the processing; what follows goes back as it came.
void Reflector::answer_tlvs(Walk& walk, std::span<std::uint8_t> tlvs) {
  while (const auto tlv = next_tlv(tlvs)) {
    tlv->flags() &= StampTlv::kUnrecognized;
    const Outcome outcome = answer(walk, *tlv);
    set_flag(*tlv, StampTlv::kUnrecognized, outcome == Outcome::kNotUnderstood);
    set_flag(*tlv, StampTlv::kMalformed, outcome == Outcome::kMalformed);
    if (outcome == Outcome::kMalformed) return;
  }
  if (!tlvs.empty()) tlvs[0] |= StampTlv::kMalformed;
}

Reflector::Outcome Reflector::answer(Walk& walk, const TlvView& tlv) {
  switch (tlv.type()) {
    case kTlvExtraPadding:
    case kTlvHmac:  // checked before we came here, and made anew after
      return Outcome::kUnderstood;
    case kTlvTimestampInformation:
      return answer_timestamp_information(tlv.value());
    case kTlvClassOfService:
      return answer_class_of_service(walk, tlv.value());
    case kTlvFollowUpTelemetry:
      return answer_follow_up(walk, tlv.value());
    case kTlvReturnPath:
      return answer_return_path(walk, tlv.value());
    case kTlvDestinationNodeAddress: {
      const auto node = decode_destination_node(tlv.value());
      if (!node) return Outcome::kMalformed;
      const bool ours = *node == walk.arrival.destination || (params_.is_ours && params_.is_ours(*node));
      return ours ? Outcome::kUnderstood : Outcome::kNotUnderstood;
    }
    default: {
      const bool understood = params_.on_tlv && params_.on_tlv(walk.arrival, tlv.type(), tlv.value());
      return understood ? Outcome::kUnderstood : Outcome::kNotUnderstood;
    }
  }
}

Reflector::Outcome Reflector::answer_timestamp_information(std::span<std::uint8_t> value) const {
  if (value.size() != TimestampInformation::kSize) return Outcome::kMalformed;
  TimestampInformation{.sync_in = params_.sync,
                       .method_in = StampMethod::kSoftware,
                       .sync_out = params_.sync,
                       .method_out = StampMethod::kSoftware}
      .encode(value);
  return Outcome::kUnderstood;
}

// Section 4.4 with erratum 8199. Our policy: who is authenticated chooses the class of the reply; others get the
// class that their probe came with, which no third party gains from.
Reflector::Outcome Reflector::answer_class_of_service(Walk& walk, std::span<std::uint8_t> value) const {
  auto service = ClassOfService::decode(value);
  if (!service) return Outcome::kMalformed;
  service->dscp2 = static_cast<std::uint8_t>(walk.arrival.traffic_class >> kDscpShift);
  service->ecn = static_cast<std::uint8_t>(walk.arrival.traffic_class & kEcnMask);
  const bool permitted = walk.authenticated || service->dscp1 == service->dscp2;
  service->reverse = permitted ? 0 : 1;
  walk.out.traffic_class = static_cast<std::uint8_t>((permitted ? service->dscp1 : service->dscp2) << kDscpShift);
  service->encode(value);
  return Outcome::kUnderstood;
}

Reflector::Outcome Reflector::answer_follow_up(Walk& walk, std::span<std::uint8_t> value) {
  if (value.size() != FollowUpTelemetry::kSize) {
    std::ranges::fill(value.first(std::min(value.size(), kFollowUpZeroed)), std::uint8_t{0});
    return Outcome::kMalformed;
  }
  const ProbeArrival& from = walk.arrival;
  Sent& last = sent(from.source, from.source_port, walk.out.ssid);
  FollowUpTelemetry telemetry;
  if (last.of(from.source, from.source_port, walk.out.ssid)) {
    telemetry = {.sequence = last.sequence,
                 .timestamp = StampTimestamp::from(last.when, walk.ptp),
                 .method = StampMethod::kSoftware};
  }
  telemetry.encode(value);
  last = {.source = from.source,
          .port = from.source_port,
          .ssid = walk.out.ssid,
          .sequence = walk.out.sequence,
          .when = walk.now};
  walk.out.follow_up = true;
  return Outcome::kUnderstood;
}

// RFC 9503 section 4.1. Only the first Return Path counts. A segment list is refused: whoever may name one may send
// our packets anywhere; the paths that we return on are those of our own SR policies, chosen by the address.
Reflector::Outcome Reflector::answer_return_path(Walk& walk, std::span<const std::uint8_t> value) const {
  if (std::exchange(walk.return_path_seen, true)) return Outcome::kNotUnderstood;
  const auto path = ReturnPath::decode(value);
  if (!path) return Outcome::kMalformed;
  if (path->control_code) {
    walk.out.same_link = (*path->control_code & ReturnPath::kSameLink) != 0;
    walk.no_reply = !walk.out.same_link;
    return Outcome::kUnderstood;
  }
  if (!path->address || !path->segments.empty() || path->beyond_us) return Outcome::kNotUnderstood;
  if (!params_.can_return_to || !params_.can_return_to(*path->address)) return Outcome::kNotUnderstood;
  walk.out.destination = *path->address;
  return Outcome::kUnderstood;
}

Reflector::Sent& Reflector::sent(const Ipv6Address& source, std::uint16_t port, std::uint16_t ssid) {
  if (sent_.empty()) sent_.resize(kFollowUpSessions);
  const std::size_t mixed = std::hash<Ipv6Address>{}(source) ^ (std::size_t{port} * 0x9E3779B1U) ^ ssid;
  return sent_[mixed & (kFollowUpSessions - 1)];
}

void Reflector::transmitted(const Ipv6Address& source, std::uint16_t port, std::uint16_t ssid, std::uint32_t sequence,
                            SystemTime when) {
  Sent& last = sent(source, port, ssid);
  if (last.of(source, port, ssid) && last.sequence == sequence && when >= last.when) last.when = when;
}

}  // namespace pathwise::te
