// SPDX-License-Identifier: Apache-2.0
#include "te/measure/stamp_udp.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <queue>
#include <unordered_map>

#include "base/random.h"
#include "udp_socket.h"

namespace pathwise::te {
namespace {

namespace asio = boost::asio;

constexpr int kBatch = 256;  // datagrams handled before other work of the thread gets its turn

bool is_link_local(const Ipv6Address& address) {
  return address.bytes[0] == 0xFE && (address.bytes[1] & 0xC0) == 0x80;
}

}  // namespace

// ---- reflector ----

struct StampReflector::State : std::enable_shared_from_this<State> {
  State(asio::io_context& context, UdpSocket socket, std::uint16_t bound, TlvHandler handler)
      : descriptor(context, socket.release()), port(bound), on_tlv(std::move(handler)) {}

  void wait() {
    descriptor.async_wait(
        asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
          if (error || !self->descriptor.is_open()) return;
          for (int i = 0; i < kBatch && receive(self->descriptor.native_handle(), self->datagram); ++i) {
            self->answer();
          }
          self->wait();
        });
  }

  void answer() {
    ++counters.received;
    const ProbeArrival arrival{.source = datagram.source,
                               .destination = datagram.destination,
                               .ifindex = datagram.ifindex,
                               .hop_limit = datagram.hop_limit,
                               .received = datagram.received};
    const auto reply = reflect(datagram.octets(), arrival, std::chrono::system_clock::now(), on_tlv);
    if (!reply) {
      ++counters.malformed;
      return;
    }
    const bool same_link = is_link_local(datagram.source) || is_link_local(datagram.destination);
    const DatagramTarget target{.source = datagram.destination,
                                .destination = datagram.source,
                                .port = datagram.source_port,
                                .ifindex = same_link ? datagram.ifindex : 0};
    if (send(descriptor.native_handle(), target, *reply) == 0) {
      ++counters.reflected;
    } else {
      ++counters.send_errors;
    }
  }

  asio::posix::stream_descriptor descriptor;
  std::uint16_t port;
  TlvHandler on_tlv;
  ReflectorCounters counters;
  Datagram datagram;
};

Result<std::unique_ptr<StampReflector>> StampReflector::open(asio::io_context& context, StampReflectorConfig config) {
  auto socket = UdpSocket::open(config.address, config.port);
  if (!socket) return std::unexpected(socket.error());
  const auto port = socket->port();
  if (!port) return std::unexpected(port.error());
  auto state = std::make_shared<State>(context, std::move(*socket), *port, std::move(config.on_tlv));
  state->wait();
  return std::unique_ptr<StampReflector>(new StampReflector(std::move(state)));
}

StampReflector::StampReflector(std::shared_ptr<State> state) : state_(std::move(state)) {}
StampReflector::~StampReflector() {
  state_->on_tlv = nullptr;
  state_->descriptor.close();
}
std::uint16_t StampReflector::port() const {
  return state_->port;
}
const ReflectorCounters& StampReflector::counters() const {
  return state_->counters;
}

// ---- sender ----

struct StampSender::State : std::enable_shared_from_this<State> {
  struct Session {
    Session(StampSessionConfig c, std::uint64_t g) : config(std::move(c)), machine(config.params), generation(g) {}
    StampSessionConfig config;
    SessionSender machine;
    std::uint64_t generation;  // tells a wake-up for a removed session whose SSID was given again
    SteadyTime next_send;
    SystemTime last_reply{};
    bool reported_alive = false;
  };
  // A session has exactly one wake-up pending.
  struct WakeUp {
    SteadyTime when;
    StampSessionId id;
    std::uint64_t generation;
    bool operator>(const WakeUp& other) const { return when > other.when; }
  };

  State(asio::io_context& context, UdpSocket socket, StampSenderEvents e, std::uint64_t seed)
      : descriptor(context, socket.release()), timer(context), events(std::move(e)), random(seed) {}

