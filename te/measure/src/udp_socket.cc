// SPDX-License-Identifier: Apache-2.0
#include "udp_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/format.h"

namespace pathwise::te {
namespace {

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

bool enable(int fd, int level, int option) {
  const int on = 1;
  return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

void read_control(msghdr& message, Datagram& datagram) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      datagram.destination = to_address(info.ipi6_addr);
      datagram.ifindex = info.ipi6_ifindex;
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_HOPLIMIT) {
      int hop_limit = 0;
      std::memcpy(&hop_limit, CMSG_DATA(part), sizeof hop_limit);
      datagram.hop_limit = static_cast<std::uint8_t>(hop_limit);
    } else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
      timespec when;
      std::memcpy(&when, CMSG_DATA(part), sizeof when);
      datagram.received = SystemTime(std::chrono::seconds(when.tv_sec) + std::chrono::nanoseconds(when.tv_nsec));
    }
  }
}

}  // namespace

Result<UdpSocket> UdpSocket::open(const Ipv6Address& address, std::uint16_t port) {
  const std::string what = formatted("STAMP: UDP [{}]:{}", address, port);
  UdpSocket result(::socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (result.fd_ < 0) return fail_errno(what, errno);
  if (!enable(result.fd_, IPPROTO_IPV6, IPV6_V6ONLY) || !enable(result.fd_, IPPROTO_IPV6, IPV6_RECVPKTINFO) ||
      !enable(result.fd_, IPPROTO_IPV6, IPV6_RECVHOPLIMIT) || !enable(result.fd_, SOL_SOCKET, SO_TIMESTAMPNS)) {
    return fail_errno(what, errno);
  }
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

bool receive(int fd, Datagram& datagram) {
  sockaddr_in6 from{};
  iovec part{.iov_base = datagram.buffer.data(), .iov_len = datagram.buffer.size()};
  alignas(cmsghdr) std::array<std::byte, 256> control;
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(fd, &message, 0);
  if (size < 0) return false;
  datagram.size = static_cast<std::size_t>(size);
  datagram.source = to_address(from.sin6_addr);
  datagram.source_port = ntohs(from.sin6_port);
  datagram.received = std::chrono::system_clock::now();  // unless the kernel says it better
  read_control(message, datagram);
  return true;
}

int send(int fd, const DatagramTarget& target, std::span<const std::uint8_t> octets) {
  sockaddr_in6 to = to_sockaddr(target.destination, target.port, target.ifindex);
  iovec part{.iov_base = const_cast<std::uint8_t*>(octets.data()), .iov_len = octets.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo))> control{};
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = sizeof to;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = IPPROTO_IPV6;
  header->cmsg_type = IPV6_PKTINFO;
  header->cmsg_len = CMSG_LEN(sizeof(in6_pktinfo));
  in6_pktinfo info{};
  std::memcpy(&info.ipi6_addr, target.source.bytes.data(), target.source.bytes.size());
  info.ipi6_ifindex = target.ifindex;
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
  return ::sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? errno : 0;
}

}  // namespace pathwise::te
