// SPDX-License-Identifier: Apache-2.0
#include "te/measure/session.h"

#include <algorithm>
#include <bit>

namespace pathwise::te {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kMinRing = 16;
constexpr std::size_t kMaxRing = 1024;  // ours: bounds a session's memory whatever its interval
// What a reply may be later than ever before without being lost (RFC 6298's clock granularity G): our own host's
// scheduling. A twentieth of the interval: 5 ms of 100 ms, 0.5 ms of 10 ms.
constexpr int kGranularityShare = 20;
constexpr nanoseconds kClockStep = std::chrono::milliseconds(1);  // more than any slew between probe and reply
constexpr nanoseconds kTransmitLimit =
    std::chrono::milliseconds(100);  // a queue of ours that is longer is not believed

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

std::optional<OneWaySample> one_way_of(const StampReflectorPacket& packet, SystemTime received,
                                       const ErrorEstimate& own) {
  const auto ours = own.bound();
  const auto theirs = packet.error_estimate.bound();
  if (!ours || !theirs) return std::nullopt;
  const bool far = packet.error_estimate.ptp;
  const auto sent = packet.sender_timestamp.converted(packet.sender_error_estimate.ptp, far);
  return OneWaySample{.forward = elapsed(sent, packet.receive_timestamp, far),
                      .backward = elapsed(packet.timestamp, StampTimestamp::from(received, far), far),
                      .error = *ours + *theirs};
}

}  // namespace

ProbeReply to_reply(const StampReflectorPacket& packet, SystemTime received, const ErrorEstimate& own) {
  const bool our_format = packet.sender_error_estimate.ptp;
  return {.sender_sequence = packet.sender_sequence,
          .sender_timestamp = packet.sender_timestamp,
          .round_trip = elapsed(packet.sender_timestamp, StampTimestamp::from(received, our_format), our_format),
          .in_reflector = elapsed(packet.receive_timestamp, packet.timestamp, packet.error_estimate.ptp),
          .one_way = one_way_of(packet, received, own),
          .reflector_timestamp = packet.timestamp,
          .reflector_ptp = packet.error_estimate.ptp};
}

SessionSender::SessionSender(SessionParams params)
    : params_(params), ring_(ring_size(params)), window_(params.window, params.max_age) {
  params_.multiplier = std::max<std::uint32_t>(params_.multiplier, 1);
  params_.recovery = std::max<std::uint32_t>(params_.recovery, 1);
}

std::uint32_t SessionSender::send(ProbeTime now) {
  const std::uint32_t sequence = next_++;
  Probe& probe = slot(sequence);
  if (probe.state == State::kWaiting) lost(now.steady, probe);  // overtaken by a whole ring of probes
  probe = {.sequence = sequence,
           .state = State::kWaiting,
           .sent = now.steady,
           .deadline = now.steady + timeout(),
           .wall = now.wall,
           .reflected_at = std::nullopt};
  if (next_ - oldest_ > ring_.size()) oldest_ = next_ - static_cast<std::uint32_t>(ring_.size());
  ++counters_.sent;
  return sequence;
}

SessionSender::Probe* SessionSender::find(std::uint32_t sequence) {
  Probe& probe = slot(sequence);
  return probe.state == State::kFree || probe.sequence != sequence ? nullptr : &probe;
}

bool SessionSender::awaits(std::uint32_t sequence, StampTimestamp timestamp) const {
  const Probe& probe = slot(sequence);
  return (probe.state == State::kWaiting || probe.state == State::kLost) && probe.sequence == sequence &&
         timestamp == StampTimestamp::from(probe.wall, true);
}

void SessionSender::on_transmit(std::uint32_t sequence, SystemTime when) {
  Probe* probe = find(sequence);
  if (probe == nullptr || probe->transmit_delay != nanoseconds::zero()) return;
  const nanoseconds delay = when - probe->wall;
  if (delay < nanoseconds::zero() || delay > kTransmitLimit) return;
  probe->transmit_delay = delay;
  if (probe->state == State::kAnswered) window_.correct(sequence, -delay);
}

ReplyKind SessionSender::on_reply(ProbeTime now, const ProbeReply& reply) {
  Probe* probe = find(reply.sender_sequence);
  if (probe == nullptr ||
      (reply.sender_timestamp && *reply.sender_timestamp != StampTimestamp::from(probe->wall, true))) {
    ++counters_.unknown;
    return ReplyKind::kUnknown;
  }
  if (probe->state == State::kAnswered) {
    ++counters_.duplicate;
    return ReplyKind::kDuplicate;
  }
  const bool late = probe->state == State::kLost;
  const bool reordered = newest_answered_ && before(reply.sender_sequence, *newest_answered_);
  if (late) {
    ++counters_.late;
    --counters_.lost;
  }
  probe->state = State::kAnswered;
  probe->reflected_at = reply.reflector_timestamp;
  probe->reflector_ptp = reply.reflector_ptp;
  const nanoseconds step = (now.wall - probe->wall) - (now.steady - probe->sent);
  const bool stepped = std::chrono::abs(step) > kClockStep;
  if (stepped) ++counters_.clock_steps;
  learn(now.steady - probe->sent);
  answered(now.steady, *probe, delay_of(*probe, now, reply, stepped));
  if (reply.one_way && !stepped) record_one_way(now.steady, *probe, *reply.one_way);
  if (!reordered) newest_answered_ = reply.sender_sequence;
  if (reordered) ++counters_.reordered;
  if (late) return ReplyKind::kLate;
  return reordered ? ReplyKind::kReordered : ReplyKind::kGood;
}