  void wait_readable() {
    descriptor.async_wait(
        asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
          if (error || !self->descriptor.is_open()) return;
          for (int i = 0; i < kBatch && receive(self->descriptor.native_handle(), self->datagram); ++i) {
            self->on_datagram();
          }
          self->wait_readable();
        });
  }

  void arm() {
    if (wake_ups.empty() || (armed && *armed <= wake_ups.top().when)) return;
    armed = wake_ups.top().when;
    timer.expires_at(*armed);
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (error || !self->descriptor.is_open()) return;
      self->armed.reset();
      self->run_due();
      self->arm();
    });
  }

  void run_due() {
    const SteadyTime now = std::chrono::steady_clock::now();
    while (!wake_ups.empty() && wake_ups.top().when <= now) {
      const WakeUp due = wake_ups.top();
      wake_ups.pop();
      const auto found = sessions.find(due.id);
      if (found == sessions.end() || found->second.generation != due.generation) continue;
      wake(due.id, found->second, now);
    }
  }

  void wake(StampSessionId id, Session& session, SteadyTime now) {
    session.machine.expire(now);
    if (session.next_send <= now) {
      probe(id, session, now);
      session.next_send += session.config.params.interval;
      if (session.next_send <= now)
        session.next_send = now + session.config.params.interval;  // never catch up by a burst
    }
    const auto deadline = session.machine.next_deadline();
    wake_ups.push({deadline ? std::min(*deadline, session.next_send) : session.next_send, id, session.generation});
    report_liveness(id, session);  // last: the callback may remove the session
  }

  // A probe that cannot be sent (no route) is a probe that gets no answer: it counts as lost.
  void probe(StampSessionId id, Session& session, SteadyTime now) {
    StampSenderPacket packet;
    packet.sequence = session.machine.send(now);
    packet.ssid = id;
    packet.tlvs.list = session.config.tlvs;
    packet.timestamp = StampTimestamp::from(std::chrono::system_clock::now(), packet.error_estimate.ptp);
    const DatagramTarget target{.source = session.config.local,
                                .destination = session.config.remote,
                                .port = session.config.remote_port,
                                .ifindex = session.config.ifindex};
    static_cast<void>(send(descriptor.native_handle(), target, packet.encode()));
  }

  void on_datagram() {
    const auto packet = StampReflectorPacket::decode(datagram.octets());
    if (!packet) return;
    const auto found = sessions.find(packet->ssid);
    if (found == sessions.end() || found->second.config.remote != datagram.source) return;
    Session& session = found->second;
    const ReplyKind kind =
        session.machine.on_reply(std::chrono::steady_clock::now(), to_reply(*packet, datagram.received));
    if (kind == ReplyKind::kUnknown || kind == ReplyKind::kDuplicate) return;
    session.last_reply = datagram.received;
    const std::uint64_t generation = session.generation;
    if (events.on_reply) events.on_reply(packet->ssid, packet->tlvs.list);
    const auto still = sessions.find(packet->ssid);  // the callback may have removed it
    if (still != sessions.end() && still->second.generation == generation) report_liveness(packet->ssid, still->second);
  }

  void report_liveness(StampSessionId id, Session& session) {
    if (session.machine.alive() == session.reported_alive) return;
    session.reported_alive = session.machine.alive();
    if (events.on_liveness) events.on_liveness(id, session.reported_alive);
  }

  Result<StampSessionId> free_id() {
    if (sessions.size() >= 0xFFFF) {
      return fail(ErrorCode::kResourceExhausted, "STAMP: 65535 sessions are the most that one sender can tell apart");
    }
    do {
      if (++last_id == 0) ++last_id;
    } while (sessions.contains(last_id));
    return last_id;
  }

  asio::posix::stream_descriptor descriptor;
  asio::steady_timer timer;
  StampSenderEvents events;
  Random random;
  std::unordered_map<StampSessionId, Session> sessions;
  std::priority_queue<WakeUp, std::vector<WakeUp>, std::greater<>> wake_ups;  // one a session, plus removed ones' last
  std::optional<SteadyTime> armed;
  std::uint64_t generations = 0;
  StampSessionId last_id = 0;
  Datagram datagram;
};

Result<std::unique_ptr<StampSender>> StampSender::open(asio::io_context& context, StampSenderEvents events,
                                                       std::uint64_t seed) {
  auto socket = UdpSocket::open(Ipv6Address{}, 0);
  if (!socket) return std::unexpected(socket.error());
  auto state = std::make_shared<State>(context, std::move(*socket), std::move(events), seed);
  state->wait_readable();
  return std::unique_ptr<StampSender>(new StampSender(std::move(state)));
}

StampSender::StampSender(std::shared_ptr<State> state) : state_(std::move(state)) {}
StampSender::~StampSender() {
  state_->events = {};
  state_->sessions.clear();
  state_->timer.cancel();
  state_->descriptor.close();
}

Result<StampSessionId> StampSender::add(StampSessionConfig config) {
  const auto id = state_->free_id();
  if (!id) return id;
  const std::chrono::nanoseconds interval = config.params.interval;
  const auto jitter = std::chrono::duration_cast<SteadyTime::duration>(interval * state_->random.uniform());
  auto& session = state_->sessions.try_emplace(*id, std::move(config), ++state_->generations).first->second;
  session.next_send = std::chrono::steady_clock::now() + jitter;
  state_->wake_ups.push({session.next_send, *id, session.generation});
  state_->arm();
  return *id;
}

void StampSender::remove(StampSessionId id) {
  state_->sessions.erase(id);
}

void StampSender::set_tlvs(StampSessionId id, std::vector<StampTlv> tlvs) {
  const auto found = state_->sessions.find(id);
  if (found != state_->sessions.end()) found->second.config.tlvs = std::move(tlvs);
}

void StampSender::forget_delay(StampSessionId id) {
  const auto found = state_->sessions.find(id);
  if (found != state_->sessions.end()) found->second.machine.forget_delay();
}

Result<StampSessionReport> StampSender::report(StampSessionId id) const {
  const auto found = state_->sessions.find(id);
  if (found == state_->sessions.end()) return fail(ErrorCode::kNotFound, "STAMP: no session {}", id);
  const State::Session& session = found->second;
  return StampSessionReport{.alive = session.machine.alive(),
                            .statistics = session.machine.statistics(std::chrono::steady_clock::now()),
                            .counters = session.machine.counters(),
                            .last_reply = session.last_reply};
}

std::size_t StampSender::sessions() const {
  return state_->sessions.size();
}

}  // namespace pathwise::te
