// SPDX-License-Identifier: Apache-2.0
#include "te/verify/verifier.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/random.h"
#include "endpoint_probe.h"
#include "te/measure/stamp_packet.h"
#include "te/verify/quote.h"

namespace pathwise::te {
namespace {

namespace asio = boost::asio;

constexpr int kBatch = 64;                         // datagrams handled before other work of the thread gets its turn
constexpr std::uint16_t kFirstClosedPort = 33434;  // traceroute's: nobody listens there
constexpr int kReceiveBuffer = 1 << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Result<void> set(int fd, int level, int option, int value) {
  if (::setsockopt(fd, level, option, &value, sizeof value) == 0) return {};
  return fail_errno("verify: setsockopt", errno);
}

Result<Descriptor> open_udp() {
  Descriptor socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return fail_errno("verify: UDP socket", errno);
  if (auto done = set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1); !done) return std::unexpected(done.error());
  if (auto done = set(socket.get(), SOL_SOCKET, SO_TIMESTAMPNS, 1); !done) return std::unexpected(done.error());
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0) return socket;
  return fail_errno("verify: UDP socket", errno);
}

Result<Descriptor> open_icmp() {
  Descriptor socket(::socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6));
  if (socket.get() < 0) {
    if (errno != EPERM && errno != EACCES) return fail_errno("verify: ICMPv6 socket", errno);
    return fail(ErrorCode::kPermissionDenied, "listening for ICMPv6 errors needs CAP_NET_RAW");
  }
  icmp6_filter filter{};
  ICMP6_FILTER_SETBLOCKALL(&filter);
  ICMP6_FILTER_SETPASS(kIcmpUnreachable, &filter);
  ICMP6_FILTER_SETPASS(kIcmpTimeExceeded, &filter);
  if (::setsockopt(socket.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter) != 0) {
    return fail_errno("verify: ICMPv6 filter", errno);
  }
  if (auto done = set(socket.get(), SOL_SOCKET, SO_TIMESTAMPNS, 1); !done) return std::unexpected(done.error());
  // Others' errors come here too.
  if (auto done = set(socket.get(), SOL_SOCKET, SO_RCVBUF, kReceiveBuffer); !done) return std::unexpected(done.error());
  return socket;
}

// Sends whole packets; never receives one.
Result<Descriptor> open_raw() {
  Descriptor socket(::socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW));
  if (socket.get() < 0) return fail_errno("verify: raw socket", errno);
  return socket;
}

sockaddr_in6 to_sockaddr(const Ipv6Address& address, std::uint16_t port) {
  sockaddr_in6 result{};
  result.sin6_family = AF_INET6;
  result.sin6_port = htons(port);
  std::memcpy(&result.sin6_addr, address.bytes.data(), address.bytes.size());
  return result;
}

template <typename T>
void put(msghdr& message, cmsghdr*& part, int type, const T& value) {
  part->cmsg_level = IPPROTO_IPV6;
  part->cmsg_type = type;
  part->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(part), &value, sizeof value);
  part = CMSG_NXTHDR(&message, part);
}

// 0 or errno.
int send_probe(int fd, const VerifyProbe& probe, std::uint16_t port, std::span<const std::uint8_t> octets) {
  sockaddr_in6 to = to_sockaddr(probe.target.remote, port);
  iovec body{.iov_base = const_cast<std::uint8_t*>(octets.data()), .iov_len = octets.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = sizeof to;
  message.msg_iov = &body;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  in6_pktinfo info{};
  std::memcpy(&info.ipi6_addr, probe.target.local.bytes.data(), probe.target.local.bytes.size());
  cmsghdr* part = CMSG_FIRSTHDR(&message);
  put(message, part, IPV6_PKTINFO, info);
  put(message, part, IPV6_HOPLIMIT, int{probe.hop_limit});
  return ::sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? errno : 0;
}

int send_packet(int fd, const Ipv6Address& first_segment, std::span<const std::uint8_t> packet) {
  const sockaddr_in6 to = to_sockaddr(first_segment, 0);
  const auto* address = reinterpret_cast<const sockaddr*>(&to);
  return ::sendto(fd, packet.data(), packet.size(), MSG_NOSIGNAL, address, sizeof to) < 0 ? errno : 0;
}

struct Received {
  std::array<std::uint8_t, 2048> buffer{};
  std::size_t size = 0;
  Ipv6Address source;
  SteadyTime when;
  [[nodiscard]] std::span<const std::uint8_t> octets() const { return std::span(buffer).first(size); }
};

// The kernel's receive time is on the wall clock: how long the datagram lay in the queue takes it to the
// steady one. A wall clock that was stepped meanwhile gives nonsense, which is not believed.
SteadyTime received_at(const msghdr& message) {
  const SteadyTime now = std::chrono::steady_clock::now();
  const SystemTime wall = std::chrono::system_clock::now();
  msghdr copy = message;
  for (cmsghdr* part = CMSG_FIRSTHDR(&copy); part != nullptr; part = CMSG_NXTHDR(&copy, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
    const auto queued = wall - SystemTime(std::chrono::seconds(stamp.tv_sec) + std::chrono::nanoseconds(stamp.tv_nsec));
    if (queued > queued.zero() && queued < std::chrono::seconds(1)) return now - queued;
  }
  return now;
}

bool receive(int fd, Received& into) {
  sockaddr_in6 from{};
  iovec body{.iov_base = into.buffer.data(), .iov_len = into.buffer.size()};
  alignas(cmsghdr) std::array<std::byte, 128> control{};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &body;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(fd, &message, 0);
  if (size < 0) return false;
  into.size = static_cast<std::size_t>(size);
  std::memcpy(into.source.bytes.data(), &from.sin6_addr, into.source.bytes.size());
  into.when = received_at(message);
  return true;
}

Result<std::uint16_t> port_of(int fd) {
  sockaddr_in6 local{};
  socklen_t length = sizeof local;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &length) == 0) return ntohs(local.sin6_port);
  return fail_errno("verify: getsockname", errno);
}

}  // namespace

