// SPDX-License-Identifier: Apache-2.0
#include "te/measure/stamp_packet.h"

#include <algorithm>

namespace pathwise::te {
namespace {

constexpr std::uint64_t kNtpUnixOffset = 2'208'988'800;  // 1900-01-01 to 1970-01-01 in seconds (RFC 5905)
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::size_t kTlvHeader = 4;  // flags, type, length

// Reads big-endian integers; the caller has checked the length.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> octets) : octets_(octets) {}
  std::uint8_t u8() { return octets_[at_++]; }
  std::uint16_t u16() {
    const unsigned high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  void skip(std::size_t count) { at_ += count; }

 private:
  std::span<const std::uint8_t> octets_;
  std::size_t at_ = 0;
};

class Writer {
 public:
  explicit Writer(std::size_t size) { octets_.reserve(size); }
  void u8(std::uint8_t value) { octets_.push_back(value); }
  void u16(std::uint16_t value) {
    u8(static_cast<std::uint8_t>(value >> 8));
    u8(static_cast<std::uint8_t>(value & 0xFF));
  }
  void u32(std::uint32_t value) {
    u16(static_cast<std::uint16_t>(value >> 16));
    u16(static_cast<std::uint16_t>(value & 0xFFFF));
  }
  void zeros(std::size_t count) { octets_.insert(octets_.end(), count, 0); }
  void bytes(std::span<const std::uint8_t> data) { octets_.insert(octets_.end(), data.begin(), data.end()); }
  std::vector<std::uint8_t> take() { return std::move(octets_); }

 private:
  std::vector<std::uint8_t> octets_;
};

StampTimestamp read_timestamp(Reader& in) {
  StampTimestamp timestamp;
  timestamp.seconds = in.u32();
  timestamp.fraction = in.u32();
  return timestamp;
}

void write_timestamp(Writer& out, const StampTimestamp& timestamp) {
  out.u32(timestamp.seconds);
  out.u32(timestamp.fraction);
}

// |S|Z|  Scale (6)  |  Multiplier (8)  |
ErrorEstimate read_estimate(Reader& in) {
  const std::uint8_t first = in.u8();
  ErrorEstimate estimate;
  estimate.synchronized = (first & 0x80) != 0;
  estimate.ptp = (first & 0x40) != 0;
  estimate.scale = first & 0x3F;
  estimate.multiplier = in.u8();
  return estimate;
}

void write_estimate(Writer& out, const ErrorEstimate& estimate) {
  out.u8(static_cast<std::uint8_t>((estimate.synchronized ? 0x80 : 0) | (estimate.ptp ? 0x40 : 0) |
                                   (estimate.scale & 0x3F)));
  out.u8(estimate.multiplier);
}

StampTlvs read_tlvs(std::span<const std::uint8_t> octets) {
  StampTlvs tlvs;
  while (!octets.empty()) {
    const std::size_t length = octets.size() < kTlvHeader ? 0 : std::size_t{octets[2]} << 8 | octets[3];
    if (octets.size() < kTlvHeader || length > octets.size() - kTlvHeader) {
      tlvs.malformed.assign(octets.begin(), octets.end());
      return tlvs;
    }
    const auto value = octets.subspan(kTlvHeader, length);
    tlvs.list.push_back({.flags = octets[0], .type = octets[1], .value = {value.begin(), value.end()}});
    octets = octets.subspan(kTlvHeader + length);
  }
  return tlvs;
}

void write_tlvs(Writer& out, const StampTlvs& tlvs) {
  for (const StampTlv& tlv : tlvs.list) {
    out.u8(tlv.flags);
    out.u8(tlv.type);
    out.u16(static_cast<std::uint16_t>(tlv.value.size()));
    out.bytes(tlv.value);
  }
  out.bytes(tlvs.malformed);
}

Result<void> check_size(std::span<const std::uint8_t> octets) {
  if (octets.size() >= kStampBaseSize && octets.size() <= kStampMaxSize) return {};
  return fail(ErrorCode::kInvalidArgument, "STAMP packet of {} octets; {} to {} are right", octets.size(),
              kStampBaseSize, kStampMaxSize);
}

}  // namespace

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

std::chrono::nanoseconds elapsed(StampTimestamp earlier, StampTimestamp later, bool ptp) {
  const auto seconds = static_cast<std::int32_t>(later.seconds - earlier.seconds);
  earlier.seconds = 0;
  later.seconds = 0;
  return std::chrono::seconds(seconds) + (later.since_epoch(ptp) - earlier.since_epoch(ptp));
}

Result<StampSenderPacket> StampSenderPacket::decode(std::span<const std::uint8_t> octets) {
  if (auto size = check_size(octets); !size) return std::unexpected(size.error());
  Reader in(octets);
  StampSenderPacket packet;
  packet.sequence = in.u32();
  packet.timestamp = read_timestamp(in);
  packet.error_estimate = read_estimate(in);
  packet.ssid = in.u16();
  packet.tlvs = read_tlvs(octets.subspan(kStampBaseSize));
  return packet;
}

std::vector<std::uint8_t> StampSenderPacket::encode() const {
  Writer out(kStampMaxSize);
  out.u32(sequence);
  write_timestamp(out, timestamp);
  write_estimate(out, error_estimate);
  out.u16(ssid);
  out.zeros(28);
  write_tlvs(out, tlvs);
  return out.take();
}

Result<StampReflectorPacket> StampReflectorPacket::decode(std::span<const std::uint8_t> octets) {
  if (auto size = check_size(octets); !size) return std::unexpected(size.error());
  Reader in(octets);
  StampReflectorPacket packet;
  packet.sequence = in.u32();
  packet.timestamp = read_timestamp(in);
  packet.error_estimate = read_estimate(in);
  packet.ssid = in.u16();
  packet.receive_timestamp = read_timestamp(in);
  packet.sender_sequence = in.u32();
  packet.sender_timestamp = read_timestamp(in);
  packet.sender_error_estimate = read_estimate(in);
  in.skip(2);
  packet.sender_ttl = in.u8();
  packet.tlvs = read_tlvs(octets.subspan(kStampBaseSize));
  return packet;
}

std::vector<std::uint8_t> StampReflectorPacket::encode() const {
  Writer out(kStampMaxSize);
  out.u32(sequence);
  write_timestamp(out, timestamp);
  write_estimate(out, error_estimate);
  out.u16(ssid);
  write_timestamp(out, receive_timestamp);
  out.u32(sender_sequence);
  write_timestamp(out, sender_timestamp);
  write_estimate(out, sender_error_estimate);
  out.zeros(2);
  out.u8(sender_ttl);
  out.zeros(3);
  write_tlvs(out, tlvs);
  return out.take();
}

}  // namespace pathwise::te
