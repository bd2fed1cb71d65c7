// SPDX-License-Identifier: Apache-2.0
// An IPv6 UDP socket with what STAMP needs of each datagram: both addresses, the interface, the hop
// limit and the kernel's receive time. Non-blocking. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/ip.h"
#include "te/measure/stamp_packet.h"

namespace pathwise::te {

struct Datagram {
  std::array<std::uint8_t, kStampMaxSize + 1> buffer;  // one more: tells a packet that is too long
  std::size_t size = 0;
  Ipv6Address source;
  std::uint16_t source_port = 0;
  Ipv6Address destination;
  std::uint32_t ifindex = 0;
  std::uint8_t hop_limit = 0;
  SystemTime received{};
  [[nodiscard]] std::span<const std::uint8_t> octets() const { return std::span(buffer).first(size); }
};

struct DatagramTarget {
  Ipv6Address source;  // ::, the kernel's choice
  Ipv6Address destination;
  std::uint16_t port = 0;
  std::uint32_t ifindex = 0;
};

// Owns the descriptor until release().
class UdpSocket {
 public:
  [[nodiscard]] static Result<UdpSocket> open(const Ipv6Address& address, std::uint16_t port);
  UdpSocket(UdpSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UdpSocket& operator=(UdpSocket&&) = delete;
  ~UdpSocket();
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  [[nodiscard]] Result<std::uint16_t> port() const;

 private:
  explicit UdpSocket(int fd) : fd_(fd) {}
  int fd_;
};

// False: nothing there (or an error that the next call will not see again, such as ICMP's).
[[nodiscard]] bool receive(int fd, Datagram& datagram);
// 0 or errno.
[[nodiscard]] int send(int fd, const DatagramTarget& target, std::span<const std::uint8_t> octets);

}  // namespace pathwise::te
