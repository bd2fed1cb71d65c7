// SPDX-License-Identifier: Apache-2.0
// STAMP test packets on the wire: RFC 8762 sections 4.2 and 4.3 in both modes, the session identifier and
// the TLVs of RFC 8972, and the reply of a TWAMP Light reflector (RFC 5357 appendix I), which is a STAMP
// reply without them. Decoding never reads past the packet; TLVs that nobody here understands survive a
// round trip. What the TLVs say: stamp_tlv.h; who vouches for them: stamp_auth.h. Values; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace pathwise::te {

enum class StampMode : std::uint8_t { kUnauthenticated, kAuthenticated };

inline constexpr std::uint16_t kStampPort = 862;             // RFC 8762 section 4.1
inline constexpr std::size_t kStampBaseSize = 44;            // octets without TLVs
inline constexpr std::size_t kStampAuthenticatedSize = 112;  // the same, authenticated
inline constexpr std::size_t kStampHmacAt = 96;              // where the HMAC field begins; it covers what is before
inline constexpr std::size_t kStampHmacSize = 16;            // HMAC-SHA-256 truncated (RFC 8762 section 4.4)
inline constexpr std::size_t kTwampLightReplySize = 41;      // RFC 5357 section 4.2.1: no octets after the sender's TTL
inline constexpr std::size_t kStampMaxSize = 9000 - 40 - 8;  // ours: what a jumbo frame carries over IPv6 and UDP

[[nodiscard]] constexpr std::size_t stamp_base_size(StampMode mode) {
  return mode == StampMode::kAuthenticated ? kStampAuthenticatedSize : kStampBaseSize;
}
// The modes are told apart by configuration (RFC 8762 section 4), and by what we can see: where an
// authenticated packet has zeros, an unauthenticated one has its time stamp and an error estimate that is never 0.
[[nodiscard]] StampMode stamp_mode_of(std::span<const std::uint8_t> octets);

// The error estimate of RFC 8762 section 4.2.1 (RFC 4656 section 4.1.2).
struct ErrorEstimate {
  bool synchronized = false;
  bool ptp = true;  // Z: the timestamps are PTPv2 truncated (seconds, nanoseconds), not NTP
  std::uint8_t scale = 0;
  std::uint8_t multiplier = 1;  // 0 is not allowed: such a clock says nothing of itself

  // The least estimate that is not below `error`.
  [[nodiscard]] static ErrorEstimate of(bool synchronized, std::chrono::nanoseconds error);
  // multiplier × 2^scale × 2^-32 s; nullopt: not declared synchronised, or not a valid estimate.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> bound() const;
  friend bool operator==(const ErrorEstimate&, const ErrorEstimate&) = default;
};

// 64 bits as they came. Their format is told by the packet's own error estimate.
struct StampTimestamp {
  std::uint32_t seconds = 0;
  std::uint32_t fraction = 0;  // PTP: nanoseconds; NTP: 2^-32 s
  [[nodiscard]] static StampTimestamp from(SystemTime time, bool ptp);
  // Nanoseconds since the format's own epoch (PTP 1970, NTP 1900). Only differences of one clock mean anything.
  [[nodiscard]] std::chrono::nanoseconds since_epoch(bool ptp) const;
  // The same instant in the other format.
  [[nodiscard]] StampTimestamp converted(bool from_ptp, bool to_ptp) const;
  friend bool operator==(const StampTimestamp&, const StampTimestamp&) = default;
};

// `later - earlier` of one clock, right across a wrap of the 32-bit seconds.
[[nodiscard]] std::chrono::nanoseconds elapsed(StampTimestamp earlier, StampTimestamp later, bool ptp);

// RFC 8972 section 4.1.
struct StampTlv {
  static constexpr std::uint8_t kUnrecognized = 0x80;  // U
  static constexpr std::uint8_t kMalformed = 0x40;     // M
  static constexpr std::uint8_t kIntegrity = 0x20;     // I
  static constexpr std::size_t kHeader = 4;            // octets: flags, type, length

  std::uint8_t flags = kUnrecognized;  // as a sender must send it
  std::uint8_t type = 0;
  std::vector<std::uint8_t> value;
  friend bool operator==(const StampTlv&, const StampTlv&) = default;
};

