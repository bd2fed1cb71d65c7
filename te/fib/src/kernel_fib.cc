// SPDX-License-Identifier: Apache-2.0
#include "te/fib/kernel_fib.h"

#include <linux/capability.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/seg6_genl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/format.h"
#include "netlink.h"
#include "netlink_messages.h"

namespace pathwise::te {
namespace {

constexpr std::uint32_t kLoopback = 1;  // lo is the first interface of every network namespace

bool has_net_admin() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  return (data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN)) != 0;
}

Result<std::uint16_t> seg6_family(NetlinkSocket& socket) {
  NetlinkMessage message(GENL_ID_CTRL, 0);
  message.header(genlmsghdr{.cmd = CTRL_CMD_GETFAMILY, .version = 1, .reserved = 0});
  message.put(CTRL_ATTR_FAMILY_NAME, SEG6_GENL_NAME, sizeof SEG6_GENL_NAME);
  std::uint16_t id = 0;
  const auto done = socket.request(message, [&](const nlmsghdr& answer) {
    const nlattr* attribute = find_attribute<genlmsghdr>(answer, CTRL_ATTR_FAMILY_ID);
    if (attribute != nullptr) id = nla_get_u16(attribute);
  });
  if (!done) return std::unexpected(done.error().within("this kernel has no SRv6"));
  return id;
}

}  // namespace

struct KernelFibExecutor::State {
  explicit State(NetlinkSocket s) : socket(std::move(s)) {}

  Result<void> operator()(const AddAddress& it) {
    auto done = socket.request(add_address(it.address, kLoopback));
    if (!done && done.error().code == ErrorCode::kAlreadyExists) return {};
    return done;
  }
  Result<void> operator()(const RemoveAddress& it) {
    return gone(socket.request(remove_address(it.address, kLoopback)));
  }
  Result<void> operator()(const PutNexthop& it) {
    auto done = socket.request(put_nexthop(it, mode));
    const bool old_kernel = !done && done.error().code == ErrorCode::kInvalidArgument && !it.nexthop.segments.empty() &&
                            mode == EncapMode::kEncapReduced;
    if (!old_kernel) return done;
    const auto again = socket.request(put_nexthop(it, EncapMode::kEncap));
    if (again) mode = EncapMode::kEncap;  // this kernel has no H.Encaps.Red
    return again ? again : done;
  }
  Result<void> operator()(const RemoveNexthop& it) { return gone(socket.request(remove_nexthop(it.id))); }
  Result<void> operator()(const PutRoute& it) { return socket.request(put_route(it)); }
  Result<void> operator()(const RemoveRoute& it) { return gone(socket.request(remove_route(it.key))); }

  // What was to be removed and is not there is as wanted.
  static Result<void> gone(Result<void> done) {
    if (!done && done.error().code == ErrorCode::kNotFound) return {};
    return done;
  }

  NetlinkSocket socket;
  EncapMode mode = EncapMode::kEncapReduced;
  std::optional<std::vector<ForeignRoute>> main_table;  // read once a sync, and only if something asks
};

Result<std::unique_ptr<KernelFibExecutor>> KernelFibExecutor::open() {
  if (!has_net_admin()) {
    return fail(ErrorCode::kPermissionDenied,
                "routes need CAP_NET_ADMIN: run pathwise-te as its systemd unit does (AmbientCapabilities), or set "
                "te.fib: none");
  }
  auto socket = NetlinkSocket::open(NETLINK_ROUTE);
  if (!socket) return std::unexpected(socket.error());
  return std::unique_ptr<KernelFibExecutor>(new KernelFibExecutor(std::make_unique<State>(std::move(*socket))));
}

KernelFibExecutor::KernelFibExecutor(std::unique_ptr<State> state) : state_(std::move(state)) {}
KernelFibExecutor::~KernelFibExecutor() = default;
std::uint32_t KernelFibExecutor::port() const {
  return state_->socket.port();
}

