// SPDX-License-Identifier: Apache-2.0
// STAMP over UDP on Asio: the reflector of this machine, and a sender that runs many sessions on one
// socket (told apart by SSID, RFC 8972 section 3). IPv6 only. Everything on the io_context's one
// thread, callbacks too; the objects must go before the io_context.
//
// Both take the kernel's receive times, so that a datagram may wait: a socket that is busy is not waited for but
// looked at every half or whole millisecond, and datagrams go in and out in batches.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ip.h"
#include "te/measure/reflector.h"
#include "te/measure/session.h"
#include "te/measure/stamp_packet.h"

namespace boost::asio {
class io_context;
}

namespace pathwise::te {

struct ReflectorCounters {
  std::uint64_t received = 0;
  std::uint64_t reflected = 0;
  std::array<std::uint64_t, kRefusals> refused{};  // by Refusal
  std::uint64_t send_errors = 0;
  std::uint64_t transmit_times = 0;  // asked of the kernel, for Follow-up Telemetry
  std::uint64_t dropped = 0;         // by the kernel: our socket's buffer was full
  [[nodiscard]] std::uint64_t of(Refusal refusal) const { return refused[static_cast<std::size_t>(refusal)]; }
};

struct StampReflectorConfig {
  Ipv6Address address;              // ::, every address
  std::uint16_t port = kStampPort;  // 0: the kernel chooses
  ReflectorParams params;
};

// Answers from the address that was probed, so that the reply takes the path of that address.
class StampReflector {
 public:
  // Errors name the port: in use (kAlreadyExists) or not permitted (kPermissionDenied).
  [[nodiscard]] static Result<std::unique_ptr<StampReflector>> open(boost::asio::io_context& context,
                                                                    StampReflectorConfig config);
  ~StampReflector();
  StampReflector(const StampReflector&) = delete;
  StampReflector& operator=(const StampReflector&) = delete;
  void set_keys(std::vector<StampKey> keys);
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const ReflectorCounters& counters() const;

 private:
  struct State;
  explicit StampReflector(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

using StampSessionId = std::uint16_t;  // the SSID, never 0

struct StampSessionConfig {
  Ipv6Address local;  // source address; ::, the kernel's choice
  Ipv6Address remote;
  std::uint16_t remote_port = kStampPort;
  std::uint32_t ifindex = 0;  // not 0: out of this interface (link-local addresses, link measurements)
  SessionParams params;
  std::optional<ReturnPath> return_path;  // asked of the reflector (RFC 9503)
  bool follow_up = false;                 // asks for Follow-up Telemetry: the reflector's transmit times
  std::uint8_t dscp = 0;                  // of the probes; not 0: asked for the replies too
  std::size_t size = 0;                   // octets of a probe, by Extra Padding; 0, or less than it has: as it is
  std::vector<StampTlv> tlvs;             // more of them, sent with every probe
};

// How the replies of a session come back.
enum class ReturnVia : std::uint8_t {
  kUnknown,    // not asked for, or no reply yet
  kRequested,  // the reflector says that it used the return path that we asked for
  kOther,      // it could not (or knows no RFC 9503): by whatever path it has to our address
};

enum class PeerKind : std::uint8_t {
  kUnknown,     // no reply yet
  kStamp,       // RFC 8972: it returns our session id
  kTwampLight,  // it does not: RFC 8762 without extensions, or TWAMP Light
};

struct StampSessionReport {
  bool alive = false;
  WindowStatistics statistics;
  std::optional<OneWayStatistics> one_way;
  SessionCounters counters;
  SystemTime last_reply{};  // epoch: never
  ReturnVia return_via = ReturnVia::kUnknown;
  PeerKind peer = PeerKind::kUnknown;
  std::optional<std::uint8_t> dscp_arrived;   // as our probes reach the reflector, if it says so
  std::optional<TimestampInformation> clock;  // what the reflector says of its times
};

// Of all sessions together, since the start.
struct SenderCounters {
  std::uint64_t sent = 0;
  std::uint64_t replies = 0;
  std::uint64_t send_errors = 0;  // probes that the kernel refused (no route, too long): they count as lost too
  std::uint64_t bad_hmac = 0;     // replies
  std::uint64_t bad_tlvs = 0;     // replies whose TLVs nobody vouches for (I, or a wrong HMAC TLV): not looked at
  std::uint64_t unmatched = 0;    // no session's, from another address, of the wrong mode, or not as the probe was
  std::uint64_t malformed = 0;
  std::uint64_t transmit_times_asked = 0;
  std::uint64_t transmit_times = 0;           // came
  std::chrono::nanoseconds transmit_delay{};  // their sum: from T1 to the wire
  std::uint64_t dropped = 0;                  // replies, by the kernel: our socket's buffer was full
};

struct StampSenderConfig {
  std::vector<StampKey> keys;  // not empty: every session is authenticated; the first key signs
  ErrorEstimate clock;         // ours; S set: one-way delays with reflectors that set it too
  std::uint32_t transmit_time_every =
      8;                   // one probe of a session in so many has its kernel transmit time read; 0: none
  std::uint64_t seed = 1;  // spreads the sessions' first probes over their interval
};

struct StampSenderEvents {
  std::function<void(StampSessionId, bool alive)> on_liveness;  // on each change
  // Each reply with a good or late RTT; `tlvs` as reflected, none if nobody vouches for them.
  std::function<void(StampSessionId, std::span<const StampTlv> tlvs)> on_reply;
};

class StampSender {
 public:
  [[nodiscard]] static Result<std::unique_ptr<StampSender>> open(boost::asio::io_context& context,
                                                                 StampSenderConfig config, StampSenderEvents events);
  ~StampSender();
  StampSender(const StampSender&) = delete;
  StampSender& operator=(const StampSender&) = delete;

  // kResourceExhausted beyond 65,535 sessions, kInvalidArgument if the probe would be too long.
  [[nodiscard]] Result<StampSessionId> add(StampSessionConfig config);
  void remove(StampSessionId id);
  void set_keys(std::vector<StampKey> keys);
  // The session's path is another one now: its old delays are dropped.
  void forget_delay(StampSessionId id);
  // kNotFound for an unknown id.
  [[nodiscard]] Result<StampSessionReport> report(StampSessionId id) const;
  [[nodiscard]] std::size_t sessions() const;
  [[nodiscard]] const SenderCounters& counters() const;

 private:
  struct State;
  explicit StampSender(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace pathwise::te
