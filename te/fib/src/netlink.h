// SPDX-License-Identifier: Apache-2.0
// A netlink socket and a message under construction, on libnl's core: libnl-route has neither nexthop
// objects nor seg6. Errors carry errno's text and the kernel's own (extended acknowledgement). One thread.
#pragma once

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/error.h"
#include "base/ip.h"

namespace pathwise::te {

class NetlinkMessage {
 public:
  NetlinkMessage(int type, int flags);
  template <typename Header>
  void header(const Header& value) {
    append(&value, sizeof value);
  }
  void u8(int attribute, std::uint8_t value) { put(attribute, &value, sizeof value); }
  void u16(int attribute, std::uint16_t value) { put(attribute, &value, sizeof value); }
  void u32(int attribute, std::uint32_t value) { put(attribute, &value, sizeof value); }
  void address(int attribute, const Ipv6Address& value) { put(attribute, value.bytes.data(), value.bytes.size()); }
  void put(int attribute, const void* data, std::size_t size);
  // One attribute inside a nest of its own.
  void nested(int nest, int attribute, std::span<const std::uint8_t> data);
  [[nodiscard]] nl_msg* get() const { return message_.get(); }

 private:
  void append(const void* data, std::size_t size);
  struct Free {
    void operator()(nl_msg* message) const { nlmsg_free(message); }
  };
  std::unique_ptr<nl_msg, Free> message_;
};

class NetlinkSocket {
 public:
  // NETLINK_ROUTE or NETLINK_GENERIC.
  [[nodiscard]] static Result<NetlinkSocket> open(int protocol);
  using Visitor = std::function<void(const nlmsghdr&)>;
  // Sends and waits for the acknowledgement or the end of the dump; `visit` sees every answer.
  // kNotFound for ENOENT, ESRCH, ENETUNREACH and EHOSTUNREACH; kAlreadyExists for EEXIST.
  [[nodiscard]] Result<void> request(const NetlinkMessage& message, const Visitor& visit = {});
  [[nodiscard]] std::uint32_t port() const { return nl_socket_get_local_port(socket_.get()); }

 private:
  struct Free {
    void operator()(nl_sock* socket) const { nl_socket_free(socket); }
  };
  explicit NetlinkSocket(nl_sock* socket) : socket_(socket) {}
  std::unique_ptr<nl_sock, Free> socket_;
};

// The attributes that follow a message's own header.
template <typename Header>
[[nodiscard]] const nlattr* find_attribute(const nlmsghdr& message, int type) {
  return nlmsg_find_attr(const_cast<nlmsghdr*>(&message), sizeof(Header), type);
}
[[nodiscard]] std::uint32_t get_u32(const nlattr* attribute, std::uint32_t otherwise = 0);
[[nodiscard]] Ipv6Address get_address(const nlattr* attribute);  // :: if absent or of another size

}  // namespace pathwise::te
