// SPDX-License-Identifier: Apache-2.0
// The Session-Reflector of RFC 8762 section 4.3 with the TLV rules of RFC 8972 section 4 and the return
// paths of RFC 9503: pure, one packet in, one packet out. Stateless but for Follow-up Telemetry, whose
// memory is bounded whatever arrives. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "te/measure/stamp_auth.h"
#include "te/measure/stamp_packet.h"
#include "te/measure/stamp_tlv.h"

namespace pathwise::te {

// How a probe arrived.
struct ProbeArrival {
  Ipv6Address source;
  std::uint16_t source_port = 0;
  Ipv6Address destination;
  std::uint32_t ifindex = 0;  // of the receiving interface
  std::uint8_t hop_limit = 0;
  std::uint8_t traffic_class = 0;  // DSCP and ECN
  SystemTime received;             // T2: the kernel's time stamp
};

// Sees the TLVs that are not this module's; may read the sender's value and write its own in place (a reflected
// packet is as long as the probe). Returns true if it understands the TLV: its U flag is cleared then.
using TlvHandler = std::function<bool(const ProbeArrival& arrival, std::uint8_t type, std::span<std::uint8_t> value)>;

struct ReflectorParams {
  std::vector<StampKey> keys;          // not empty: only who signs with one of them gets an answer, signed with it
  bool allow_unauthenticated = false;  // with keys: others get one too
  ErrorEstimate clock;                 // ours
  SyncSource sync = SyncSource::kFreeRunning;
  TlvHandler on_tlv;
  // Whether a reply may go to this address instead of the probe's source: RFC 9503's return address. Without it, or
  // where it says no, the TLV comes back with U and the reply goes to the source.
  std::function<bool(const Ipv6Address& address)> can_return_to;
  // Whether a Destination Node Address means us; without it only the probe's own destination does.
  std::function<bool(const Ipv6Address& address)> is_ours;
};

struct Reflection {
  std::size_t size = 0;  // octets of the reply: as many as the probe's
  Ipv6Address destination;
  std::uint8_t traffic_class = 0;
  bool same_link = false;  // out of the interface that the probe came in by
  bool follow_up = false;  // tell transmitted() when it left
  std::uint16_t ssid = 0;
  std::uint32_t sequence = 0;
};

enum class Refusal : std::uint8_t {
  kMalformed,        // not a test packet
  kBadHmac,          // authenticated, by none of our keys
  kNoKey,            // authenticated, and we have no key
  kUnauthenticated,  // we have keys and want them used
  kNoReply,          // the sender wants none (RFC 9503 section 4.1.1)
};
inline constexpr std::size_t kRefusals = 5;
[[nodiscard]] std::string_view to_string(Refusal refusal);  // "malformed", "bad-hmac", …

class Reflector {
 public:
  explicit Reflector(ReflectorParams params) : params_(std::move(params)) {}

  // Writes the reply, T3 = `now`, into `reply`, which has kStampMaxSize octets.
  [[nodiscard]] std::expected<Reflection, Refusal> reflect(std::span<const std::uint8_t> probe,
                                                           const ProbeArrival& arrival, SystemTime now,
                                                           std::span<std::uint8_t> reply);
  // The kernel's word when a reply to this session left.
  void transmitted(const Ipv6Address& source, std::uint16_t port, std::uint16_t ssid, std::uint32_t sequence,
                   SystemTime when);
  void set_keys(std::vector<StampKey> keys) { params_.keys = std::move(keys); }

 private:
  // The last reply of a session. Direct-mapped: a collision makes a session forget, never the table grow.
  struct Sent {
    Ipv6Address source;
    std::uint16_t port = 0;
    std::uint16_t ssid = 0;
    std::uint32_t sequence = 0;
    SystemTime when;
    [[nodiscard]] bool of(const Ipv6Address& s, std::uint16_t p, std::uint16_t id) const {
      return when != SystemTime{} && source == s && port == p && ssid == id;
    }
  };
  struct Walk;  // one packet's TLVs
  enum class Outcome : std::uint8_t { kUnderstood, kNotUnderstood, kMalformed };

  void answer_tlvs(Walk& walk, std::span<std::uint8_t> tlvs);
  [[nodiscard]] Outcome answer(Walk& walk, const TlvView& tlv);
  [[nodiscard]] Outcome answer_class_of_service(Walk& walk, std::span<std::uint8_t> value) const;
  [[nodiscard]] Outcome answer_follow_up(Walk& walk, std::span<std::uint8_t> value);
  [[nodiscard]] Outcome answer_return_path(Walk& walk, std::span<const std::uint8_t> value) const;
  [[nodiscard]] Outcome answer_timestamp_information(std::span<std::uint8_t> value) const;
  [[nodiscard]] Sent& sent(const Ipv6Address& source, std::uint16_t port, std::uint16_t ssid);

  ReflectorParams params_;
  std::vector<Sent> sent_;  // empty until somebody asks for Follow-up Telemetry
};

}  // namespace pathwise::te
