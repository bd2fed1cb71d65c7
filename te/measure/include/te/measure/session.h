// SPDX-License-Identifier: Apache-2.0
// One STAMP session seen from its sender: sequence numbers, outstanding probes, RTT, loss, and
// whether the path is alive. No sockets, no clock: times are arguments. One thread.
//
// A probe is lost when no reply came within its time-out, which follows the measured RTT (RFC 6298's
// estimator) and is never less than the interval nor more than `max_timeout`: a path that becomes
// slower is not taken for a dead one. `multiplier` losses in a row mean dead; `recovery` replies in a
// row mean alive (again). A session starts dead: nothing is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "te/measure/stamp_packet.h"
#include "te/measure/window.h"

namespace pathwise::te {

struct SessionParams {
  Milliseconds interval{100};
  std::uint32_t multiplier = 3;
  std::uint32_t recovery = 2;
  Milliseconds max_timeout{1000};
  std::size_t window = 100;  // samples for min, p99, jitter, loss
  std::size_t recent = 8;    // samples for p50: small, so that a changed delay shows within a second
  std::chrono::seconds max_age{30};
};

enum class ReplyKind : std::uint8_t {
  kGood,
  kLate,       // after its probe was counted as lost
  kReordered,  // good, but overtaken by a younger probe's reply
  kDuplicate,
  kUnknown,  // answers no probe that this session remembers
};

struct SessionCounters {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;  // distinct probes answered, late ones included
  std::uint64_t lost = 0;      // timed out; a late reply takes it back
  std::uint64_t late = 0;
  std::uint64_t reordered = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t unknown = 0;
  friend bool operator==(const SessionCounters&, const SessionCounters&) = default;
};

// What a reply says, once decoded.
struct ProbeReply {
  std::uint32_t sender_sequence = 0;
  // (T4 - T1) - (T3 - T2) in parts: ours by the wall clock, and the time spent in the reflector.
  std::chrono::nanoseconds round_trip{};
  std::chrono::nanoseconds in_reflector{};
};

// Joins a reflected packet with its arrival time T4.
[[nodiscard]] ProbeReply to_reply(const StampReflectorPacket& packet, SystemTime received);

class SessionSender {
 public:
  explicit SessionSender(SessionParams params);

  // Registers a probe sent at `now` and returns its sequence number.
  std::uint32_t send(SteadyTime now);
  // `now`: when the reply was handled. A round trip that the wall clock makes impossible (it was
  // stepped meanwhile) is replaced by the steady one.
  ReplyKind on_reply(SteadyTime now, const ProbeReply& reply);
  // Counts the probes whose time-out has passed.
  void expire(SteadyTime now);

  // When to send the next probe is the caller's; when expire() has something to do is this.
  [[nodiscard]] std::optional<SteadyTime> next_deadline() const;
  [[nodiscard]] bool alive() const { return alive_; }
  [[nodiscard]] std::uint32_t losses_in_row() const { return losses_in_row_; }
  [[nodiscard]] const SessionCounters& counters() const { return counters_; }
  [[nodiscard]] const SessionParams& params() const { return params_; }
  [[nodiscard]] std::chrono::nanoseconds timeout() const;
  // Min, p99, max, mean, jitter and loss over the window; p50 over its newest samples.
  [[nodiscard]] WindowStatistics statistics(SteadyTime now) const;
  // The whole path changed (another segment list): old delays mean nothing. Liveness is kept.
  void forget_delay();

 private:
  enum class State : std::uint8_t { kFree, kWaiting, kAnswered, kLost };
  struct Probe {
    std::uint32_t sequence = 0;
    State state = State::kFree;
    SteadyTime sent;
    SteadyTime deadline;
  };
  [[nodiscard]] Probe& slot(std::uint32_t sequence) { return ring_[sequence & (ring_.size() - 1)]; }
  [[nodiscard]] const Probe& slot(std::uint32_t sequence) const { return ring_[sequence & (ring_.size() - 1)]; }
  void answered(SteadyTime now, const Probe& probe, std::chrono::nanoseconds rtt);
  void lost(SteadyTime now, Probe& probe);
  void learn(std::chrono::nanoseconds rtt);

  SessionParams params_;
  std::vector<Probe> ring_;  // a power of two; holds every probe that can still be answered in time
  std::uint32_t next_ = 0;
  std::uint32_t oldest_ = 0;  // first sequence that may still be waiting
  std::optional<std::uint32_t> newest_answered_;
  std::optional<std::chrono::nanoseconds> srtt_;  // RFC 6298 section 2
  std::chrono::nanoseconds rttvar_{};
  Window window_;
  SessionCounters counters_;
  std::uint32_t losses_in_row_ = 0;
  std::uint32_t replies_in_row_ = 0;
  bool alive_ = false;
};

}  // namespace pathwise::te
