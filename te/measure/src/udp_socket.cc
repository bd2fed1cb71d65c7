// SPDX-License-Identifier: Apache-2.0
#include "udp_socket.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/format.h"

namespace pathwise::te {
namespace {

// Ours: 8 MiB hold what 30,000 datagrams a second bring in 200 ms.
constexpr int kReceiveBuffer = 8 << 20;
constexpr std::uint32_t kTimes = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_CMSG;
constexpr std::uint32_t kTimesNumbered = kTimes | SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;

sockaddr_in6 to_sockaddr(const Ipv6Address& address, std::uint16_t port, std::uint32_t ifindex) {
  sockaddr_in6 result{};
  result.sin6_family = AF_INET6;
  result.sin6_port = htons(port);
  std::memcpy(&result.sin6_addr, address.bytes.data(), address.bytes.size());
  result.sin6_scope_id = ifindex;
  return result;
}

Ipv6Address to_address(const in6_addr& address) {
  Ipv6Address result;
  std::memcpy(result.bytes.data(), &address, result.bytes.size());
  return result;
}

template <typename Value>
bool set_option(int fd, int level, int option, Value value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

template <typename Value>
Value value_of(const cmsghdr* part) {
  Value value{};
  std::memcpy(&value, CMSG_DATA(part), sizeof value);
  return value;
}

SystemTime to_time(const timespec& when) {
  return SystemTime(std::chrono::seconds(when.tv_sec) + std::chrono::nanoseconds(when.tv_nsec));
}

// Writes control messages one after the other.
class ControlWriter {
 public:
  explicit ControlWriter(std::span<std::byte> space) : space_(space) {}
  template <typename Value>
  void add(int level, int type, const Value& value) {
    cmsghdr header{};
    header.cmsg_level = level;
    header.cmsg_type = type;
    header.cmsg_len = CMSG_LEN(sizeof value);
    std::memcpy(&space_[size_], &header, sizeof header);
    std::memcpy(&space_[size_ + CMSG_LEN(0)], &value, sizeof value);
    size_ += CMSG_SPACE(sizeof value);
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::span<std::byte> space_;
  std::size_t size_ = 0;
};

bool prepare(int fd) {
  // Without the capability the system's limit (net.core.rmem_max) applies.
  if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer)) {
    static_cast<void>(set_option(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer));
  }
  static_cast<void>(set_option(fd, SOL_SOCKET, SO_RXQ_OVFL, 1));
  // A probe that does not fit the path is a lost probe, not two fragments.
  return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) && set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
         set_option(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) && set_option(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1) &&
         set_option(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1) && set_option(fd, SOL_SOCKET, SO_TIMESTAMPING, kTimesNumbered);
}

}  // namespace

Result<UdpSocket> UdpSocket::open(const Ipv6Address& address, std::uint16_t port) {
  const std::string what = formatted("STAMP: UDP [{}]:{}", address, port);
  UdpSocket result(::socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (result.fd_ < 0 || !prepare(result.fd_)) return fail_errno(what, errno);
  const sockaddr_in6 local = to_sockaddr(address, port, 0);
  if (::bind(result.fd_, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0) return result;
  if (errno == EADDRINUSE) {
    return fail(ErrorCode::kAlreadyExists, "{} is in use by another process (ss -lunp 'sport = {}' names it)", what,
                port);
  }
  if (errno == EACCES) return fail(ErrorCode::kPermissionDenied, "{} needs CAP_NET_BIND_SERVICE", what);
  return fail_errno(what, errno);
}

UdpSocket::~UdpSocket() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::uint16_t> UdpSocket::port() const {
  sockaddr_in6 local{};
  socklen_t length = sizeof local;
  if (getsockname(fd_, reinterpret_cast<sockaddr*>(&local), &length) != 0)
    return fail_errno("STAMP: getsockname", errno);
  return ntohs(local.sin6_port);
}

DatagramReceiver::DatagramReceiver() : buffers_(kBatch * kBufferSize) {
  for (std::size_t i = 0; i < kBatch; ++i) {
    parts_[i] = {.iov_base = &buffers_[i * kBufferSize], .iov_len = kBufferSize};
    messages_[i].msg_hdr.msg_name = &from_[i];
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_control = control_[i].octets.data();
  }
}

std::span<const Datagram> DatagramReceiver::receive(int fd) {
  for (mmsghdr& message : messages_) {
    message.msg_hdr.msg_namelen = sizeof(sockaddr_in6);
    message.msg_hdr.msg_controllen = sizeof(Control);
  }
  const int count = ::recvmmsg(fd, messages_.data(), kBatch, MSG_DONTWAIT, nullptr);
  if (count <= 0) return {};
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    Datagram& datagram = datagrams_[i];
    datagram = {.octets = std::span(buffers_).subspan(i * kBufferSize, messages_[i].msg_len),
                .source = to_address(from_[i].sin6_addr),
                .source_port = ntohs(from_[i].sin6_port),
                .destination = {}};
    read_control(messages_[i].msg_hdr, datagram);
    if (datagram.received == SystemTime{}) datagram.received = std::chrono::system_clock::now();
  }
  return std::span(datagrams_).first(static_cast<std::size_t>(count));
}

void DatagramReceiver::read_control(msghdr& message, Datagram& datagram) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      const auto info = value_of<in6_pktinfo>(part);
      datagram.destination = to_address(info.ipi6_addr);
      datagram.ifindex = info.ipi6_ifindex;
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_HOPLIMIT) {
      datagram.hop_limit = static_cast<std::uint8_t>(value_of<int>(part));
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_TCLASS) {
      datagram.traffic_class = static_cast<std::uint8_t>(value_of<int>(part));
    } else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPING) {
      datagram.received = to_time(value_of<scm_timestamping>(part).ts[0]);
    } else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_RXQ_OVFL) {
      dropped_ = value_of<std::uint32_t>(part);
    }
  }
}

