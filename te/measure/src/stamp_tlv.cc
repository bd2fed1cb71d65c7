// SPDX-License-Identifier: Apache-2.0
#include "te/measure/stamp_tlv.h"

#include <algorithm>
#include <array>

#include "base/random.h"
#include "stamp_octets.h"

namespace pathwise::te {
namespace {

constexpr std::size_t kAddressSize = 16;
constexpr std::size_t kIpv4Size = 4;
constexpr std::uint64_t kPaddingSeed = 8972;  // padding is pseudo-random so that nothing on the way compresses it

template <typename Value>
StampTlv tlv_of(std::uint8_t type, const Value& value) {
  StampTlv tlv{.type = type, .value = std::vector<std::uint8_t>(Value::kSize)};
  value.encode(tlv.value);
  return tlv;
}

Ipv6Address address_in(std::span<const std::uint8_t> octets) {
  Ipv6Address address;
  std::ranges::copy(octets.first(kAddressSize), address.bytes.begin());
  return address;
}

std::vector<std::uint8_t> octets_of(std::span<const Ipv6Address> addresses) {
  std::vector<std::uint8_t> octets;
  for (const Ipv6Address& address : addresses) octets.insert(octets.end(), address.bytes.begin(), address.bytes.end());
  return octets;
}

void append_sub_tlv(std::vector<std::uint8_t>& out, std::uint8_t type, std::span<const std::uint8_t> value) {
  out.push_back(StampTlv::kUnrecognized);
  out.push_back(type);
  out.push_back(static_cast<std::uint8_t>(value.size() >> 8));
  out.push_back(static_cast<std::uint8_t>(value.size() & 0xFF));
  out.insert(out.end(), value.begin(), value.end());
}

// False: its length is wrong.
bool read_sub_tlv(const ConstTlvView& sub, ReturnPath& path) {
  const auto value = sub.value();
  switch (sub.type()) {
    case ReturnPath::kControlCode:
      if (value.size() != 4) return false;
      if (!path.control_code) path.control_code = OctetReader(value).u32();
      return true;
    case ReturnPath::kReturnAddress:
      if (value.size() == kIpv4Size) path.beyond_us = true;
      if (value.size() == kAddressSize && !path.address) path.address = address_in(value);
      return value.size() == kIpv4Size || value.size() == kAddressSize;
    case ReturnPath::kSrv6Segments:
      if (value.empty() || value.size() % kAddressSize != 0) return false;
      if (!path.segments.empty()) return true;
      for (std::size_t at = 0; at < value.size(); at += kAddressSize)
        path.segments.push_back(address_in(value.subspan(at)));
      return true;
    default:
      path.beyond_us = true;
      return true;
  }
}

}  // namespace

std::optional<TimestampInformation> TimestampInformation::decode(std::span<const std::uint8_t> value) {
  if (value.size() != kSize) return std::nullopt;
  return TimestampInformation{.sync_in = SyncSource{value[0]},
                              .method_in = StampMethod{value[1]},
                              .sync_out = SyncSource{value[2]},
                              .method_out = StampMethod{value[3]}};
}

void TimestampInformation::encode(std::span<std::uint8_t> value) const {
  value[0] = static_cast<std::uint8_t>(sync_in);
  value[1] = static_cast<std::uint8_t>(method_in);
  value[2] = static_cast<std::uint8_t>(sync_out);
  value[3] = static_cast<std::uint8_t>(method_out);
}

StampTlv TimestampInformation::tlv() const {
  return tlv_of(kTlvTimestampInformation, *this);
}

// DSCP1 (6), DSCP2 (6), ECN (2), RP (2), reserved (16).
std::optional<ClassOfService> ClassOfService::decode(std::span<const std::uint8_t> value) {
  if (value.size() != kSize) return std::nullopt;
  return ClassOfService{.dscp1 = static_cast<std::uint8_t>(value[0] >> 2),
                        .dscp2 = static_cast<std::uint8_t>((value[0] & 0x03) << 4 | value[1] >> 4),
                        .ecn = static_cast<std::uint8_t>(value[1] >> 2 & 0x03),
                        .reverse = static_cast<std::uint8_t>(value[1] & 0x03)};
}

void ClassOfService::encode(std::span<std::uint8_t> value) const {
  value[0] = static_cast<std::uint8_t>((dscp1 & 0x3F) << 2 | (dscp2 & 0x3F) >> 4);
  value[1] = static_cast<std::uint8_t>((dscp2 & 0x0F) << 4 | (ecn & 0x03) << 2 | (reverse & 0x03));
  value[2] = 0;
  value[3] = 0;
}

StampTlv ClassOfService::tlv() const {
  return tlv_of(kTlvClassOfService, *this);
}

std::optional<FollowUpTelemetry> FollowUpTelemetry::decode(std::span<const std::uint8_t> value) {
  if (value.size() != kSize) return std::nullopt;
  OctetReader in(value);
  FollowUpTelemetry telemetry;
  telemetry.sequence = in.u32();
  telemetry.timestamp = in.timestamp();
  telemetry.method = StampMethod{in.u8()};
  return telemetry;
}

void FollowUpTelemetry::encode(std::span<std::uint8_t> value) const {
  OctetWriter out(value);
  out.u32(sequence);
  out.timestamp(timestamp);
  out.u8(static_cast<std::uint8_t>(method));
  out.zeros(3);
}

StampTlv FollowUpTelemetry::tlv() const {
  return tlv_of(kTlvFollowUpTelemetry, *this);
}

std::optional<ReturnPath> ReturnPath::decode(std::span<const std::uint8_t> value) {
  ReturnPath path;
  while (const auto sub = next_tlv(value)) {
    if (!read_sub_tlv(*sub, path)) return std::nullopt;
  }
  if (!value.empty()) return std::nullopt;
  return path;
}

StampTlv ReturnPath::tlv() const {
  StampTlv tlv{.type = kTlvReturnPath, .value = {}};
  if (control_code) {
    std::array<std::uint8_t, 4> code{};
    OctetWriter(code).u32(*control_code);
    append_sub_tlv(tlv.value, kControlCode, code);
  }
  if (address) append_sub_tlv(tlv.value, kReturnAddress, address->bytes);
  if (!segments.empty()) append_sub_tlv(tlv.value, kSrv6Segments, octets_of(segments));
  return tlv;
}

std::optional<Ipv6Address> decode_destination_node(std::span<const std::uint8_t> value) {
  if (value.size() == kAddressSize) return address_in(value);
  if (value.size() == kIpv4Size) return Ipv6Address{};
  return std::nullopt;
}

StampTlv destination_node_tlv(const Ipv6Address& address) {
  return {.type = kTlvDestinationNodeAddress, .value = {address.bytes.begin(), address.bytes.end()}};
}

std::optional<StampTlv> extra_padding_tlv(std::size_t octets) {
  if (octets < StampTlv::kHeader) return std::nullopt;
  StampTlv tlv{.type = kTlvExtraPadding, .value = std::vector<std::uint8_t>(octets - StampTlv::kHeader)};
  Random random(kPaddingSeed);
  for (std::uint8_t& octet : tlv.value) octet = static_cast<std::uint8_t>(random.below(256));
  return tlv;
}

}  // namespace pathwise::te