// A TLV where it lies in a packet.
template <typename Octet>
struct BasicTlvView {
  std::span<Octet> octets;  // header and value
  [[nodiscard]] Octet& flags() const { return octets[0]; }
  [[nodiscard]] std::uint8_t type() const { return octets[1]; }
  [[nodiscard]] std::span<Octet> value() const { return octets.subspan(StampTlv::kHeader); }
};
using TlvView = BasicTlvView<std::uint8_t>;
using ConstTlvView = BasicTlvView<const std::uint8_t>;

// Takes the first TLV off `rest`. nullopt: `rest` is empty, or begins with a TLV whose length does not fit.
template <typename Octet>
[[nodiscard]] std::optional<BasicTlvView<Octet>> next_tlv(std::span<Octet>& rest) {
  if (rest.size() < StampTlv::kHeader) return std::nullopt;
  const std::size_t size = StampTlv::kHeader + (std::size_t{rest[2]} << 8 | rest[3]);
  if (size > rest.size()) return std::nullopt;
  const BasicTlvView<Octet> tlv{rest.first(size)};
  rest = rest.subspan(size);
  return tlv;
}

// Everything after the base packet. `malformed` are the octets from the first TLV whose length does
// not fit; they are kept as they came.
struct StampTlvs {
  std::vector<StampTlv> list;
  std::vector<std::uint8_t> malformed;
  [[nodiscard]] static StampTlvs decode(std::span<const std::uint8_t> octets);
  friend bool operator==(const StampTlvs&, const StampTlvs&) = default;
};

struct StampSenderPacket {
  std::uint32_t sequence = 0;
  StampTimestamp timestamp;  // T1
  ErrorEstimate error_estimate;
  std::uint16_t ssid = 0;  // RFC 8972 section 3; 0: none
  StampTlvs tlvs;

  // kInvalidArgument if shorter than the base packet or longer than kStampMaxSize. The HMAC is not looked at.
  [[nodiscard]] static Result<StampSenderPacket> decode(std::span<const std::uint8_t> octets,
                                                        StampMode mode = StampMode::kUnauthenticated);
  // The same without the TLVs, and without an allocation.
  [[nodiscard]] static Result<StampSenderPacket> decode_base(std::span<const std::uint8_t> octets, StampMode mode);
  // An authenticated packet's HMAC is zero: sign() fills it.
  [[nodiscard]] std::vector<std::uint8_t> encode(StampMode mode = StampMode::kUnauthenticated) const;
  friend bool operator==(const StampSenderPacket&, const StampSenderPacket&) = default;
};

// Puts sequence number and time stamp into a packet that is encoded already.
void set_sequence_and_time(std::span<std::uint8_t> packet, StampMode mode, std::uint32_t sequence,
                           StampTimestamp timestamp);

struct StampReflectorPacket {
  std::uint32_t sequence = 0;  // of the reflector; a stateless one copies the sender's
  StampTimestamp timestamp;    // T3
  ErrorEstimate error_estimate;
  std::uint16_t ssid = 0;            // 0: a reflector without RFC 8972, TWAMP Light among them
  StampTimestamp receive_timestamp;  // T2
  std::uint32_t sender_sequence = 0;
  StampTimestamp sender_timestamp;  // T1
  ErrorEstimate sender_error_estimate;
  std::uint8_t sender_ttl = 0;  // hop limit as the reflector received it
  StampTlvs tlvs;

  // An unauthenticated one may end after the sender's TTL, as a TWAMP Light reply does.
  [[nodiscard]] static Result<StampReflectorPacket> decode(std::span<const std::uint8_t> octets,
                                                           StampMode mode = StampMode::kUnauthenticated);
  [[nodiscard]] static Result<StampReflectorPacket> decode_base(std::span<const std::uint8_t> octets, StampMode mode);
  [[nodiscard]] std::vector<std::uint8_t> encode(StampMode mode = StampMode::kUnauthenticated) const;
  // Writes the base packet over the first octets of `out` and leaves the rest; `out` is at least as long.
  void write_base(std::span<std::uint8_t> out, StampMode mode) const;
  friend bool operator==(const StampReflectorPacket&, const StampReflectorPacket&) = default;
};

}  // namespace pathwise::te