void DatagramSender::add(const DatagramTarget& target, std::span<std::uint8_t> octets, std::uint32_t tag,
                         bool transmit_time) {
  const std::size_t i = count_++;
  tags_[i] = tag;
  to_[i] = to_sockaddr(target.destination, target.port, target.ifindex);
  parts_[i] = {.iov_base = octets.data(), .iov_len = octets.size()};
  ControlWriter control(control_[i].octets);
  in6_pktinfo info{};
  std::memcpy(&info.ipi6_addr, target.source.bytes.data(), target.source.bytes.size());
  info.ipi6_ifindex = target.ifindex;
  control.add(IPPROTO_IPV6, IPV6_PKTINFO, info);
  if (target.traffic_class != 0) control.add(IPPROTO_IPV6, IPV6_TCLASS, int{target.traffic_class});
  if (transmit_time) control.add(SOL_SOCKET, SO_TIMESTAMPING, std::uint32_t{SOF_TIMESTAMPING_TX_SOFTWARE});
  msghdr& message = messages_[i].msg_hdr;
  message = {};
  message.msg_name = &to_[i];
  message.msg_namelen = sizeof to_[i];
  message.msg_iov = &parts_[i];
  message.msg_iovlen = 1;
  message.msg_control = control_[i].octets.data();
  message.msg_controllen = control.size();
}

std::span<const std::uint32_t> DatagramSender::flush(int fd) {
  std::size_t failures = 0;
  std::size_t done = 0;
  const std::size_t count = std::exchange(count_, 0);
  while (done < count) {
    const int sent = ::sendmmsg(fd, &messages_[done], static_cast<unsigned>(count - done), MSG_NOSIGNAL);
    if (sent > 0) {
      done += static_cast<std::size_t>(sent);
    } else if (errno != EINTR) {
      failed_[failures++] = tags_[done++];  // the first of the rest is the one that the error is about
    }
  }
  return std::span(failed_).first(failures);
}

TransmitTimes::TransmitTimes() {
  for (std::size_t i = 0; i < kBatch; ++i) messages_[i].msg_hdr.msg_control = control_[i].octets.data();
}

// The kernel counts from 0 when numbers are switched on.
void TransmitTimes::restart(int fd) {
  static_cast<void>(set_option(fd, SOL_SOCKET, SO_TIMESTAMPING, kTimes));
  static_cast<void>(set_option(fd, SOL_SOCKET, SO_TIMESTAMPING, kTimesNumbered));
  next_ = 0;
}

std::span<const TransmitTimes::Stamp> TransmitTimes::receive(int fd) {
  for (mmsghdr& message : messages_) message.msg_hdr.msg_controllen = sizeof(Control);
  const int count = ::recvmmsg(fd, messages_.data(), kBatch, MSG_DONTWAIT | MSG_ERRQUEUE, nullptr);
  std::size_t found = 0;
  for (int i = 0; i < count; ++i) {
    msghdr& message = messages_[static_cast<std::size_t>(i)].msg_hdr;
    std::optional<SystemTime> when;
    std::optional<std::uint32_t> number;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
      if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPING) {
        when = to_time(value_of<scm_timestamping>(part).ts[0]);
      } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR) {
        const auto error = value_of<sock_extended_err>(part);
        if (error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING) number = error.ee_data;
      }
    }
    if (when && number) stamps_[found++] = {.number = *number, .when = *when};
  }
  return std::span(stamps_).first(found);
}

}  // namespace pathwise::te
