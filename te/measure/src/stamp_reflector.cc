// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <boost/asio/io_context.hpp>
#include <vector>

#include "socket_watch.h"
#include "te/measure/stamp_udp.h"
#include "udp_socket.h"

namespace pathwise::te {
namespace {

constexpr std::chrono::microseconds kPace{500};
constexpr int kBatches = 8;                  // of datagrams, before other work of the thread gets its turn
constexpr std::size_t kPendingTimes = 1024;  // ours, a power of two: replies whose transmit time is awaited

bool is_link_local(const Ipv6Address& address) {
  return address.bytes[0] == 0xFE && (address.bytes[1] & 0xC0) == 0x80;
}

}  // namespace

struct StampReflector::State : std::enable_shared_from_this<State> {
  State(std::uint16_t bound, ReflectorParams params)
      : port(bound), reflector(std::move(params)), buffers(DatagramSender::kBatch * kStampMaxSize) {}

  std::size_t look() {
    take_transmit_times();
    std::size_t seen = 0;
    for (int i = 0; i < kBatches; ++i) {
      const auto datagrams = receiver.receive(watch->fd());
      for (const Datagram& datagram : datagrams) answer(datagram);
      flush();
      seen += datagrams.size();
      if (datagrams.size() < DatagramReceiver::kBatch) break;
    }
    counters.dropped = receiver.dropped();
    return seen;
  }

  void answer(const Datagram& datagram) {
    ++counters.received;
    const ProbeArrival arrival{.source = datagram.source,
                               .source_port = datagram.source_port,
                               .destination = datagram.destination,
                               .ifindex = datagram.ifindex,
                               .hop_limit = datagram.hop_limit,
                               .traffic_class = datagram.traffic_class,
                               .received = datagram.received};
    const std::span<std::uint8_t> buffer = std::span(buffers).subspan(sender.size() * kStampMaxSize, kStampMaxSize);
    const auto reflection = reflector.reflect(datagram.octets, arrival, std::chrono::system_clock::now(), buffer);
    if (!reflection) {
      ++counters.refused[static_cast<std::size_t>(reflection.error())];
      return;
    }
    const bool same_link =
        reflection->same_link || is_link_local(datagram.source) || is_link_local(datagram.destination);
    const DatagramTarget target{.source = datagram.destination,
                                .destination = reflection->destination,
                                .port = datagram.source_port,
                                .ifindex = same_link ? datagram.ifindex : 0,
                                .traffic_class = reflection->traffic_class};
    if (reflection->follow_up) await_transmit_time(datagram, *reflection);
    sender.add(target, buffer.first(reflection->size), reflection->follow_up ? 1 : 0, reflection->follow_up);
    if (sender.full()) flush();
  }

  void flush() {
    if (sender.size() == 0) return;
    const std::size_t count = sender.size();
    const auto failed = sender.flush(watch->fd());
    counters.reflected += count - failed.size();
    counters.send_errors += failed.size();
    if (std::ranges::contains(failed, 1U)) {
      times.restart(watch->fd());
      pending.fill({});
    }
  }

  void await_transmit_time(const Datagram& datagram, const Reflection& reflection) {
    ++counters.transmit_times;
    const std::uint32_t number = times.next_number();
    pending[number % kPendingTimes] = {.number = number,
                                       .source = datagram.source,
                                       .port = datagram.source_port,
                                       .ssid = reflection.ssid,
                                       .sequence = reflection.sequence};
  }

  void take_transmit_times() {
    if (counters.transmit_times == 0) return;
    for (auto stamps = times.receive(watch->fd()); !stamps.empty(); stamps = times.receive(watch->fd())) {
      for (const TransmitTimes::Stamp& stamp : stamps) {
        const Pending& reply = pending[stamp.number % kPendingTimes];
        if (reply.number != stamp.number) continue;
        reflector.transmitted(reply.source, reply.port, reply.ssid, reply.sequence, stamp.when);
      }
    }
  }

  struct Pending {
    std::uint32_t number = UINT32_MAX;
    Ipv6Address source;
    std::uint16_t port = 0;
    std::uint16_t ssid = 0;
    std::uint32_t sequence = 0;
  };
  std::uint16_t port;
  Reflector reflector;
  std::shared_ptr<SocketWatch> watch;
  DatagramReceiver receiver;
  DatagramSender sender;
  TransmitTimes times;
  std::array<Pending, kPendingTimes> pending;
  std::vector<std::uint8_t> buffers;  // the replies of one batch
  ReflectorCounters counters;
};

Result<std::unique_ptr<StampReflector>> StampReflector::open(boost::asio::io_context& context,
                                                             StampReflectorConfig config) {
  auto socket = UdpSocket::open(config.address, config.port);
  if (!socket) return std::unexpected(socket.error());
  const auto port = socket->port();
  if (!port) return std::unexpected(port.error());
  auto state = std::make_shared<State>(*port, std::move(config.params));
  state->watch = std::make_shared<SocketWatch>(context, socket->release(), kPace, [weak = std::weak_ptr(state)] {
    const auto self = weak.lock();
    return self ? self->look() : 0;
  });
  state->watch->start();
  return std::unique_ptr<StampReflector>(new StampReflector(std::move(state)));
}

StampReflector::StampReflector(std::shared_ptr<State> state) : state_(std::move(state)) {}
StampReflector::~StampReflector() {
  state_->watch->stop();
}
void StampReflector::set_keys(std::vector<StampKey> keys) {
  state_->reflector.set_keys(std::move(keys));
}
std::uint16_t StampReflector::port() const {
  return state_->port;
}
const ReflectorCounters& StampReflector::counters() const {
  return state_->counters;
}

}  // namespace pathwise::te
