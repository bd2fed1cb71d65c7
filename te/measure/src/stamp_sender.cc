// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "sender_session.h"
#include "socket_watch.h"
#include "stamp_octets.h"
#include "te/measure/due_wheel.h"
#include "te/measure/stamp_udp.h"
#include "udp_socket.h"

namespace pathwise::te {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kPace{1};
constexpr int kBatches = 8;                  // of datagrams, before other work of the thread gets its turn
constexpr int kBeforeExpiry = 32;            // times that: what the socket's buffer holds
constexpr std::size_t kPendingTimes = 1024;  // ours, a power of two: probes whose transmit time is awaited
constexpr std::size_t kMostSessions = 0xFFFF;
constexpr std::size_t kSsidAt = 14, kAuthenticatedSsidAt = 26;

// One instant by both clocks: a pause of this thread between the two readings would look like a step of one of them.
ProbeTime both_clocks() {
  constexpr std::chrono::microseconds kOneInstant{50};
  constexpr int kTries = 3;
  ProbeTime now;
  for (int i = 0; i < kTries; ++i) {
    now = {.steady = std::chrono::steady_clock::now(), .wall = std::chrono::system_clock::now()};
    if (std::chrono::steady_clock::now() - now.steady < kOneInstant) break;
  }
  return now;
}

StampSessionId ssid_of(std::span<const std::uint8_t> octets, StampMode mode) {
  const std::size_t at = mode == StampMode::kAuthenticated ? kAuthenticatedSsidAt : kSsidAt;
  return octets.size() < at + 2 ? StampSessionId{0} : OctetReader(octets.subspan(at)).u16();
}

}  // namespace

struct StampSender::State : std::enable_shared_from_this<State> {
  State(asio::io_context& context, StampSenderConfig given, StampSenderEvents handlers)
      : config(std::move(given)),
        mode(config.keys.empty() ? StampMode::kUnauthenticated : StampMode::kAuthenticated),
        timer(context),
        events(std::move(handlers)),
        random(config.seed),
        wheel(std::chrono::steady_clock::now()),
        sessions(kMostSessions + 1) {}

  // ---- when ----

