// SPDX-License-Identifier: Apache-2.0
#include "sender_session.h"

#include <algorithm>

namespace pathwise::te {
namespace {

constexpr std::uint8_t kDscpShift = 2;

std::vector<StampTlv> tlvs_of(const StampSessionConfig& config, StampMode mode) {
  std::vector<StampTlv> tlvs = config.tlvs;
  if (config.return_path) tlvs.push_back(config.return_path->tlv());
  if (config.dscp != 0) tlvs.push_back(ClassOfService{.dscp1 = config.dscp}.tlv());
  if (config.follow_up) tlvs.push_back(FollowUpTelemetry{}.tlv());
  if (mode == StampMode::kAuthenticated && !tlvs.empty()) tlvs.push_back(hmac_tlv());
  std::size_t size = stamp_base_size(mode);
  for (const StampTlv& tlv : tlvs) size += StampTlv::kHeader + tlv.value.size();
  if (config.size > size) {
    if (auto padding = extra_padding_tlv(config.size - size)) tlvs.push_back(std::move(*padding));
  }
  return tlvs;
}

// RFC 8972 section 4: I on any TLV, and none may be believed.
bool has_integrity_flag(std::span<const std::uint8_t> tlvs) {
  while (const auto tlv = next_tlv(tlvs)) {
    if ((tlv->flags() & StampTlv::kIntegrity) != 0) return true;
  }
  return false;
}

}  // namespace

SenderSession::SenderSession(StampSessionConfig config, StampMode mode)
    : config_(std::move(config)), mode_(mode), machine_(config_.params) {}

Result<SenderSession> SenderSession::create(StampSessionId id, StampSessionConfig config, StampMode mode,
                                            const ErrorEstimate& clock) {
  SenderSession session(std::move(config), mode);
  StampSenderPacket packet{.error_estimate = clock, .ssid = id, .tlvs = {}};
  packet.tlvs.list = tlvs_of(session.config_, mode);
  session.probe_ = packet.encode(mode);
  if (session.probe_.size() > kStampMaxSize) {
    return fail(ErrorCode::kInvalidArgument, "STAMP: a probe of {} octets; {} are the most", session.probe_.size(),
                kStampMaxSize);
  }
  return session;
}

std::span<std::uint8_t> SenderSession::next_probe(ProbeTime now, const StampKey* key) {
  last_sequence_ = machine_.send(now);
  set_sequence_and_time(probe_, mode_, last_sequence_, StampTimestamp::from(now.wall, true));
  if (key != nullptr) sign(probe_, mode_, *key);
  return probe_;
}

DatagramTarget SenderSession::target() const {
  return {.source = config_.local,
          .destination = config_.remote,
          .port = config_.remote_port,
          .ifindex = config_.ifindex,
          .traffic_class = static_cast<std::uint8_t>(config_.dscp << kDscpShift)};
}

ReplyVerdict SenderSession::on_reply(ProbeTime now, std::span<const std::uint8_t> octets, SystemTime received,
                                     std::span<const StampKey> keys, const ErrorEstimate& clock) {
  const auto packet = StampReflectorPacket::decode_base(octets, mode_);
  if (!packet) return ReplyVerdict::kMalformed;
  const bool authenticated = mode_ == StampMode::kAuthenticated;
  const StampKey* signer = authenticated ? signer_of(octets, keys) : nullptr;
  if (authenticated && signer == nullptr) return ReplyVerdict::kBadHmac;
  const ReplyKind kind = machine_.on_reply(now, to_reply(*packet, received, clock));
  if (kind == ReplyKind::kUnknown || kind == ReplyKind::kDuplicate) return ReplyVerdict::kUnmatched;
  last_reply_ = received;
  peer_ = packet->ssid != 0 ? PeerKind::kStamp : PeerKind::kTwampLight;
  const auto tlvs = octets.subspan(std::min(stamp_base_size(mode_), octets.size()));
  if (tlvs.empty()) {
    if (config_.return_path) return_via_ = ReturnVia::kOther;
    return ReplyVerdict::kTaken;
  }
  const bool integrity =
      !has_integrity_flag(tlvs) &&
      check_tlvs(octets, mode_, authenticated ? std::span(signer, 1) : keys) != TlvIntegrity::kFailed;
  if (integrity) read_tlvs(tlvs);
  return integrity ? ReplyVerdict::kTaken : ReplyVerdict::kTakenWithoutTlvs;
}

void SenderSession::read_tlvs(std::span<const std::uint8_t> tlvs) {
  while (const auto tlv = next_tlv(tlvs)) {
    if ((tlv->flags() & StampTlv::kMalformed) != 0) return;
    const bool understood = (tlv->flags() & StampTlv::kUnrecognized) == 0;
    if (tlv->type() == kTlvReturnPath && config_.return_path) {
      return_via_ = understood ? ReturnVia::kRequested : ReturnVia::kOther;
    }
    if (understood) read_tlv(*tlv);
  }
}

void SenderSession::read_tlv(const ConstTlvView& tlv) {
  switch (tlv.type()) {
    case kTlvClassOfService:
      if (const auto service = ClassOfService::decode(tlv.value())) dscp_arrived_ = service->dscp2;
      break;
    case kTlvFollowUpTelemetry:
      if (const auto telemetry = FollowUpTelemetry::decode(tlv.value())) machine_.on_follow_up(*telemetry);
      break;
    case kTlvTimestampInformation:
      clock_ = TimestampInformation::decode(tlv.value());
      break;
    default:
      break;
  }
}

StampSessionReport SenderSession::report(SteadyTime now) const {
  return {.alive = machine_.alive(),
          .statistics = machine_.statistics(now),
          .one_way = machine_.one_way(now),
          .counters = machine_.counters(),
          .last_reply = last_reply_,
          .return_via = return_via_,
          .peer = peer_,
          .dscp_arrived = dscp_arrived_,
          .clock = clock_};
}

}  // namespace pathwise::te
