// SPDX-License-Identifier: Apache-2.0
#include "te/measure/stamp_packet.h"

#include <algorithm>
#include <cmath>

#include "stamp_octets.h"

namespace pathwise::te {
namespace {

constexpr std::uint64_t kNtpUnixOffset = 2'208'988'800;  // 1900-01-01 to 1970-01-01 in seconds (RFC 5905)
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::uint8_t kMaxScale = 0x3F;

// |S|Z|  Scale (6)  |  Multiplier (8)  |
ErrorEstimate read_estimate(OctetReader& in) {
  const std::uint8_t first = in.u8();
  ErrorEstimate estimate;
  estimate.synchronized = (first & 0x80) != 0;
  estimate.ptp = (first & 0x40) != 0;
  estimate.scale = first & kMaxScale;
  estimate.multiplier = in.u8();
  return estimate;
}

void write_estimate(OctetWriter& out, const ErrorEstimate& estimate) {
  out.u8(static_cast<std::uint8_t>((estimate.synchronized ? 0x80 : 0) | (estimate.ptp ? 0x40 : 0) |
                                   (estimate.scale & kMaxScale)));
  out.u8(estimate.multiplier);
}

std::size_t size_of(const StampTlvs& tlvs) {
  std::size_t size = tlvs.malformed.size();
  for (const StampTlv& tlv : tlvs.list) size += StampTlv::kHeader + tlv.value.size();
  return size;
}

void write_tlvs(OctetWriter& out, const StampTlvs& tlvs) {
  for (const StampTlv& tlv : tlvs.list) {
    out.u8(tlv.flags);
    out.u8(tlv.type);
    out.u16(static_cast<std::uint16_t>(tlv.value.size()));
    out.bytes(tlv.value);
  }
  out.bytes(tlvs.malformed);
}

Result<void> check_size(std::span<const std::uint8_t> octets, std::size_t least) {
  if (octets.size() >= least && octets.size() <= kStampMaxSize) return {};
  return fail(ErrorCode::kInvalidArgument, "STAMP packet of {} octets; {} to {} are right", octets.size(), least,
              kStampMaxSize);
}

std::span<const std::uint8_t> after_base(std::span<const std::uint8_t> octets, StampMode mode) {
  return octets.subspan(std::min(stamp_base_size(mode), octets.size()));
}

}  // namespace

StampMode stamp_mode_of(std::span<const std::uint8_t> octets) {
  if (octets.size() < kStampAuthenticatedSize) return StampMode::kUnauthenticated;
  const auto zeros = octets.subspan(4, 12);
  return std::ranges::all_of(zeros, [](std::uint8_t octet) { return octet == 0; }) ? StampMode::kAuthenticated
                                                                                   : StampMode::kUnauthenticated;
}

ErrorEstimate ErrorEstimate::of(bool synchronized, std::chrono::nanoseconds error) {
  ErrorEstimate estimate{.synchronized = synchronized};
  double units = std::ceil(static_cast<double>(std::max<std::int64_t>(error.count(), 0)) * 0x1.0p32 / 1e9);
  while (units > 255 && estimate.scale < kMaxScale) {
    units = std::ceil(units / 2);
    ++estimate.scale;
  }
  estimate.multiplier = static_cast<std::uint8_t>(std::clamp(units, 1.0, 255.0));
  return estimate;
}

std::optional<std::chrono::nanoseconds> ErrorEstimate::bound() const {
  if (!synchronized || multiplier == 0) return std::nullopt;
  const double nanoseconds = std::ldexp(static_cast<double>(multiplier), int{scale} - 32) * 1e9;
  constexpr double kMost = 1e18;  // half of what 64 bits hold; a clock like that tells nothing anyway
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::ceil(std::min(nanoseconds, kMost))));
}

StampTimestamp StampTimestamp::from(SystemTime time, bool ptp) {
  const auto total = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  const auto seconds = static_cast<std::uint64_t>(total / kNanosecondsPerSecond);
  const auto nanoseconds = static_cast<std::uint64_t>(total % kNanosecondsPerSecond);
  if (ptp) return {static_cast<std::uint32_t>(seconds), static_cast<std::uint32_t>(nanoseconds)};
  return {static_cast<std::uint32_t>(seconds + kNtpUnixOffset),
          static_cast<std::uint32_t>((nanoseconds << 32) / static_cast<std::uint64_t>(kNanosecondsPerSecond))};
}

std::chrono::nanoseconds StampTimestamp::since_epoch(bool ptp) const {
  const std::uint64_t below =
      ptp ? fraction : (std::uint64_t{fraction} * static_cast<std::uint64_t>(kNanosecondsPerSecond)) >> 32;
  return std::chrono::seconds(seconds) + std::chrono::nanoseconds(below);
}

StampTimestamp StampTimestamp::converted(bool from_ptp, bool to_ptp) const {
  if (from_ptp == to_ptp) return *this;
  const auto offset = static_cast<std::uint32_t>(kNtpUnixOffset);
  if (to_ptp) {
    const std::uint64_t scaled = std::uint64_t{fraction} * static_cast<std::uint64_t>(kNanosecondsPerSecond);
    return {seconds - offset, static_cast<std::uint32_t>(scaled >> 32)};
  }
  const std::uint64_t nanoseconds = std::min<std::uint64_t>(fraction, kNanosecondsPerSecond - 1);
  return {seconds + offset,
          static_cast<std::uint32_t>((nanoseconds << 32) / static_cast<std::uint64_t>(kNanosecondsPerSecond))};
}

