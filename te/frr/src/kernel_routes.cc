// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel_routes.h"

#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include <cstring>
#include <memory>

namespace pathwise::te {
namespace {

constexpr std::uint8_t kRtprotSharp = 194;  // zebra/rt_netlink.h: RTPROT_SHARP

int on_route(nl_msg* message, void* out) {
  nlmsghdr* header = nlmsg_hdr(message);
  if (header->nlmsg_type != RTM_NEWROUTE) return NL_OK;
  const auto* route = static_cast<const rtmsg*>(nlmsg_data(header));
  const nlattr* destination = nlmsg_find_attr(header, sizeof(rtmsg), RTA_DST);
  Ipv6Prefix prefix;
  prefix.length = route->rtm_dst_len;
  if (route->rtm_protocol != kRtprotSharp || route->rtm_table != RT_TABLE_MAIN || destination == nullptr ||
      static_cast<std::size_t>(nla_len(destination)) != prefix.address.bytes.size()) {
    return NL_OK;
  }
  std::memcpy(prefix.address.bytes.data(), nla_data(destination), prefix.address.bytes.size());
  static_cast<std::set<Ipv6Prefix>*>(out)->insert(prefix);
  return NL_OK;
}

}  // namespace

// Not by libnl-route: it does not know SRv6's encapsulations, and gives up at the first one.
Result<std::set<Ipv6Prefix>> kernel_routes() {
  std::set<Ipv6Prefix> prefixes;
  const std::unique_ptr<nl_sock, decltype(&nl_socket_free)> socket(nl_socket_alloc(), nl_socket_free);
  if (!socket || nl_connect(socket.get(), NETLINK_ROUTE) < 0) {
    return fail(ErrorCode::kIo, "kernel routes: no netlink socket");
  }
  nl_socket_modify_cb(socket.get(), NL_CB_VALID, NL_CB_CUSTOM, on_route, &prefixes);
  rtmsg request{};
  request.rtm_family = AF_INET6;
  int error = nl_send_simple(socket.get(), RTM_GETROUTE, NLM_F_DUMP, &request, sizeof request);
  if (error >= 0) error = nl_recvmsgs_default(socket.get());
  if (error < 0) return fail(ErrorCode::kIo, "kernel routes: {}", nl_geterror(error));
  return prefixes;
}

}  // namespace pathwise::te
