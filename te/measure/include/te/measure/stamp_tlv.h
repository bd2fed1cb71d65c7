// SPDX-License-Identifier: Apache-2.0
// What the TLVs of RFC 8972 section 4 and RFC 9503 sections 3 and 4 say. Each has its decoder and its
// encoder; a value of the wrong length does not decode (the reflector then sets M). Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ip.h"
#include "te/measure/stamp_packet.h"

namespace pathwise::te {

// RFC 8972 section 5.1, RFC 9503 section 6.
inline constexpr std::uint8_t kTlvExtraPadding = 1;
inline constexpr std::uint8_t kTlvLocation = 2;  // not here: U
inline constexpr std::uint8_t kTlvTimestampInformation = 3;
inline constexpr std::uint8_t kTlvClassOfService = 4;
inline constexpr std::uint8_t kTlvDirectMeasurement = 5;  // not here: U
inline constexpr std::uint8_t kTlvAccessReport = 6;       // not here: U
inline constexpr std::uint8_t kTlvFollowUpTelemetry = 7;
inline constexpr std::uint8_t kTlvHmac = 8;
inline constexpr std::uint8_t kTlvDestinationNodeAddress = 9;
inline constexpr std::uint8_t kTlvReturnPath = 10;
// Ours: 240..251 are for experiments. (252..254, private use, would have to begin with an enterprise number.)
inline constexpr std::uint8_t kStampTlvFadHash = 240;

// RFC 8972 sections 5.4 and 5.5.
enum class SyncSource : std::uint8_t { kNone = 0, kNtp = 1, kPtp = 2, kSsuBits = 3, kSatellite = 4, kFreeRunning = 5 };
enum class StampMethod : std::uint8_t { kNone = 0, kHardware = 1, kSoftware = 2, kControlPlane = 3 };

// Section 4.3. A sender sends zeros.
struct TimestampInformation {
  static constexpr std::size_t kSize = 4;
  SyncSource sync_in{};
  StampMethod method_in{};  // of T2
  SyncSource sync_out{};
  StampMethod method_out{};  // of T3
  [[nodiscard]] static std::optional<TimestampInformation> decode(std::span<const std::uint8_t> value);
  void encode(std::span<std::uint8_t> value) const;  // kSize octets
  [[nodiscard]] StampTlv tlv() const;
  friend bool operator==(const TimestampInformation&, const TimestampInformation&) = default;
};

// Section 4.4.
struct ClassOfService {
  static constexpr std::size_t kSize = 4;
  std::uint8_t dscp1 = 0;    // wanted for the reply
  std::uint8_t dscp2 = 0;    // of the probe, as it reached the reflector
  std::uint8_t ecn = 0;      // the same
  std::uint8_t reverse = 0;  // RP: 1, the reflector's policy does not allow dscp1
  [[nodiscard]] static std::optional<ClassOfService> decode(std::span<const std::uint8_t> value);
  void encode(std::span<std::uint8_t> value) const;
  [[nodiscard]] StampTlv tlv() const;
  friend bool operator==(const ClassOfService&, const ClassOfService&) = default;
};

// Section 4.7. A sender sends zeros; so does a reflector that has nothing to tell.
struct FollowUpTelemetry {
  static constexpr std::size_t kSize = 16;
  std::uint32_t sequence = 0;  // of the last packet that was reflected in this session
  StampTimestamp timestamp;    // when it really left; the reply's error estimate tells the format
  StampMethod method{};
  [[nodiscard]] static std::optional<FollowUpTelemetry> decode(std::span<const std::uint8_t> value);
  void encode(std::span<std::uint8_t> value) const;
  [[nodiscard]] StampTlv tlv() const;
  friend bool operator==(const FollowUpTelemetry&, const FollowUpTelemetry&) = default;
};

// RFC 9503 section 4. One with a control code has nothing else.
struct ReturnPath {
  static constexpr std::uint8_t kControlCode = 1, kReturnAddress = 2, kMplsLabels = 3, kSrv6Segments = 4;
  static constexpr std::uint32_t kNoReply = 0, kSameLink = 1;  // the lowest bit of the control code; others are ignored
  std::optional<std::uint32_t> control_code;
  std::optional<Ipv6Address> address;
  std::vector<Ipv6Address> segments;
  bool beyond_us = false;  // a sub-TLV that we cannot do: MPLS labels, an IPv4 address, an unknown one
  // nullopt: a sub-TLV's length is wrong. The first sub-TLV of a kind counts.
  [[nodiscard]] static std::optional<ReturnPath> decode(std::span<const std::uint8_t> value);
  [[nodiscard]] StampTlv tlv() const;
  friend bool operator==(const ReturnPath&, const ReturnPath&) = default;
};

// RFC 9503 section 3; nullopt: neither 4 nor 16 octets. An IPv4 address is :: here, which is nobody's.
[[nodiscard]] std::optional<Ipv6Address> decode_destination_node(std::span<const std::uint8_t> value);
[[nodiscard]] StampTlv destination_node_tlv(const Ipv6Address& address);

// Section 4.1: makes the packet `octets` longer, header included; nullopt if that is less than a header.
[[nodiscard]] std::optional<StampTlv> extra_padding_tlv(std::size_t octets);

}  // namespace pathwise::te