  void arm() {
    const auto next = wheel.next();
    if (!next || (armed && *armed <= *next)) return;
    armed = *next;
    timer.expires_at(*armed);
    timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (!error && self && !self->stopped) self->run();
    });
  }

  void run() {
    armed.reset();
    // Before a probe is declared lost: after a stall of this thread its reply may be waiting behind thousands.
    for (int i = 0; i < kBeforeExpiry && look() >= kBatches * DatagramReceiver::kBatch; ++i) {
    }
    wheel.advance(std::chrono::steady_clock::now(), [this](std::uint32_t id, std::uint32_t generation) {
      wake(static_cast<StampSessionId>(id), generation);
    });
    flush();
    report_changes();
    if (!stopped) arm();
  }

  void wake(StampSessionId id, std::uint32_t generation) {
    SenderSession* session = sessions[id].get();
    if (session == nullptr || session->generation != generation) return;
    const ProbeTime now = both_clocks();
    session->machine().expire(now.steady);
    if (session->next_send <= now.steady) {
      probe(id, *session, now);
      // Never catch up by a burst, and keep to its own phase: after a stall not all sessions send at once for ever.
      const auto interval = std::max(session->config().params.interval, Milliseconds(1));
      session->next_send += ((now.steady - session->next_send) / interval + 1) * interval;
    }
    const auto deadline = session->machine().next_deadline();
    wheel.push(deadline ? std::min(*deadline, session->next_send) : session->next_send, id, generation);
    note_liveness(id, *session);
  }

  // Callbacks may remove sessions, so they wait until nothing refers to one.
  void note_liveness(StampSessionId id, const SenderSession& session) {
    if (session.machine().alive() != session.reported_alive) changed.push_back(id);
  }

  void report_changes() {
    std::vector<StampSessionId> list;
    list.swap(changed);
    for (const StampSessionId id : list) {
      SenderSession* session = sessions[id].get();
      if (session == nullptr || session->machine().alive() == session->reported_alive) continue;
      session->reported_alive = session->machine().alive();
      if (events.on_liveness) events.on_liveness(id, session->reported_alive);
      if (stopped) return;
    }
  }

  // ---- out ----

  // A probe that cannot be sent (no route) is a probe that gets no answer: it counts as lost.
  void probe(StampSessionId id, SenderSession& session, ProbeTime now) {
    const auto octets = session.next_probe(now, config.keys.empty() ? nullptr : &config.keys.front());
    const bool timed = config.transmit_time_every != 0 && session.last_sequence() % config.transmit_time_every == 0;
    if (timed) {
      const std::uint32_t number = times.next_number();
      pending[number % kPendingTimes] = {.number = number,
                                         .id = id,
                                         .generation = session.generation,
                                         .sequence = session.last_sequence(),
                                         .wall = now.wall};
      ++counters.transmit_times_asked;
    }
    ++counters.sent;
    sender.add(session.target(), octets, timed ? 1 : 0, timed);
    if (sender.full()) flush();
  }

  void flush() {
    if (sender.size() == 0) return;
    const auto failed = sender.flush(watch->fd());
    counters.send_errors += failed.size();
    if (std::ranges::contains(failed, 1U)) {
      times.restart(watch->fd());
      pending.fill({});
    }
  }

  void take_transmit_times() {
    if (counters.transmit_times_asked == 0) return;
    for (auto stamps = times.receive(watch->fd()); !stamps.empty(); stamps = times.receive(watch->fd())) {
      for (const TransmitTimes::Stamp& stamp : stamps) take_transmit_time(stamp);
    }
  }

  void take_transmit_time(const TransmitTimes::Stamp& stamp) {
    const Pending& sent = pending[stamp.number % kPendingTimes];
    if (sent.number != stamp.number) return;
    SenderSession* session = sessions[sent.id].get();
    if (session == nullptr || session->generation != sent.generation || stamp.when < sent.wall) return;
    ++counters.transmit_times;
    counters.transmit_delay += stamp.when - sent.wall;
    session->machine().on_transmit(sent.sequence, stamp.when);
  }

  // ---- in ----

  std::size_t look() {
    take_transmit_times();
    std::size_t seen = 0;
    for (int i = 0; i < kBatches && !stopped; ++i) {
      const auto datagrams = receiver.receive(watch->fd());
      for (const Datagram& datagram : datagrams) {
        if (!stopped) on_datagram(datagram);
      }
      seen += datagrams.size();
      if (datagrams.size() < DatagramReceiver::kBatch) break;
    }
    counters.dropped = receiver.dropped();
    return seen;
  }

  void on_datagram(const Datagram& datagram) {
    const StampSessionId id = session_for(datagram);
    SenderSession* session = sessions[id].get();
    if (session == nullptr) {
      ++(datagram.octets.size() < kTwampLightReplySize ? counters.malformed : counters.unmatched);
      return;
    }
    const ReplyVerdict verdict =
        session->on_reply(both_clocks(), datagram.octets, datagram.received, config.keys, config.clock);
    count(verdict);
    if (verdict != ReplyVerdict::kTaken && verdict != ReplyVerdict::kTakenWithoutTlvs) return;
    note_liveness(id, *session);
    if (!events.on_reply) return;
    StampTlvs tlvs;
    if (verdict == ReplyVerdict::kTaken) {
      tlvs = StampTlvs::decode(datagram.octets.subspan(std::min(stamp_base_size(mode), datagram.octets.size())));
    }
    events.on_reply(id, tlvs.list);
  }

  void count(ReplyVerdict verdict) {
    switch (verdict) {
      case ReplyVerdict::kTakenWithoutTlvs:
        ++counters.bad_tlvs;
        [[fallthrough]];
      case ReplyVerdict::kTaken:
        ++counters.replies;
        break;
      case ReplyVerdict::kMalformed:
        ++counters.malformed;
        break;
      case ReplyVerdict::kBadHmac:
        ++counters.bad_hmac;
        break;
      case ReplyVerdict::kUnmatched:
        ++counters.unmatched;
        break;
    }
  }

  // 0: nobody's. A reply comes from the address that was probed, whatever its port.
  StampSessionId session_for(const Datagram& datagram) {
    const StampSessionId id = ssid_of(datagram.octets, mode);
    if (id == 0) return session_without_id(datagram);
    const SenderSession* session = sessions[id].get();
    return session != nullptr && session->config().remote == datagram.source ? id : StampSessionId{0};
  }

  // A TWAMP Light reflector returns no session id: the one whose probe this answers, by its time stamp.
  StampSessionId session_without_id(const Datagram& datagram) {
    const auto packet = StampReflectorPacket::decode_base(datagram.octets, mode);
    if (!packet) return 0;
    const auto [begin, end] = by_remote.equal_range(datagram.source);
    for (auto at = begin; at != end; ++at) {
      const SenderSession* session = sessions[at->second].get();
      if (session->machine().awaits(packet->sender_sequence, packet->sender_timestamp)) return at->second;
    }
    return 0;
  }

  // ---- sessions ----

  Result<StampSessionId> free_id() {
    if (by_remote.size() >= kMostSessions) {
      return fail(ErrorCode::kResourceExhausted, "STAMP: {} sessions are the most that one sender can tell apart",
                  kMostSessions);
    }
    do {
      if (++last_id == 0) ++last_id;
    } while (sessions[last_id] != nullptr);
    return last_id;
  }

  void remove(StampSessionId id) {
    const SenderSession* session = sessions[id].get();
    if (session == nullptr) return;
    const auto [begin, end] = by_remote.equal_range(session->config().remote);
    const auto entry = std::find_if(begin, end, [id](const auto& each) { return each.second == id; });
    if (entry != end) by_remote.erase(entry);
    sessions[id].reset();
  }

  struct Pending {
    std::uint32_t number = UINT32_MAX;
    StampSessionId id = 0;
    std::uint32_t generation = 0;
    std::uint32_t sequence = 0;
    SystemTime wall;
  };

  StampSenderConfig config;
  const StampMode mode;
  std::shared_ptr<SocketWatch> watch;
  asio::steady_timer timer;
  StampSenderEvents events;
  Random random;
  DueWheel wheel;  // one entry a session, plus removed ones' last
  std::optional<SteadyTime> armed;
  std::vector<std::unique_ptr<SenderSession>> sessions;  // by SSID; [0] stays empty
  std::unordered_multimap<Ipv6Address, StampSessionId> by_remote;
  std::vector<StampSessionId> changed;  // their liveness; to be reported
  DatagramReceiver receiver;
  DatagramSender sender;
  TransmitTimes times;
  std::array<Pending, kPendingTimes> pending;
  SenderCounters counters;
  std::uint32_t generations = 0;
  StampSessionId last_id = 0;
  bool stopped = false;
};

