// SPDX-License-Identifier: Apache-2.0
// rtnetlink's routes, nexthops and addresses ↔ our values: encode and decode side by side. No sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "netlink.h"
#include "te/fib/fib_diff.h"
#include "te/fib/fib_state.h"

namespace pathwise::te {

// linux/seg6_iptunnel.h: SEG6_IPTUN_MODE_ENCAP and _RED (H.Encaps.Red: the first segment is the destination only).
enum class EncapMode : std::int32_t { kEncap = 1, kEncapReduced = 3 };

// The SRH (RFC 8754 section 2) behind the mode, as the kernel takes it.
[[nodiscard]] std::vector<std::uint8_t> encode_seg6(EncapMode mode, const std::vector<Ipv6Address>& segments);
[[nodiscard]] std::optional<std::pair<EncapMode, std::vector<Ipv6Address>>> decode_seg6(
    std::span<const std::uint8_t> data);

[[nodiscard]] NetlinkMessage put_nexthop(const PutNexthop& operation, EncapMode mode);
[[nodiscard]] NetlinkMessage remove_nexthop(std::uint32_t id);
[[nodiscard]] NetlinkMessage put_route(const PutRoute& operation);
[[nodiscard]] NetlinkMessage remove_route(const RouteKey& key);
[[nodiscard]] NetlinkMessage add_address(const Ipv6Address& address, std::uint32_t ifindex);
[[nodiscard]] NetlinkMessage remove_address(const Ipv6Address& address, std::uint32_t ifindex);

[[nodiscard]] NetlinkMessage dump_routes(std::uint8_t protocol);  // 0: every protocol; main table
[[nodiscard]] NetlinkMessage dump_nexthops();
[[nodiscard]] NetlinkMessage dump_addresses(std::uint32_t ifindex);
[[nodiscard]] NetlinkMessage lookup_route(const Ipv6Address& address);

// Each nullopt if the message is about something else.
[[nodiscard]] std::optional<std::pair<RouteKey, KernelRoute>> decode_own_route(const nlmsghdr& message);
[[nodiscard]] std::optional<std::pair<std::uint32_t, KernelNexthop>> decode_own_nexthop(const nlmsghdr& message);

struct LinkAddress {
  Ipv6Address address;
  std::uint8_t protocol = 0;
  bool global = false;
};
[[nodiscard]] std::optional<LinkAddress> decode_address(const nlmsghdr& message, std::uint32_t ifindex);

// A unicast route that is not ours.
struct ForeignRoute {
  Ipv6Prefix prefix;
  std::uint32_t metric = 0;
  Egress egress;
};
[[nodiscard]] std::optional<ForeignRoute> decode_foreign_route(const nlmsghdr& message);

}  // namespace pathwise::te