// By the wall clock, whose stamps are the kernel's; by the steady one where the wall clock's word cannot be true.
nanoseconds SessionSender::delay_of(const Probe& probe, ProbeTime now, const ProbeReply& reply, bool stepped) const {
  const nanoseconds steady = now.steady - probe.sent;
  const bool impossible = reply.round_trip < nanoseconds::zero() || reply.round_trip > steady + kClockStep;
  nanoseconds rtt = steady;
  if (!stepped && !impossible) rtt = reply.round_trip - std::min(probe.transmit_delay, reply.round_trip);
  if (reply.in_reflector > nanoseconds::zero() && reply.in_reflector <= rtt) rtt -= reply.in_reflector;
  return rtt;
}

void SessionSender::on_follow_up(const FollowUpTelemetry& telemetry) {
  if (telemetry.timestamp == StampTimestamp{}) return;  // the reflector has nothing to tell
  Probe* probe = find(telemetry.sequence);
  if (probe == nullptr || probe->state != State::kAnswered || !probe->reflected_at) return;
  const nanoseconds later = elapsed(*probe->reflected_at, telemetry.timestamp, probe->reflector_ptp);
  probe->reflected_at.reset();
  if (later <= nanoseconds::zero() || later > kTransmitLimit) return;
  window_.correct(telemetry.sequence, -later);
}

void SessionSender::answered(SteadyTime now, const Probe& probe, nanoseconds rtt) {
  ++counters_.received;
  window_.record(now, probe.sequence, rtt);
  losses_in_row_ = 0;
  if (++replies_in_row_ >= params_.recovery) alive_ = true;
}

// A delay below zero by more than both clocks admit shows that one of them is not what it says: neither direction
// is reported then. A smaller disagreement cannot be seen from here.
void SessionSender::record_one_way(SteadyTime now, const Probe& probe, OneWaySample sample) {
  sample.forward -= probe.transmit_delay;
  if (sample.forward < -sample.error || sample.backward < -sample.error) {
    ++counters_.one_way_refused;
    one_way_.reset();
    return;
  }
  if (!one_way_) {
    one_way_ = std::make_unique<OneWay>(OneWay{.forward = Window(params_.window, params_.max_age),
                                               .backward = Window(params_.window, params_.max_age)});
  }
  one_way_->error = sample.error;
  one_way_->forward.record(now, probe.sequence, std::max(sample.forward, nanoseconds::zero()));
  one_way_->backward.record(now, probe.sequence, std::max(sample.backward, nanoseconds::zero()));
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

// RFC 6298 section 2, of what a reply takes until it is handled: the time-out has to outlast that.
void SessionSender::learn(nanoseconds rtt) {
  if (!srtt_) {
    srtt_ = rtt;
    rttvar_ = rtt / 2;
    return;
  }
  rttvar_ = (3 * rttvar_ + std::chrono::abs(*srtt_ - rtt)) / 4;
  srtt_ = (7 * *srtt_ + rtt) / 8;
}

nanoseconds SessionSender::timeout() const {
  const nanoseconds most = std::max<Milliseconds>(params_.max_timeout, params_.interval);
  if (!srtt_) return most;
  const nanoseconds granularity = nanoseconds(params_.interval) / kGranularityShare;
  return std::min(*srtt_ + std::max(4 * rttvar_, granularity), most);
}

WindowStatistics SessionSender::statistics(SteadyTime now) const {
  WindowStatistics all = window_.statistics(now);
  if (const auto recent = window_.recent_median(now, params_.recent)) all.p50 = *recent;
  return all;
}

std::optional<OneWayStatistics> SessionSender::one_way(SteadyTime now) const {
  if (!one_way_) return std::nullopt;
  OneWayStatistics result{.forward = one_way_->forward.statistics(now),
                          .backward = one_way_->backward.statistics(now),
                          .error = std::chrono::ceil<Microseconds>(one_way_->error)};
  if (result.forward.received == 0) return std::nullopt;
  return result;
}

void SessionSender::forget_delay() {
  window_.clear();
  one_way_.reset();
  srtt_.reset();
  rttvar_ = {};
}

}  // namespace pathwise::te
