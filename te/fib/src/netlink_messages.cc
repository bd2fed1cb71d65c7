// SPDX-License-Identifier: Apache-2.0
#include "netlink_messages.h"

#include <linux/if_addr.h>
#include <linux/lwtunnel.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <linux/seg6_iptunnel.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace pathwise::te {
namespace {

constexpr std::size_t kSrhHeader = 8;  // RFC 8754 section 2, without segments
constexpr std::size_t kAddressSize = 16;
constexpr std::uint8_t kRoutingTypeSrh = 4;
constexpr std::size_t kModeSize = sizeof(std::int32_t);

rtmsg route_header(const Ipv6Prefix& prefix, std::uint8_t type) {
  rtmsg header{};
  header.rtm_family = AF_INET6;
  header.rtm_dst_len = prefix.length;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = kRouteProtocol;
  header.rtm_scope = RT_SCOPE_UNIVERSE;
  header.rtm_type = type;
  return header;
}

NetlinkMessage address_message(int type, int flags, const Ipv6Address& address, std::uint32_t ifindex) {
  NetlinkMessage message(type, flags);
  ifaddrmsg header{};
  header.ifa_family = AF_INET6;
  header.ifa_prefixlen = 128;
  header.ifa_flags = IFA_F_NODAD;
  header.ifa_scope = RT_SCOPE_UNIVERSE;
  header.ifa_index = ifindex;
  message.header(header);
  message.address(IFA_LOCAL, address);
  message.u8(IFA_PROTO, kRouteProtocol);
  return message;
}

Egress egress_of_hop(std::uint32_t ifindex, const nlattr* gateway) {
  Egress egress{.ifindex = ifindex};
  if (gateway != nullptr) egress.gateway = get_address(gateway);
  return egress;
}

// A multipath route without nexthop objects: its first hop.
Egress first_hop(const nlattr* multipath) {
  rtnexthop hop;
  if (nla_len(multipath) < static_cast<int>(sizeof hop)) return {};
  std::memcpy(&hop, nla_data(multipath), sizeof hop);
  if (hop.rtnh_len < sizeof hop || hop.rtnh_len > nla_len(multipath)) return {};
  const auto* attributes = reinterpret_cast<const nlattr*>(static_cast<const char*>(nla_data(multipath)) + sizeof hop);
  const int size = hop.rtnh_len - static_cast<int>(sizeof hop);
  return egress_of_hop(static_cast<std::uint32_t>(hop.rtnh_ifindex), nla_find(attributes, size, RTA_GATEWAY));
}

}  // namespace

std::vector<std::uint8_t> encode_seg6(EncapMode mode, const std::vector<Ipv6Address>& segments) {
  std::vector<std::uint8_t> data(kModeSize);
  const auto value = static_cast<std::int32_t>(mode);
  std::memcpy(data.data(), &value, kModeSize);
  const auto last = static_cast<std::uint8_t>(segments.size() - 1);
  const std::uint8_t srh[kSrhHeader] = {
      0, static_cast<std::uint8_t>(2 * segments.size()), kRoutingTypeSrh, last, last, 0, 0, 0};
  data.insert(data.end(), std::begin(srh), std::end(srh));
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    data.insert(data.end(), segment->bytes.begin(), segment->bytes.end());
  }
  return data;
}

std::optional<std::pair<EncapMode, std::vector<Ipv6Address>>> decode_seg6(std::span<const std::uint8_t> data) {
  if (data.size() < kModeSize + kSrhHeader + kAddressSize) return std::nullopt;
  std::int32_t mode = 0;
  std::memcpy(&mode, data.data(), kModeSize);
  const auto srh = data.subspan(kModeSize);
  const std::size_t count = std::size_t{srh[4]} + 1;
  if (srh[2] != kRoutingTypeSrh || srh.size() < kSrhHeader + count * kAddressSize) return std::nullopt;
  std::vector<Ipv6Address> segments(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(segments[count - 1 - i].bytes.data(), srh.data() + kSrhHeader + i * kAddressSize, kAddressSize);
  }
  return std::pair(static_cast<EncapMode>(mode), std::move(segments));
}

static std::vector<nexthop_grp> encode_group(const std::vector<NexthopMember>& members) {
  std::vector<nexthop_grp> entries(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    entries[i].id = members[i].id;
    entries[i].weight = static_cast<std::uint8_t>(members[i].weight - 1);  // as the kernel counts
  }
  return entries;
}

