// SPDX-License-Identifier: Apache-2.0
// STAMP test packets on the wire: RFC 8762 section 4.2.1 and 4.3.1 (unauthenticated mode), session
// identifier and TLVs of RFC 8972. Decoding never reads past the packet; TLVs that nobody here
// understands survive a round trip. Values; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace pathwise::te {

inline constexpr std::uint16_t kStampPort = 862;       // RFC 8762 section 4.1
inline constexpr std::size_t kStampBaseSize = 44;      // octets without TLVs
inline constexpr std::size_t kStampMaxSize = 1232;     // ours: what fits the IPv6 minimum MTU
inline constexpr std::uint8_t kStampTlvFadHash = 252;  // RFC 8972 section 5.1: 252..254 are private use

// The error estimate of RFC 8762 section 4.2.1 (RFC 4656 section 4.1.2).
struct ErrorEstimate {
  bool synchronized = false;
  bool ptp = true;  // Z: the timestamps are PTPv2 truncated (seconds, nanoseconds), not NTP
  std::uint8_t scale = 0;
  std::uint8_t multiplier = 1;  // never 0 on the wire
  friend bool operator==(const ErrorEstimate&, const ErrorEstimate&) = default;
};

// 64 bits as they came. Their format is told by the packet's own error estimate.
struct StampTimestamp {
  std::uint32_t seconds = 0;
  std::uint32_t fraction = 0;  // PTP: nanoseconds; NTP: 2^-32 s
  [[nodiscard]] static StampTimestamp from(SystemTime time, bool ptp);
  // Nanoseconds since the format's own epoch (PTP 1970, NTP 1900). Only differences of one clock mean anything.
  [[nodiscard]] std::chrono::nanoseconds since_epoch(bool ptp) const;
  friend bool operator==(const StampTimestamp&, const StampTimestamp&) = default;
};

// `later - earlier` of one clock, right across a wrap of the 32-bit seconds.
[[nodiscard]] std::chrono::nanoseconds elapsed(StampTimestamp earlier, StampTimestamp later, bool ptp);

// RFC 8972 section 4.1.
struct StampTlv {
  static constexpr std::uint8_t kUnrecognized = 0x80;  // U
  static constexpr std::uint8_t kMalformed = 0x40;     // M
  static constexpr std::uint8_t kIntegrity = 0x20;     // I

  std::uint8_t flags = kUnrecognized;  // as a sender must send it
  std::uint8_t type = 0;
  std::vector<std::uint8_t> value;
  friend bool operator==(const StampTlv&, const StampTlv&) = default;
};

// Everything after the base packet. `malformed` are the octets from the first TLV whose length does
// not fit; they are kept as they came.
struct StampTlvs {
  std::vector<StampTlv> list;
  std::vector<std::uint8_t> malformed;
  friend bool operator==(const StampTlvs&, const StampTlvs&) = default;
};

struct StampSenderPacket {
  std::uint32_t sequence = 0;
  StampTimestamp timestamp;  // T1
  ErrorEstimate error_estimate;
  std::uint16_t ssid = 0;  // RFC 8972 section 3; 0: none
  StampTlvs tlvs;

  // kInvalidArgument if shorter than the base packet or longer than kStampMaxSize.
  [[nodiscard]] static Result<StampSenderPacket> decode(std::span<const std::uint8_t> octets);
  [[nodiscard]] std::vector<std::uint8_t> encode() const;
  friend bool operator==(const StampSenderPacket&, const StampSenderPacket&) = default;
};

struct StampReflectorPacket {
  std::uint32_t sequence = 0;  // of the reflector; a stateless one copies the sender's
  StampTimestamp timestamp;    // T3
  ErrorEstimate error_estimate;
  std::uint16_t ssid = 0;
  StampTimestamp receive_timestamp;  // T2
  std::uint32_t sender_sequence = 0;
  StampTimestamp sender_timestamp;  // T1
  ErrorEstimate sender_error_estimate;
  std::uint8_t sender_ttl = 0;  // hop limit as the reflector received it
  StampTlvs tlvs;

  [[nodiscard]] static Result<StampReflectorPacket> decode(std::span<const std::uint8_t> octets);
  [[nodiscard]] std::vector<std::uint8_t> encode() const;
  friend bool operator==(const StampReflectorPacket&, const StampReflectorPacket&) = default;
};

}  // namespace pathwise::te