struct Verifier::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, Descriptor udp_socket, Descriptor icmp_socket, Descriptor raw_socket, std::uint16_t bound,
        std::vector<VerifyTarget> targets, const VerifierOptions& opts, Done on_done)
      : options(opts),
        udp(io, udp_socket.release()),
        icmp(io, icmp_socket.release()),
        raw(std::move(raw_socket)),
        timer(io),
        port(bound),
        done(std::move(on_done)),
        run(std::move(targets), opts.params, static_cast<std::uint32_t>(Random(opts.seed)()),
            std::chrono::steady_clock::now()) {}

  void listen(asio::posix::stream_descriptor& descriptor, void (State::*take)()) {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this(), &descriptor, take](const boost::system::error_code& error) {
                            if (error || !self->descriptor_open()) return;
                            for (int i = 0; i < kBatch && receive(descriptor.native_handle(), self->datagram); ++i) {
                              (self.get()->*take)();
                            }
                            self->listen(descriptor, take);
                            self->go_on();
                          });
  }
  [[nodiscard]] bool descriptor_open() const { return udp.is_open(); }

  // The far end's reflector.
  void take_reply() {
    const auto reply = StampReflectorPacket::decode(datagram.octets());
    if (!reply) return;
    const VerifyTarget* target = run.target_of(reply->sender_sequence);
    if (target == nullptr || target->remote != datagram.source) return;
    run.answered(reply->sender_sequence, {.answer = HopAnswer::kArrived, .responder = datagram.source}, datagram.when);
  }

  void take_error() {
    const auto quote = decode_icmp_quote(datagram.octets());
    if (!quote || quote->source_port != port) return;
    const VerifyTarget* target = run.target_of(quote->first_word);
    if (target == nullptr || target->remote != quote->destination) return;
    if (quote->source != target->local && quote->source != target->native) return;
    HopObservation seen{.answer = HopAnswer::kExpired, .responder = datagram.source, .code = quote->code};
    if (quote->type == kIcmpUnreachable) {
      seen.answer = datagram.source == target->remote ? HopAnswer::kArrived : HopAnswer::kRefused;
    }
    run.answered(quote->first_word, seen, datagram.when);
  }

  void go_on() {
    const SteadyTime now = std::chrono::steady_clock::now();
    run.expire(now);
    while (const auto probe = run.next(now)) send(*probe);
    if (run.done()) return finish();
    timer.expires_at(run.wake());
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error && self->descriptor_open()) self->go_on();
    });
  }

  void send(const VerifyProbe& probe) {
    StampSenderPacket packet;
    packet.sequence = probe.id;
    packet.timestamp = StampTimestamp::from(std::chrono::system_clock::now(), packet.error_estimate.ptp);
    if (probe.hop_limit == 0) {  // if it cannot be sent, the endpoint's router stays unseen, and no more
      const EndpointProbe endpoint{.source = probe.target.native,
                                   .segments = probe.target.segments,
                                   .destination = probe.target.remote,
                                   .source_port = port,
                                   .destination_port = options.stamp_port};
      static_cast<void>(send_packet(raw.get(), endpoint.segments.front(), encode(endpoint, packet.encode())));
      return;
    }
    const bool closed = probe.attempt > 0;
    const auto to = closed ? static_cast<std::uint16_t>(kFirstClosedPort + probe.hop_limit) : options.stamp_port;
    const int error = send_probe(udp.native_handle(), probe, to, packet.encode());
    if (error == 0 || error == EAGAIN || error == ENOBUFS) return;  // the latter are lost on the way out
    run.not_sent(probe.id, fail_errno("the probe cannot be sent", error).error().message);
  }

  void finish() {
    close();
    if (done) std::exchange(done, nullptr)(run.results());
  }
  void close() {
    boost::system::error_code ignored;
    timer.cancel();
    udp.close(ignored);
    icmp.close(ignored);
  }

  const VerifierOptions options;
  asio::posix::stream_descriptor udp;
  asio::posix::stream_descriptor icmp;
  const Descriptor raw;
  asio::steady_timer timer;
  const std::uint16_t port;
  Done done;
  VerifyRun run;
  Received datagram;
};

Result<std::unique_ptr<Verifier>> Verifier::start(asio::io_context& io, std::vector<VerifyTarget> targets,
                                                  VerifierOptions options, Done done) {
  auto icmp = open_icmp();
  if (!icmp) return std::unexpected(icmp.error());
  auto udp = open_udp();
  if (!udp) return std::unexpected(udp.error());
  auto raw = open_raw();
  if (!raw) return std::unexpected(raw.error());
  const auto port = port_of(udp->get());
  if (!port) return std::unexpected(port.error());
  auto state = std::make_shared<State>(io, std::move(*udp), std::move(*icmp), std::move(*raw), *port,
                                       std::move(targets), options, std::move(done));
  state->listen(state->udp, &State::take_reply);
  state->listen(state->icmp, &State::take_error);
  asio::post(io, [state] {
    if (state->descriptor_open()) state->go_on();
  });
  return std::unique_ptr<Verifier>(new Verifier(std::move(state)));
}

Verifier::Verifier(std::shared_ptr<State> state) : state_(std::move(state)) {}
Verifier::~Verifier() {
  state_->done = nullptr;
  state_->close();
}

}  // namespace pathwise::te