static std::vector<NexthopMember> decode_group(const nlattr& attribute) {
  std::vector<NexthopMember> members(static_cast<std::size_t>(nla_len(&attribute)) / sizeof(nexthop_grp));
  for (std::size_t i = 0; i < members.size(); ++i) {
    nexthop_grp entry;
    std::memcpy(&entry, static_cast<const char*>(nla_data(&attribute)) + i * sizeof entry, sizeof entry);
    members[i] = {entry.id, static_cast<std::uint8_t>(entry.weight + 1)};
  }
  return members;
}

NetlinkMessage put_nexthop(const PutNexthop& operation, EncapMode mode) {
  NetlinkMessage message(RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_REPLACE);
  nhmsg header{};
  header.nh_family = operation.nexthop.is_group() ? AF_UNSPEC : AF_INET6;
  header.nh_protocol = kRouteProtocol;
  message.header(header);
  message.u32(NHA_ID, operation.id);
  if (operation.nexthop.is_group()) {
    const auto members = encode_group(operation.nexthop.members);
    message.put(NHA_GROUP, members.data(), members.size() * sizeof(nexthop_grp));
    return message;
  }
  message.u32(NHA_OIF, operation.nexthop.egress.ifindex);
  if (operation.nexthop.egress.gateway) message.address(NHA_GATEWAY, *operation.nexthop.egress.gateway);
  if (!operation.nexthop.segments.empty()) {
    message.u16(NHA_ENCAP_TYPE, LWTUNNEL_ENCAP_SEG6);
    message.nested(NHA_ENCAP, SEG6_IPTUNNEL_SRH, encode_seg6(mode, operation.nexthop.segments));
  }
  return message;
}

NetlinkMessage remove_nexthop(std::uint32_t id) {
  NetlinkMessage message(RTM_DELNEXTHOP, 0);
  message.header(nhmsg{});
  message.u32(NHA_ID, id);
  return message;
}

NetlinkMessage put_route(const PutRoute& operation) {
  NetlinkMessage message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
  message.header(route_header(operation.key.prefix, operation.key.unreachable ? RTN_UNREACHABLE : RTN_UNICAST));
  message.address(RTA_DST, operation.key.prefix.address);
  message.u32(RTA_PRIORITY, operation.key.metric);
  if (operation.route.nexthop_id != 0) message.u32(RTA_NH_ID, operation.route.nexthop_id);
  if (!operation.route.source.is_unspecified()) message.address(RTA_PREFSRC, operation.route.source);
  if (operation.route.mtu != 0) {
    std::array<std::uint8_t, sizeof operation.route.mtu> mtu;
    std::memcpy(mtu.data(), &operation.route.mtu, mtu.size());
    message.nested(RTA_METRICS, RTAX_MTU, mtu);
  }
  return message;
}

NetlinkMessage remove_route(const RouteKey& key) {
  NetlinkMessage message(RTM_DELROUTE, 0);
  message.header(route_header(key.prefix, key.unreachable ? RTN_UNREACHABLE : RTN_UNICAST));
  message.address(RTA_DST, key.prefix.address);
  message.u32(RTA_PRIORITY, key.metric);
  return message;
}

NetlinkMessage add_address(const Ipv6Address& address, std::uint32_t ifindex) {
  return address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address, ifindex);
}

NetlinkMessage remove_address(const Ipv6Address& address, std::uint32_t ifindex) {
  return address_message(RTM_DELADDR, 0, address, ifindex);
}

NetlinkMessage dump_routes(std::uint8_t protocol) {
  NetlinkMessage message(RTM_GETROUTE, NLM_F_DUMP);
  rtmsg header{};
  header.rtm_family = AF_INET6;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = protocol;
  message.header(header);
  return message;
}

NetlinkMessage dump_nexthops() {
  NetlinkMessage message(RTM_GETNEXTHOP, NLM_F_DUMP);
  message.header(nhmsg{});
  return message;
}

NetlinkMessage dump_addresses(std::uint32_t ifindex) {
  NetlinkMessage message(RTM_GETADDR, NLM_F_DUMP);
  ifaddrmsg header{};
  header.ifa_family = AF_INET6;
  header.ifa_index = ifindex;
  message.header(header);
  return message;
}

NetlinkMessage lookup_route(const Ipv6Address& address) {
  NetlinkMessage message(RTM_GETROUTE, 0);
  rtmsg header{};
  header.rtm_family = AF_INET6;
  header.rtm_dst_len = 128;
  message.header(header);
  message.address(RTA_DST, address);
  return message;
}

