// SPDX-License-Identifier: GPL-2.0-or-later
#include <bit>
#include <cstring>

#include "libfrr.h"
#include "zapi.h"

namespace pathwise::te {
namespace {

constexpr std::uint32_t kDelayMask = 0xFFFFFF;  // RFC 8570 section 4.1: above it is the A bit

Ipv6Address address_of(const in6_addr& in) {
  Ipv6Address out;
  std::memcpy(out.bytes.data(), &in, out.bytes.size());
  return out;
}

LsNodeId id_of(const ls_node_id& in) {
  LsNodeId out;
  out.origin = static_cast<std::uint8_t>(in.origin);
  std::memcpy(out.system_id.data(), in.id.iso.sys_id, out.system_id.size());
  out.level = in.id.iso.level;
  return out;
}

bool is_isis(const ls_node_id& id) {
  return id.origin == ISIS_L1 || id.origin == ISIS_L2;
}

AdminGroups groups_of(const ls_attributes& in) {
  AdminGroups out;
  const auto set_word = [&out](std::size_t word, std::uint32_t bits) {
    for (unsigned bit = 0; bit < 32; ++bit) {
      if ((bits >> bit & 1) != 0) out.set(static_cast<unsigned>(word * 32 + bit));
    }
  };
  if ((in.flags & LS_ATTR_ADM_GRP) != 0) set_word(0, in.standard.admin_group);
  // admin_group.h's functions have no C linkage in 10.3: read the bitmap itself.
  const auto& bitmap = in.ext_admin_group.bitmap;
  static_assert(sizeof(*bitmap.data) == sizeof(std::uint32_t));
  if ((in.flags & LS_ATTR_EXT_ADM_GRP) != 0 && bitmap.data != nullptr) {
    for (std::size_t word = 0; word < bitmap.m && word < 8; ++word) {
      set_word(word, static_cast<std::uint32_t>(bitmap.data[word]));
    }
  }
  return out;
}

LsNode node_of(const ls_node& in) {
  LsNode out{.id = id_of(in.adv), .name = {}, .router_id6 = {}};
  if ((in.flags & LS_NODE_NAME) != 0) out.name.assign(in.name, strnlen(in.name, sizeof(in.name)));
  if ((in.flags & LS_NODE_ROUTER_ID6) != 0) out.router_id6 = address_of(in.router_id6);
  return out;
}

// All eight or none: one that is no rate makes the rest doubtful.
void read_unreserved(const ls_attributes& in, Link& out) {
  UnreservedBandwidth rates;
  static_assert(sizeof(in.standard.unrsv_bw) / sizeof(float) == std::tuple_size_v<UnreservedBandwidth>);
  for (std::size_t priority = 0; priority < rates.size(); ++priority) {
    const auto rate = bandwidth_of(in.standard.unrsv_bw[priority]);
    if (!rate) return;
    rates[priority] = *rate;
  }
  out.unreserved_bandwidth = rates;
}

void read_metrics(const ls_attributes& in, Link& out) {
  const auto has = [&in](std::uint32_t flag) { return (in.flags & flag) != 0; };
  if (has(LS_ATTR_METRIC)) {
    out.igp_metric = in.metric;
  } else {
    out.unusable = "no IGP metric is advertised";
  }
  if (has(LS_ATTR_TE_METRIC)) out.te_metric = in.standard.te_metric;
  if (has(LS_ATTR_DELAY)) out.delay_us = in.extended.delay & kDelayMask;
  if (has(LS_ATTR_MIN_MAX_DELAY)) {
    out.min_delay_us = in.extended.min_delay & kDelayMask;
    out.max_delay_us = in.extended.max_delay & kDelayMask;
  }
  if (has(LS_ATTR_MAX_BW)) out.max_bandwidth = bandwidth_of(in.standard.max_bw);
  if (has(LS_ATTR_MAX_RSV_BW)) out.max_reservable_bandwidth = bandwidth_of(in.standard.max_rsv_bw);
  if (has(LS_ATTR_UNRSV_BW)) read_unreserved(in, out);
}

void read_link_ids(const ls_attributes& in, Link& out) {
  if ((in.flags & LS_ATTR_LOCAL_ID) != 0) out.local_id = in.standard.local_id;
  if ((in.flags & LS_ATTR_NEIGH_ID) != 0) out.remote_id = in.standard.remote_id;
  if ((in.flags & LS_ATTR_SRLG) == 0 || in.srlgs == nullptr) return;
  out.srlgs.assign(in.srlgs, in.srlgs + in.srlg_len);
}

LsLink link_of(const ls_attributes& in, const ls_node_id& remote) {
  LsLink out{.source = id_of(in.adv), .destination = {}, .attributes = {}};
  if (is_isis(remote)) out.destination = id_of(remote);
  if ((in.flags & LS_ATTR_LOCAL_ADDR) != 0) out.local_address4 = in.standard.local.s_addr;
  if ((in.flags & LS_ATTR_LOCAL_ADDR6) != 0) out.attributes.local_address = address_of(in.standard.local6);
  if ((in.flags & LS_ATTR_NEIGH_ADDR6) != 0) out.attributes.remote_address = address_of(in.standard.remote6);
  out.attributes.admin_groups = groups_of(in);
  read_link_ids(in, out.attributes);
  read_metrics(in, out.attributes);
  return out;
}

std::optional<LsMessage> message_of(const ls_message& in) {
  LsMessage out{
      .removed = in.event == LS_MSG_EVENT_DELETE, .synchronised = in.event == LS_MSG_EVENT_SYNC, .element = LsNode{}};
  switch (in.type) {
    case LS_MSG_TYPE_NODE:
      if (!is_isis(in.data.node->adv)) return std::nullopt;
      out.element = node_of(*in.data.node);
      return out;
    case LS_MSG_TYPE_ATTRIBUTES:
      if (!is_isis(in.data.attr->adv)) return std::nullopt;
      out.element = link_of(*in.data.attr, in.remote_id);
      return out;
    case LS_MSG_TYPE_PREFIX: {
      const ls_prefix& prefix = *in.data.prefix;
      if (!is_isis(prefix.adv) || prefix.pref.family != AF_INET6 || prefix.pref.prefixlen > 128) return std::nullopt;
      const auto length = static_cast<std::uint8_t>(prefix.pref.prefixlen);
      out.element = LsPrefix{id_of(prefix.adv), Ipv6Prefix::masked(address_of(prefix.pref.u.prefix6), length)};
      return out;
    }
    default:
      return std::nullopt;
  }
}

// ls_delete_msg() frees the element of a removal only; of the others the receiver is the owner.
void release(ls_message* message) {
  if (message->event != LS_MSG_EVENT_DELETE) {
    if (message->type == LS_MSG_TYPE_NODE) ls_node_del(message->data.node);
    if (message->type == LS_MSG_TYPE_ATTRIBUTES) ls_attributes_del(message->data.attr);
    if (message->type == LS_MSG_TYPE_PREFIX) ls_prefix_del(message->data.prefix);
  }
  ls_delete_msg(message);
}

}  // namespace

std::optional<LsMessage> decode_link_state(stream* in) {
  ls_message* message = ls_parse_msg(in);
  if (message == nullptr) return std::nullopt;
  auto out = message_of(*message);
  release(message);
  return out;
}

}  // namespace pathwise::te
