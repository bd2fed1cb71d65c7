// SPDX-License-Identifier: Apache-2.0
// STAMP over UDP on Asio: the reflector of this machine, and a sender that runs many sessions on one
// socket (told apart by SSID, RFC 8972 section 3). IPv6 only. Everything on the io_context's one
// thread, callbacks too; the objects must go before the io_context.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
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
  std::uint64_t malformed = 0;
  std::uint64_t send_errors = 0;
};

struct StampReflectorConfig {
  Ipv6Address address;              // ::, every address
  std::uint16_t port = kStampPort;  // 0: the kernel chooses
  TlvHandler on_tlv;                // may be empty
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
  std::vector<StampTlv> tlvs;  // sent with every probe
};

struct StampSessionReport {
  bool alive = false;
  WindowStatistics statistics;
  SessionCounters counters;
  SystemTime last_reply{};  // epoch: never
};

struct StampSenderEvents {
  std::function<void(StampSessionId, bool alive)> on_liveness;  // on each change
  // Each reply with a good or late RTT; `tlvs` as reflected.
  std::function<void(StampSessionId, std::span<const StampTlv> tlvs)> on_reply;
};

class StampSender {
 public:
  // `seed` spreads the sessions' first probes over their interval.
  [[nodiscard]] static Result<std::unique_ptr<StampSender>> open(boost::asio::io_context& context,
                                                                 StampSenderEvents events, std::uint64_t seed);
  ~StampSender();
  StampSender(const StampSender&) = delete;
  StampSender& operator=(const StampSender&) = delete;

  // kResourceExhausted beyond 65,535 sessions.
  [[nodiscard]] Result<StampSessionId> add(StampSessionConfig config);
  void remove(StampSessionId id);
  void set_tlvs(StampSessionId id, std::vector<StampTlv> tlvs);
  // The session's path is another one now: its old delays are dropped.
  void forget_delay(StampSessionId id);
  // kNotFound for an unknown id.
  [[nodiscard]] Result<StampSessionReport> report(StampSessionId id) const;
  [[nodiscard]] std::size_t sessions() const;

 private:
  struct State;
  explicit StampSender(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace pathwise::te
