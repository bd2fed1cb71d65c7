// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstring>

#include "libfrr.h"
#include "zapi.h"

namespace pathwise::te {
namespace {

constexpr std::uint8_t kBlockBits = 32;
constexpr std::uint8_t kNodeBits = 16;
constexpr std::uint8_t kNodeFunctionBits = 32;
constexpr std::uint32_t kMainTable = 254;  // Linux: End.DT6 in the table where the tier prefixes are

void copy(const Ipv6Address& from, in6_addr& to) {
  std::memcpy(&to, from.bytes.data(), sizeof(to));
}

void fill_sid(const FrrRoute& route, unsigned sid_ifindex, zapi_nexthop& out) {
  out.vrf_id = VRF_DEFAULT;
  out.type = NEXTHOP_TYPE_IFINDEX;
  out.ifindex = static_cast<ifindex_t>(sid_ifindex);
  out.flags |= ZAPI_NEXTHOP_FLAG_SEG6LOCAL;
  seg6local_context& context = out.seg6local_ctx;
  if (route.kind == RouteKind::kUdt6) {
    out.seg6local_action = ZEBRA_SEG6_LOCAL_ACTION_END_DT6;
    context.table = kMainTable;
    return;
  }
  // A uA's route goes away with its own link, and its neighbour is a global address: the kernel looks
  // that one up without an interface.
  const bool adjacency = route.kind == RouteKind::kUa;
  if (adjacency) {
    out.ifindex = static_cast<ifindex_t>(route.next_hops.front().ifindex);
    copy(route.next_hops.front().gateway, context.nh6);
  }
  out.seg6local_action = adjacency ? ZEBRA_SEG6_LOCAL_ACTION_END_X : ZEBRA_SEG6_LOCAL_ACTION_END;
  SET_SRV6_FLV_OP(context.flv.flv_ops, ZEBRA_SEG6_LOCAL_FLV_OP_NEXT_CSID);
  context.flv.lcblock_len = kBlockBits;
  context.flv.lcnode_func_len = adjacency ? kNodeFunctionBits : kNodeBits;
}

void fill_next_hop(const NextHop& hop, zapi_nexthop& out) {
  out.vrf_id = VRF_DEFAULT;
  out.type = NEXTHOP_TYPE_IPV6_IFINDEX;
  out.ifindex = static_cast<ifindex_t>(hop.ifindex);
  copy(hop.gateway, out.gate.ipv6);
}

}  // namespace

void fill_zapi_route(const FrrRoute& route, unsigned sid_ifindex, zapi_route& out) {
  std::memset(static_cast<void*>(&out), 0, sizeof(out));
  out.vrf_id = VRF_DEFAULT;
  out.type = ZEBRA_ROUTE_SHARP;
  out.instance = kZebraInstance;
  out.safi = SAFI_UNICAST;
  out.prefix.family = AF_INET6;
  out.prefix.prefixlen = route.prefix.length;
  copy(route.prefix.address, out.prefix.u.prefix6);
  out.message = ZAPI_MESSAGE_NEXTHOP | ZAPI_MESSAGE_DISTANCE;
  out.distance = kDistance;
  if (route.kind == RouteKind::kForward && route.next_hops.empty()) {  // to be removed
    out.message = ZAPI_MESSAGE_DISTANCE;
    return;
  }
  if (route.kind != RouteKind::kForward) {
    out.nexthop_num = 1;
    return fill_sid(route, sid_ifindex, out.nexthops[0]);
  }
  for (const NextHop& hop : route.next_hops) fill_next_hop(hop, out.nexthops[out.nexthop_num++]);
}

}  // namespace pathwise::te
