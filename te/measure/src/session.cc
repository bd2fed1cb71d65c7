// SPDX-License-Identifier: Apache-2.0
#include "te/measure/session.h"

#include <algorithm>
#include <bit>

namespace pathwise::te {
namespace {

constexpr std::size_t kMinRing = 16;
constexpr std::size_t kMaxRing = 1024;  // ours: bounds a session's memory whatever its interval

// Enough for every probe within the longest time-out, twice: late replies are recognised too.
std::size_t ring_size(const SessionParams& params) {
  const auto interval = std::max<Milliseconds::rep>(params.interval.count(), 1);
  const auto needed = static_cast<std::size_t>(2 * (params.max_timeout.count() / interval + 2));
  return std::bit_ceil(std::clamp(needed, kMinRing, kMaxRing));
}

// a is before b in a sequence space that wraps.
bool before(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b) < 0;
}

}  // namespace

ProbeReply to_reply(const StampReflectorPacket& packet, SystemTime received) {
  const bool our_format = packet.sender_error_estimate.ptp;
  return {.sender_sequence = packet.sender_sequence,
          .round_trip = elapsed(packet.sender_timestamp, StampTimestamp::from(received, our_format), our_format),
          .in_reflector = elapsed(packet.receive_timestamp, packet.timestamp, packet.error_estimate.ptp)};
}

SessionSender::SessionSender(SessionParams params)
    : params_(params), ring_(ring_size(params)), window_(params.window, params.max_age) {
  params_.multiplier = std::max<std::uint32_t>(params_.multiplier, 1);
  params_.recovery = std::max<std::uint32_t>(params_.recovery, 1);
}

std::uint32_t SessionSender::send(SteadyTime now) {
  const std::uint32_t sequence = next_++;
  Probe& probe = slot(sequence);
  if (probe.state == State::kWaiting) lost(now, probe);  // overtaken by a whole ring of probes
  probe = {.sequence = sequence, .state = State::kWaiting, .sent = now, .deadline = now + timeout()};
  if (next_ - oldest_ > ring_.size()) oldest_ = next_ - static_cast<std::uint32_t>(ring_.size());
  ++counters_.sent;
  return sequence;
}

ReplyKind SessionSender::on_reply(SteadyTime now, const ProbeReply& reply) {
  Probe& probe = slot(reply.sender_sequence);
  if (probe.state == State::kFree || probe.sequence != reply.sender_sequence) {
    ++counters_.unknown;
    return ReplyKind::kUnknown;
  }
  if (probe.state == State::kAnswered) {
    ++counters_.duplicate;
    return ReplyKind::kDuplicate;
  }
  const bool late = probe.state == State::kLost;
  const bool reordered = newest_answered_ && before(reply.sender_sequence, *newest_answered_);
  if (late) {
    ++counters_.late;
    --counters_.lost;
  }
  probe.state = State::kAnswered;
  const std::chrono::nanoseconds steady = now - probe.sent;
  const bool stepped = reply.round_trip < std::chrono::nanoseconds::zero() ||
                       reply.round_trip > steady + Milliseconds(1) ||
                       reply.round_trip < steady - std::chrono::seconds(1);
  std::chrono::nanoseconds rtt = stepped ? steady : reply.round_trip;
  if (reply.in_reflector > std::chrono::nanoseconds::zero() && reply.in_reflector <= rtt) rtt -= reply.in_reflector;
  answered(now, probe, rtt);
  if (!reordered) newest_answered_ = reply.sender_sequence;
  if (reordered) ++counters_.reordered;
  if (late) return ReplyKind::kLate;
  return reordered ? ReplyKind::kReordered : ReplyKind::kGood;
}

void SessionSender::answered(SteadyTime now, const Probe& probe, std::chrono::nanoseconds rtt) {
  ++counters_.received;
  window_.record(now, probe.sequence, rtt);
  learn(rtt);
  losses_in_row_ = 0;
  if (++replies_in_row_ >= params_.recovery) alive_ = true;
}

void SessionSender::lost(SteadyTime now, Probe& probe) {
  probe.state = State::kLost;
  ++counters_.lost;
  window_.record(now, probe.sequence, std::nullopt);
  replies_in_row_ = 0;
  if (++losses_in_row_ >= params_.multiplier) alive_ = false;
}

void SessionSender::expire(SteadyTime now) {
  for (std::uint32_t sequence = oldest_; sequence != next_; ++sequence) {
    Probe& probe = slot(sequence);
    if (probe.state == State::kWaiting) {
      if (probe.deadline > now) break;
      lost(now, probe);
    }
    oldest_ = sequence + 1;
  }
}

std::optional<SteadyTime> SessionSender::next_deadline() const {
  for (std::uint32_t sequence = oldest_; sequence != next_; ++sequence) {
    if (slot(sequence).state == State::kWaiting) return slot(sequence).deadline;
  }
  return std::nullopt;
}

// RFC 6298 section 2, with the interval as the least time-out.
void SessionSender::learn(std::chrono::nanoseconds rtt) {
  if (!srtt_) {
    srtt_ = rtt;
    rttvar_ = rtt / 2;
    return;
  }
  rttvar_ = (3 * rttvar_ + std::chrono::abs(*srtt_ - rtt)) / 4;
  srtt_ = (7 * *srtt_ + rtt) / 8;
}

std::chrono::nanoseconds SessionSender::timeout() const {
  const std::chrono::nanoseconds most = std::max<Milliseconds>(params_.max_timeout, params_.interval);
  if (!srtt_) return most;
  return std::clamp<std::chrono::nanoseconds>(*srtt_ + 4 * rttvar_, params_.interval, most);
}

WindowStatistics SessionSender::statistics(SteadyTime now) const {
  WindowStatistics all = window_.statistics(now);
  const WindowStatistics recent = window_.statistics(now, params_.recent);
  if (recent.received > 0) all.p50 = recent.p50;
  return all;
}

void SessionSender::forget_delay() {
  window_.clear();
  srtt_.reset();
  rttvar_ = {};
}

}  // namespace pathwise::te