std::chrono::nanoseconds elapsed(StampTimestamp earlier, StampTimestamp later, bool ptp) {
  const auto seconds = static_cast<std::int32_t>(later.seconds - earlier.seconds);
  earlier.seconds = 0;
  later.seconds = 0;
  return std::chrono::seconds(seconds) + (later.since_epoch(ptp) - earlier.since_epoch(ptp));
}

StampTlvs StampTlvs::decode(std::span<const std::uint8_t> octets) {
  StampTlvs tlvs;
  while (const auto tlv = next_tlv(octets)) {
    tlvs.list.push_back(
        {.flags = tlv->flags(), .type = tlv->type(), .value = {tlv->value().begin(), tlv->value().end()}});
  }
  tlvs.malformed.assign(octets.begin(), octets.end());
  return tlvs;
}

// Sequence, [12 zeros,] time stamp, error estimate, SSID, 28 (68) zeros[, HMAC].
Result<StampSenderPacket> StampSenderPacket::decode_base(std::span<const std::uint8_t> octets, StampMode mode) {
  if (auto size = check_size(octets, stamp_base_size(mode)); !size) return std::unexpected(size.error());
  OctetReader in(octets);
  StampSenderPacket packet;
  packet.sequence = in.u32();
  if (mode == StampMode::kAuthenticated) in.skip(12);
  packet.timestamp = in.timestamp();
  packet.error_estimate = read_estimate(in);
  packet.ssid = in.u16();
  return packet;
}

Result<StampSenderPacket> StampSenderPacket::decode(std::span<const std::uint8_t> octets, StampMode mode) {
  auto packet = decode_base(octets, mode);
  if (packet) packet->tlvs = StampTlvs::decode(after_base(octets, mode));
  return packet;
}

std::vector<std::uint8_t> StampSenderPacket::encode(StampMode mode) const {
  const bool authenticated = mode == StampMode::kAuthenticated;
  std::vector<std::uint8_t> octets(stamp_base_size(mode) + size_of(tlvs));
  OctetWriter out(octets);
  out.u32(sequence);
  if (authenticated) out.zeros(12);
  out.timestamp(timestamp);
  write_estimate(out, error_estimate);
  out.u16(ssid);
  out.zeros(authenticated ? 68 + kStampHmacSize : 28);
  write_tlvs(out, tlvs);
  return octets;
}

void set_sequence_and_time(std::span<std::uint8_t> packet, StampMode mode, std::uint32_t sequence,
                           StampTimestamp timestamp) {
  OctetWriter out(packet);
  out.u32(sequence);
  if (mode == StampMode::kAuthenticated) out.zeros(12);
  out.timestamp(timestamp);
}

// Unauthenticated: sequence, T3, error estimate, SSID, T2, the sender's sequence, T1, its error estimate, 2
// zeros, its TTL, 3 zeros. Authenticated: the same in blocks of 16 octets (RFC 8762 section 4.3.2).
Result<StampReflectorPacket> StampReflectorPacket::decode_base(std::span<const std::uint8_t> octets, StampMode mode) {
  const bool authenticated = mode == StampMode::kAuthenticated;
  const std::size_t least = authenticated ? kStampAuthenticatedSize : kTwampLightReplySize;
  if (auto size = check_size(octets, least); !size) return std::unexpected(size.error());
  OctetReader in(octets);
  StampReflectorPacket packet;
  packet.sequence = in.u32();
  if (authenticated) in.skip(12);
  packet.timestamp = in.timestamp();
  packet.error_estimate = read_estimate(in);
  packet.ssid = in.u16();
  if (authenticated) in.skip(4);
  packet.receive_timestamp = in.timestamp();
  if (authenticated) in.skip(8);
  packet.sender_sequence = in.u32();
  if (authenticated) in.skip(12);
  packet.sender_timestamp = in.timestamp();
  packet.sender_error_estimate = read_estimate(in);
  in.skip(authenticated ? 6 : 2);
  packet.sender_ttl = in.u8();
  return packet;
}

Result<StampReflectorPacket> StampReflectorPacket::decode(std::span<const std::uint8_t> octets, StampMode mode) {
  auto packet = decode_base(octets, mode);
  if (packet) packet->tlvs = StampTlvs::decode(after_base(octets, mode));
  return packet;
}

void StampReflectorPacket::write_base(std::span<std::uint8_t> octets, StampMode mode) const {
  const bool authenticated = mode == StampMode::kAuthenticated;
  OctetWriter out(octets);
  out.u32(sequence);
  if (authenticated) out.zeros(12);
  out.timestamp(timestamp);
  write_estimate(out, error_estimate);
  out.u16(ssid);
  if (authenticated) out.zeros(4);
  out.timestamp(receive_timestamp);
  if (authenticated) out.zeros(8);
  out.u32(sender_sequence);
  if (authenticated) out.zeros(12);
  out.timestamp(sender_timestamp);
  write_estimate(out, sender_error_estimate);
  out.zeros(authenticated ? 6 : 2);
  out.u8(sender_ttl);
  out.zeros(authenticated ? 15 + kStampHmacSize : 3);
}

std::vector<std::uint8_t> StampReflectorPacket::encode(StampMode mode) const {
  std::vector<std::uint8_t> octets(stamp_base_size(mode) + size_of(tlvs));
  write_base(octets, mode);
  OctetWriter out{std::span<std::uint8_t>(octets).subspan(stamp_base_size(mode))};
  write_tlvs(out, tlvs);
  return octets;
}

}  // namespace pathwise::te
