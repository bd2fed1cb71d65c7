// SPDX-License-Identifier: Apache-2.0
// An IPv6 UDP socket with what STAMP needs of each datagram: both addresses, the interface, hop limit,
// traffic class and the kernel's times. Datagrams come and go in batches, one system call each. Non-blocking.
// One thread.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ip.h"
#include "te/measure/stamp_packet.h"

namespace pathwise::te {

struct Datagram {
  std::span<const std::uint8_t> octets;  // until the next receive()
  Ipv6Address source;
  std::uint16_t source_port = 0;
  Ipv6Address destination;
  std::uint32_t ifindex = 0;
  std::uint8_t hop_limit = 0;
  std::uint8_t traffic_class = 0;
  SystemTime received;  // the kernel's; ours where it has none
};

struct DatagramTarget {
  Ipv6Address source;  // ::, the kernel's choice
  Ipv6Address destination;
  std::uint16_t port = 0;
  std::uint32_t ifindex = 0;
  std::uint8_t traffic_class = 0;
};

// Owns the descriptor until release().
class UdpSocket {
 public:
  // With kernel receive times, transmit times for those who ask (TransmitTimes), and a receive buffer for a stall of
  // this thread, as far as the process may.
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

class DatagramReceiver {
 public:
  static constexpr std::size_t kBatch = 64;
  DatagramReceiver();
  // What is there, at most kBatch; empty: nothing (or an error that the next call will not see again, such as ICMP's).
  [[nodiscard]] std::span<const Datagram> receive(int fd);
  // Datagrams that the kernel dropped because this socket's buffer was full, since it was opened.
  [[nodiscard]] std::uint32_t dropped() const { return dropped_; }

 private:
  static constexpr std::size_t kBufferSize = kStampMaxSize + 1;  // one more: tells a packet that is too long
  void read_control(msghdr& message, Datagram& datagram);
  std::vector<std::uint8_t> buffers_;
  struct alignas(cmsghdr) Control {
    std::array<std::byte, 256> octets;
  };
  std::array<Control, kBatch> control_{};
  std::array<sockaddr_in6, kBatch> from_{};
  std::array<iovec, kBatch> parts_{};
  std::array<mmsghdr, kBatch> messages_{};
  std::array<Datagram, kBatch> datagrams_{};
  std::uint32_t dropped_ = 0;
};

class DatagramSender {
 public:
  static constexpr std::size_t kBatch = 8;  // T1 is taken before the call: a longer batch makes its last ones old
  // `octets` must stay until flush(). `tag` comes back if it cannot be sent. `transmit_time`: see TransmitTimes.
  void add(const DatagramTarget& target, std::span<std::uint8_t> octets, std::uint32_t tag, bool transmit_time);
  [[nodiscard]] bool full() const { return count_ == kBatch; }
  [[nodiscard]] std::size_t size() const { return count_; }
  // Sends all; the tags of those that could not be.
  [[nodiscard]] std::span<const std::uint32_t> flush(int fd);

 private:
  struct alignas(cmsghdr) Control {
    std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(std::uint32_t))>
        octets;
  };
  std::array<Control, kBatch> control_{};
  std::array<sockaddr_in6, kBatch> to_{};
  std::array<iovec, kBatch> parts_{};
  std::array<mmsghdr, kBatch> messages_{};
  std::array<std::uint32_t, kBatch> tags_{};
  std::array<std::uint32_t, kBatch> failed_{};
  std::size_t count_ = 0;
};

// The kernel's word when a datagram left, for those that were sent with `transmit_time`: it comes back by the
// socket's error queue under a number that counts them.
class TransmitTimes {
 public:
  struct Stamp {
    std::uint32_t number = 0;
    SystemTime when;
  };
  static constexpr std::size_t kBatch = 32;
  TransmitTimes();
  // The number of the next datagram that is sent with `transmit_time`.
  [[nodiscard]] std::uint32_t next_number() { return next_++; }
  // One such datagram was not sent: who counted it cannot be known, so both sides start again at 0.
  void restart(int fd);
  // What is there, at most kBatch.
  [[nodiscard]] std::span<const Stamp> receive(int fd);

 private:
  struct alignas(cmsghdr) Control {
    std::array<std::byte, 256> octets;
  };
  std::array<Control, kBatch> control_{};
  std::array<mmsghdr, kBatch> messages_{};
  std::array<Stamp, kBatch> stamps_{};
  std::uint32_t next_ = 0;
};

}  // namespace pathwise::te