Result<std::unique_ptr<StampSender>> StampSender::open(asio::io_context& context, StampSenderConfig config,
                                                       StampSenderEvents events) {
  auto socket = UdpSocket::open(Ipv6Address{}, 0);
  if (!socket) return std::unexpected(socket.error());
  auto state = std::make_shared<State>(context, std::move(config), std::move(events));
  state->watch = std::make_shared<SocketWatch>(context, socket->release(), kPace, [weak = std::weak_ptr(state)] {
    const auto self = weak.lock();
    if (!self) return std::size_t{0};
    const std::size_t seen = self->look();
    self->report_changes();
    return seen;
  });
  state->watch->start();
  return std::unique_ptr<StampSender>(new StampSender(std::move(state)));
}

StampSender::StampSender(std::shared_ptr<State> state) : state_(std::move(state)) {}
StampSender::~StampSender() {
  state_->stopped = true;
  state_->timer.cancel();
  state_->watch->stop();
}

Result<StampSessionId> StampSender::add(StampSessionConfig config) {
  const auto id = state_->free_id();
  if (!id) return id;
  const std::chrono::nanoseconds interval = config.params.interval;
  const auto spread = std::chrono::duration_cast<SteadyTime::duration>(interval * state_->random.uniform());
  auto session = SenderSession::create(*id, std::move(config), state_->mode, state_->config.clock);
  if (!session) return std::unexpected(session.error());
  session->generation = ++state_->generations;
  session->next_send = std::chrono::steady_clock::now() + spread;
  state_->by_remote.emplace(session->config().remote, *id);
  state_->wheel.push(session->next_send, *id, session->generation);
  state_->sessions[*id] = std::make_unique<SenderSession>(std::move(*session));
  state_->arm();
  return *id;
}

void StampSender::remove(StampSessionId id) {
  state_->flush();  // a batch may refer to its probe
  state_->remove(id);
}

void StampSender::set_keys(std::vector<StampKey> keys) {
  if (!keys.empty() && state_->mode == StampMode::kAuthenticated) state_->config.keys = std::move(keys);
}

void StampSender::forget_delay(StampSessionId id) {
  if (auto& session = state_->sessions[id]) session->machine().forget_delay();
}

Result<StampSessionReport> StampSender::report(StampSessionId id) const {
  const auto& session = state_->sessions[id];
  if (!session) return fail(ErrorCode::kNotFound, "STAMP: no session {}", id);
  return session->report(std::chrono::steady_clock::now());
}

std::size_t StampSender::sessions() const {
  return state_->by_remote.size();
}

const SenderCounters& StampSender::counters() const {
  return state_->counters;
}

}  // namespace pathwise::te