Result<KernelFib> KernelFibExecutor::read() {
  state_->main_table.reset();
  KernelFib fib;
  auto done = state_->socket.request(dump_routes(kRouteProtocol), [&](const nlmsghdr& message) {
    if (auto route = decode_own_route(message)) fib.routes.insert(std::move(*route));
  });
  if (!done) return std::unexpected(done.error().within("routes"));
  done = state_->socket.request(dump_nexthops(), [&](const nlmsghdr& message) {
    if (auto nexthop = decode_own_nexthop(message)) fib.nexthops.insert(std::move(*nexthop));
  });
  if (!done) return std::unexpected(done.error().within("nexthops"));
  done = state_->socket.request(dump_addresses(kLoopback), [&](const nlmsghdr& message) {
    const auto address = decode_address(message, kLoopback);
    if (!address) return;
    (address->protocol == kRouteProtocol ? fib.addresses : fib.foreign_addresses).push_back(address->address);
  });
  if (!done) return std::unexpected(done.error().within("addresses of lo"));
  std::ranges::sort(fib.addresses);
  std::ranges::sort(fib.foreign_addresses);
  return fib;
}

Result<Egress> KernelFibExecutor::egress_to(const Ipv6Address& address) {
  std::optional<ForeignRoute> route;
  const auto done = state_->socket.request(lookup_route(address),
                                           [&](const nlmsghdr& message) { route = decode_foreign_route(message); });
  if (!done) return std::unexpected(done.error().within(formatted("no route to {}", address)));
  if (!route) return fail(ErrorCode::kNotFound, "no route to {} but ours or this host itself", address);
  return route->egress;
}

Result<Egress> KernelFibExecutor::egress_of(const Ipv6Prefix& prefix) {
  if (!state_->main_table) {
    std::vector<ForeignRoute> routes;
    const auto done = state_->socket.request(dump_routes(0), [&](const nlmsghdr& message) {
      if (auto route = decode_foreign_route(message)) routes.push_back(*route);
    });
    if (!done) return std::unexpected(done.error().within("main table"));
    state_->main_table = std::move(routes);
  }
  const ForeignRoute* best = nullptr;
  for (const ForeignRoute& route : *state_->main_table) {
    if (!route.prefix.contains(prefix)) continue;
    const bool better = best == nullptr || route.prefix.length > best->prefix.length ||
                        (route.prefix.length == best->prefix.length && route.metric < best->metric);
    if (better) best = &route;
  }
  if (best == nullptr) return fail(ErrorCode::kNotFound, "the main table has no route for {}", prefix);
  return best->egress;
}

Result<void> KernelFibExecutor::apply(const FibOperation& operation) {
  return std::visit(*state_, operation);
}

Result<void> KernelFibExecutor::set_tunnel_source(const Ipv6Address& address) {
  auto socket = NetlinkSocket::open(NETLINK_GENERIC);
  if (!socket) return std::unexpected(socket.error());
  const auto family = seg6_family(*socket);
  if (!family) return std::unexpected(family.error());
  NetlinkMessage message(*family, 0);
  message.header(genlmsghdr{.cmd = SEG6_CMD_SET_TUNSRC, .version = SEG6_GENL_VERSION, .reserved = 0});
  message.address(SEG6_ATTR_DST, address);
  return socket->request(message);
}

Result<Ipv6Address> KernelFibExecutor::address_on(std::uint32_t ifindex) {
  std::optional<Ipv6Address> found;
  const auto done = state_->socket.request(dump_addresses(ifindex), [&](const nlmsghdr& message) {
    const auto address = decode_address(message, ifindex);
    if (address && address->global && !found) found = address->address;
  });
  if (!done) return std::unexpected(done.error());
  if (!found) return fail(ErrorCode::kNotFound, "interface {} has no global IPv6 address", ifindex);
  return *found;
}

}  // namespace pathwise::te