std::optional<std::pair<RouteKey, KernelRoute>> decode_own_route(const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWROUTE) return std::nullopt;
  const auto& header = *static_cast<const rtmsg*>(nlmsg_data(&message));
  if (header.rtm_protocol != kRouteProtocol || header.rtm_table != RT_TABLE_MAIN || header.rtm_family != AF_INET6) {
    return std::nullopt;
  }
  const RouteKey key{.prefix = {get_address(find_attribute<rtmsg>(message, RTA_DST)), header.rtm_dst_len},
                     .metric = get_u32(find_attribute<rtmsg>(message, RTA_PRIORITY)),
                     .unreachable = header.rtm_type == RTN_UNREACHABLE};
  KernelRoute route{.nexthop_id = get_u32(find_attribute<rtmsg>(message, RTA_NH_ID)),
                    .source = get_address(find_attribute<rtmsg>(message, RTA_PREFSRC))};
  if (const nlattr* metrics = find_attribute<rtmsg>(message, RTA_METRICS); metrics != nullptr) {
    route.mtu = get_u32(nla_find(static_cast<const nlattr*>(nla_data(metrics)), nla_len(metrics), RTAX_MTU));
  }
  return std::pair(key, route);
}

std::optional<std::pair<std::uint32_t, KernelNexthop>> decode_own_nexthop(const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWNEXTHOP) return std::nullopt;
  const auto& header = *static_cast<const nhmsg*>(nlmsg_data(&message));
  const std::uint32_t id = get_u32(find_attribute<nhmsg>(message, NHA_ID));
  if (header.nh_protocol != kRouteProtocol || id < kFirstNexthopId) return std::nullopt;
  KernelNexthop nexthop{.egress = egress_of_hop(get_u32(find_attribute<nhmsg>(message, NHA_OIF)),
                                                find_attribute<nhmsg>(message, NHA_GATEWAY))};
  if (const nlattr* group = find_attribute<nhmsg>(message, NHA_GROUP); group != nullptr) {
    // Resilient groups (NHA_GROUP_TYPE 1) are not ours.
    const nlattr* type = find_attribute<nhmsg>(message, NHA_GROUP_TYPE);
    return std::pair(id, KernelNexthop{.members = decode_group(*group),
                                       .usable = type == nullptr || nla_get_u16(type) == NEXTHOP_GRP_TYPE_MPATH});
  }
  nexthop.usable = header.nh_family == AF_INET6;
  const nlattr* encap = find_attribute<nhmsg>(message, NHA_ENCAP);
  if (encap == nullptr) return std::pair(id, nexthop);
  const nlattr* srh = nla_find(static_cast<const nlattr*>(nla_data(encap)), nla_len(encap), SEG6_IPTUNNEL_SRH);
  const auto seg6 =
      srh == nullptr
          ? std::nullopt
          : decode_seg6({static_cast<const std::uint8_t*>(nla_data(srh)), static_cast<std::size_t>(nla_len(srh))});
  nexthop.usable =
      nexthop.usable && seg6 && (seg6->first == EncapMode::kEncap || seg6->first == EncapMode::kEncapReduced);
  if (seg6) nexthop.segments = seg6->second;
  return std::pair(id, nexthop);
}

std::optional<LinkAddress> decode_address(const nlmsghdr& message, std::uint32_t ifindex) {
  if (message.nlmsg_type != RTM_NEWADDR) return std::nullopt;
  const auto& header = *static_cast<const ifaddrmsg*>(nlmsg_data(&message));
  if (header.ifa_family != AF_INET6 || header.ifa_index != ifindex) return std::nullopt;
  const nlattr* protocol = find_attribute<ifaddrmsg>(message, IFA_PROTO);
  return LinkAddress{.address = get_address(find_attribute<ifaddrmsg>(message, IFA_ADDRESS)),
                     .protocol = protocol == nullptr ? std::uint8_t{0} : nla_get_u8(protocol),
                     .global = header.ifa_scope == RT_SCOPE_UNIVERSE};
}

std::optional<ForeignRoute> decode_foreign_route(const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWROUTE) return std::nullopt;
  const auto& header = *static_cast<const rtmsg*>(nlmsg_data(&message));
  if (header.rtm_protocol == kRouteProtocol || header.rtm_type != RTN_UNICAST) return std::nullopt;
  ForeignRoute route{.prefix = {get_address(find_attribute<rtmsg>(message, RTA_DST)), header.rtm_dst_len},
                     .metric = get_u32(find_attribute<rtmsg>(message, RTA_PRIORITY))};
  const nlattr* multipath = find_attribute<rtmsg>(message, RTA_MULTIPATH);
  route.egress = multipath != nullptr ? first_hop(multipath)
                                      : egress_of_hop(get_u32(find_attribute<rtmsg>(message, RTA_OIF)),
                                                      find_attribute<rtmsg>(message, RTA_GATEWAY));
  if (route.egress.ifindex == 0) return std::nullopt;
  return route;
}

}  // namespace pathwise::te
