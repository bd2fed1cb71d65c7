// SPDX-License-Identifier: Apache-2.0
// One STAMP session seen from its sender: sequence numbers, outstanding probes, delay, loss, and
// whether the path is alive. No sockets, no clock: times are arguments. One thread.
//
// A probe is lost when no reply came within its time-out: the measured round trip and what it varies by (RFC
// 6298's estimator), at most `max_timeout`, so that a path that becomes slower is not taken for a dead one.
// `multiplier` losses in a row mean dead; `recovery` replies in a row mean alive (again). A session starts
// dead: nothing is known. So a path that dies is given up within `multiplier` intervals and one round trip: the
// last of that many unanswered probes leaves less than that many intervals after the last answered one, and
// is waited for no longer than a reply takes.
//
// The wall clock may be stepped at any time. A step between a probe and its reply is seen by the steady clock,
// and that probe's delay is taken from the steady clock alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "te/measure/stamp_packet.h"
#include "te/measure/stamp_tlv.h"
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

// One instant, by both clocks.
struct ProbeTime {
  SteadyTime steady;
  SystemTime wall;
};

enum class ReplyKind : std::uint8_t {
  kGood,
  kLate,       // after its probe was counted as lost
  kReordered,  // good, but overtaken by a younger probe's reply
  kDuplicate,
  kUnknown,  // answers no probe that this session remembers, or not as it was sent
};

struct SessionCounters {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;  // distinct probes answered, late ones included
  std::uint64_t lost = 0;      // timed out; a late reply takes it back
  std::uint64_t late = 0;
  std::uint64_t reordered = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t unknown = 0;
  std::uint64_t clock_steps = 0;      // replies before which the wall clock was stepped
  std::uint64_t one_way_refused = 0;  // one-way delays that cannot be: a clock declared right is wrong
  friend bool operator==(const SessionCounters&, const SessionCounters&) = default;
};

// By two clocks: only where both ends declare theirs synchronised (RFC 8762 section 4.2.1, bit S).
struct OneWaySample {
  std::chrono::nanoseconds forward{};   // T2 - T1, to the reflector
  std::chrono::nanoseconds backward{};  // T4 - T3, back
  std::chrono::nanoseconds error{};     // what both ends admit, together
};

// What a reply says, once decoded.
struct ProbeReply {
  std::uint32_t sender_sequence = 0;
  std::optional<StampTimestamp> sender_timestamp;  // T1 as it came back; it must be the one that was sent
  // (T4 - T1) - (T3 - T2) in parts: ours by the wall clock, and the time spent in the reflector.
  std::chrono::nanoseconds round_trip{};
  std::chrono::nanoseconds in_reflector{};
  std::optional<OneWaySample> one_way;
  std::optional<StampTimestamp> reflector_timestamp;  // T3, for a later Follow-up Telemetry
  bool reflector_ptp = true;                          // its format
};

// Joins a reflected packet with its arrival time T4. `own`: our clock, as our probes declare it.
[[nodiscard]] ProbeReply to_reply(const StampReflectorPacket& packet, SystemTime received, const ErrorEstimate& own);

struct OneWayStatistics {
  WindowStatistics forward;
  WindowStatistics backward;
  Microseconds error{};  // a delay is right within this
};

class SessionSender {
 public:
  explicit SessionSender(SessionParams params);

  // Registers a probe sent at `now` and returns its sequence number. T1 is `now.wall`, PTP format.
  std::uint32_t send(ProbeTime now);
  // The kernel's word when that probe left; before or after its reply.
  void on_transmit(std::uint32_t sequence, SystemTime when);
  // `now`: when the reply was handled.
  ReplyKind on_reply(ProbeTime now, const ProbeReply& reply);
  // Whether this is a probe of ours, as it was sent, that has no reply yet.
  [[nodiscard]] bool awaits(std::uint32_t sequence, StampTimestamp timestamp) const;
  // The reflector's word when an earlier reply really left (RFC 8972 section 4.7).
  void on_follow_up(const FollowUpTelemetry& telemetry);
  // Counts the probes whose time-out has passed. Hand over the replies that are there first.
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
  // nullopt: the clocks are not declared synchronised, or nothing was measured with them.
  [[nodiscard]] std::optional<OneWayStatistics> one_way(SteadyTime now) const;
  // The whole path changed (another segment list): old delays mean nothing. Liveness is kept.
  void forget_delay();

 private:
  enum class State : std::uint8_t { kFree, kWaiting, kAnswered, kLost };
  struct Probe {
    std::uint32_t sequence = 0;
    State state = State::kFree;
    SteadyTime sent;
    SteadyTime deadline;
    SystemTime wall;                             // T1
    std::chrono::nanoseconds transmit_delay{};   // from T1 to the wire; 0: not known
    std::optional<StampTimestamp> reflected_at;  // T3, until its follow-up comes
    bool reflector_ptp = true;
  };
  struct OneWay {
    Window forward, backward;
    std::chrono::nanoseconds error{};
  };
  [[nodiscard]] Probe& slot(std::uint32_t sequence) { return ring_[sequence & (ring_.size() - 1)]; }
  [[nodiscard]] const Probe& slot(std::uint32_t sequence) const { return ring_[sequence & (ring_.size() - 1)]; }
  // The probe, if it is remembered still.
  [[nodiscard]] Probe* find(std::uint32_t sequence);
  [[nodiscard]] std::chrono::nanoseconds delay_of(const Probe& probe, ProbeTime now, const ProbeReply& reply,
                                                  bool stepped) const;
  void answered(SteadyTime now, const Probe& probe, std::chrono::nanoseconds rtt);
  void record_one_way(SteadyTime now, const Probe& probe, OneWaySample sample);
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
  std::unique_ptr<OneWay> one_way_;  // most sessions have none
  SessionCounters counters_;
  std::uint32_t losses_in_row_ = 0;
  std::uint32_t replies_in_row_ = 0;
  bool alive_ = false;
};

}  // namespace pathwise::te
