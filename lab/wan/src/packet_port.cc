// SPDX-License-Identifier: Apache-2.0
#include "packet_port.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <memory>

namespace pathwise::wan {
namespace {

constexpr int kSocketBuffer = 8 * 1024 * 1024;
constexpr std::size_t kFrameMax = 65536;
constexpr std::size_t kBatch = 32;   // frames a system call
constexpr int kBatchesPerVisit = 8;  // then the other interfaces get their turn

Time clock_now(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

void set_option(int socket, int level, int option, int value) {
  ::setsockopt(socket, level, option, &value, sizeof value);
}

// The relay's interfaces belong to the line, not to the node: no address, no neighbour discovery.
void silence(const std::string& interface) {
  std::ofstream("/proc/sys/net/ipv6/conf/" + interface + "/disable_ipv6") << "1";
}

Result<void> configure(int socket, int index) {
  set_option(socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
  set_option(socket, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
  set_option(socket, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, kSocketBuffer);
  set_option(socket, SOL_SOCKET, SO_SNDBUFFORCE, kSocketBuffer);
  packet_mreq membership{};
  membership.mr_ifindex = index;
  membership.mr_type = PACKET_MR_PROMISC;
  if (::setsockopt(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) != 0) {
    return fail_errno("promiscuous mode", errno);
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = index;
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno("bind", errno);
  }
  return {};
}

// The kernel's time stamp is on the wall clock; `to_steady` is the difference of the two clocks.
Time arrival(msghdr& message, Time to_steady, Time now) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SO_TIMESTAMPNS) continue;
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(header), sizeof stamp);
    const Time wall = std::chrono::seconds(stamp.tv_sec) + std::chrono::nanoseconds(stamp.tv_nsec);
    return std::min(wall + to_steady, now);
  }
  return now;
}

// Buffers of one recvmmsg call; one a process is enough.
struct Batch {
  std::array<std::array<std::byte, kFrameMax>, kBatch> data;
  std::array<std::array<std::byte, 64>, kBatch> control;
  std::array<iovec, kBatch> vectors;
  std::array<mmsghdr, kBatch> messages;

  void prepare() {
    for (std::size_t i = 0; i < kBatch; ++i) {
      vectors[i] = {data[i].data(), data[i].size()};
      messages[i] = {};
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_control = control[i].data();
      messages[i].msg_hdr.msg_controllen = control[i].size();
    }
  }
};

}  // namespace

Time steady_now() {
  return clock_now(CLOCK_MONOTONIC);
}

Result<PacketPort> PacketPort::open(const std::string& interface) {
  const unsigned index = ::if_nametoindex(interface.c_str());
  if (index == 0) return fail(ErrorCode::kNotFound, "interface {} does not exist", interface);
  // Bound before it listens (protocol 0), so that no frame of another interface gets in.
  lab::Descriptor socket(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid() && errno == EPERM) {
    return fail(ErrorCode::kPermissionDenied, "interface {}: a packet socket needs CAP_NET_RAW", interface);
  }
  if (!socket.valid()) return fail_errno("packet socket", errno);
  silence(interface);
  if (auto configured = configure(socket.get(), static_cast<int>(index)); !configured) {
    return std::unexpected(configured.error().within(interface));
  }
  return PacketPort(std::move(socket));
}

void PacketPort::receive(const std::function<void(Time, Frame)>& sink) {
  static const auto batch = std::make_unique<Batch>();
  for (int visit = 0; visit < kBatchesPerVisit; ++visit) {
    batch->prepare();
    const int count = ::recvmmsg(socket_.get(), batch->messages.data(), kBatch, MSG_DONTWAIT, nullptr);
    if (count <= 0) return;
    const Time now = steady_now();
    const Time to_steady = now - clock_now(CLOCK_REALTIME);
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      mmsghdr& message = batch->messages[i];
      const auto& bytes = batch->data[i];
      sink(arrival(message.msg_hdr, to_steady, now), Frame(bytes.begin(), bytes.begin() + message.msg_len));
    }
    if (static_cast<std::size_t>(count) < kBatch) return;
  }
}

void PacketPort::send(const Frame& frame) {
  if (::send(socket_.get(), frame.data(), frame.size(), MSG_DONTWAIT) < 0) ++send_failures_;
}

}  // namespace pathwise::wan
