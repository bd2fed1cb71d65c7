// SPDX-License-Identifier: Apache-2.0
#include "lab/clab/links.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/format.h"
#include "lab/clab/descriptor.h"
#include "netns.h"

namespace pathwise::lab {
namespace {

struct SocketCloser {
  void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};
using NetlinkSocket = std::unique_ptr<nl_sock, SocketCloser>;

struct LinkPutter {
  void operator()(rtnl_link* link) const { rtnl_link_put(link); }
};
using NetlinkLink = std::unique_ptr<rtnl_link, LinkPutter>;

ErrorCode code_of(int netlink_error) {
  switch (netlink_error) {
    case NLE_EXIST:
      return ErrorCode::kAlreadyExists;
    case NLE_PERM:
    case NLE_NOACCESS:
      return ErrorCode::kPermissionDenied;
    case NLE_OBJ_NOTFOUND:
    case NLE_NODEV:
      return ErrorCode::kNotFound;
    default:
      return ErrorCode::kIo;
  }
}

std::unexpected<Error> fail_netlink(std::string_view what, int rc) {
  const int error = rc < 0 ? -rc : rc;
  return fail(code_of(error), "{}: {}", what, nl_geterror(error));
}

// aa:c1:ab is containerlab's prefix; its first octet says "locally administered".
std::array<unsigned char, 6> mac_of(const VethEnd& end) {
  std::array<unsigned char, 6> mac = {0xaa, 0xc1, 0xab, 0, 0, 0};
  if (end.mac.empty()) {
    if (::getrandom(mac.data() + 3, 3, 0) != 3) mac[5] = static_cast<unsigned char>(::getpid());
    return mac;
  }
  std::array<unsigned, 6> octets{};
  std::sscanf(end.mac.c_str(), "%x:%x:%x:%x:%x:%x", &octets[0], &octets[1], &octets[2], &octets[3], &octets[4],
              &octets[5]);
  for (std::size_t i = 0; i < mac.size(); ++i) mac[i] = static_cast<unsigned char>(octets[i]);
  return mac;
}

void describe(rtnl_link* link, const VethEnd& end, std::uint32_t mtu) {
  rtnl_link_set_name(link, end.interface.c_str());
  rtnl_link_set_mtu(link, mtu);
  auto mac = mac_of(end);
  nl_addr* address = nl_addr_build(AF_LLC, mac.data(), mac.size());
  rtnl_link_set_addr(link, address);
  nl_addr_put(address);
  if (end.pid != 0) rtnl_link_set_ns_pid(link, end.pid);
}

Result<void> create_pair(const VethEnd& a, const VethEnd& b, std::uint32_t mtu) {
  const NetlinkSocket socket(nl_socket_alloc());
  if (const int rc = nl_connect(socket.get(), NETLINK_ROUTE); rc < 0) return fail_netlink("netlink", rc);
  const NetlinkLink link(rtnl_link_veth_alloc());
  describe(link.get(), a, mtu);
  const NetlinkLink peer(rtnl_link_veth_get_peer(link.get()));
  describe(peer.get(), b, mtu);
  const int rc = rtnl_link_add(socket.get(), link.get(), NLM_F_CREATE | NLM_F_EXCL);
  if (rc < 0) return fail_netlink(formatted("veth {} — {}", a.interface, b.interface), rc);
  return {};
}

Result<ifreq> request_for(const std::string& interface) {
  ifreq request{};
  if (interface.size() >= sizeof request.ifr_name) {
    return fail(ErrorCode::kInvalidArgument, "interface name {} is too long", interface);
  }
  std::memcpy(request.ifr_name, interface.data(), interface.size());
  return request;
}

// Without this a sender hands over packets with unfinished checksums and segments of 64 KB.
Result<void> transmit_offload_off(int socket, ifreq request) {
  ethtool_value value{ETHTOOL_STXCSUM, 0};
  request.ifr_data = reinterpret_cast<char*>(&value);
  if (::ioctl(socket, SIOCETHTOOL, &request) != 0) return fail_errno("ethtool tx off", errno);
  return {};
}

Result<void> set_up(int socket, ifreq request) {
  if (::ioctl(socket, SIOCGIFFLAGS, &request) != 0) return fail_errno("interface flags", errno);
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(socket, SIOCSIFFLAGS, &request) != 0) return fail_errno("interface up", errno);
  return {};
}

Result<void> join_bridge(int socket, const VethEnd& end) {
  auto request = request_for(end.bridge);
  if (!request) return std::unexpected(request.error());
  request->ifr_ifindex = static_cast<int>(::if_nametoindex(end.interface.c_str()));
  if (::ioctl(socket, SIOCBRADDIF, &*request) != 0) return fail_errno("join bridge " + end.bridge, errno);
  return {};
}

Result<void> finish_end(const VethEnd& end) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return fail_errno("socket", errno);
  const auto request = request_for(end.interface);
  if (!request) return std::unexpected(request.error());
  return transmit_offload_off(socket.get(), *request)
      .and_then([&] { return end.bridge.empty() ? Result<void>{} : join_bridge(socket.get(), end); })
      .and_then([&] { return set_up(socket.get(), *request); });
}

class KernelLinks final : public LinkMaker {
 public:
  Result<void> make_veth(const VethEnd& a, const VethEnd& b, std::uint32_t mtu) override {
    if (auto created = create_pair(a, b, mtu); !created) return created;
    for (const VethEnd* end : {&a, &b}) {
      auto finished = in_netns_of(end->pid, [&] { return finish_end(*end); });
      if (!finished) return std::unexpected(finished.error().within(end->interface));
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<LinkMaker> make_kernel_links() {
  return std::make_unique<KernelLinks>();
}

}  // namespace pathwise::lab
