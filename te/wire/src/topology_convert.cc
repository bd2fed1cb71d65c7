// SPDX-License-Identifier: Apache-2.0
#include "topology_convert.h"

#include "te/topology/builder.h"

namespace pathwise::te {
namespace {

namespace pb = topology::v1;

std::string text_of(const Ipv6Address& address) {
  return address.is_unspecified() ? "" : address.to_string();
}

void put_node(const Node& node, pb::Node& out) {
  out.set_name(node.name.str());
  out.set_system_id(node.system_id);
  out.set_router_id6(text_of(node.router_id6));
  for (const auto& [algorithm, prefix] : node.locators) {
    pb::Locator& locator = *out.add_locators();
    locator.set_algorithm(algorithm.value());
    locator.set_prefix(prefix.to_string());
  }
}

void put_link(const TopologySnapshot& snapshot, const Link& link, pb::Link& out) {
  out.mutable_key()->set_from(snapshot.nodes[link.from].name.str());
  out.mutable_key()->set_to(snapshot.nodes[link.to].name.str());
  out.mutable_key()->set_local_address(text_of(link.local_address));
  out.set_remote_address(text_of(link.remote_address));
  out.set_igp_metric(link.igp_metric);
  if (link.te_metric) out.set_te_metric(*link.te_metric);
  if (link.delay_us) out.set_delay_us(*link.delay_us);
  if (link.min_delay_us) out.set_min_delay_us(*link.min_delay_us);
  if (link.max_delay_us) out.set_max_delay_us(*link.max_delay_us);
  if (link.max_bandwidth) out.set_max_bandwidth_bps(link.max_bandwidth->value());
  if (link.max_reservable_bandwidth) out.set_max_reservable_bandwidth_bps(link.max_reservable_bandwidth->value());
  for (unsigned bit = 0; bit < 256; ++bit) {
    if (link.admin_groups.test(bit)) out.add_admin_groups(bit);
  }
  out.set_unusable(link.unusable);
}

Result<Ipv6Address> address_of(const std::string& text) {
  return text.empty() ? Result<Ipv6Address>(Ipv6Address{}) : Ipv6Address::parse(text);
}

Result<Node> node_of(const pb::Node& in) {
  if (in.name().empty()) return fail(ErrorCode::kInvalidArgument, "a node without a name");
  const auto router_id = address_of(in.router_id6());
  if (!router_id) return std::unexpected(router_id.error());
  Node node{.name = NodeName(in.name()), .system_id = in.system_id(), .router_id6 = *router_id, .locators = {}};
  for (const pb::Locator& locator : in.locators()) {
    const auto prefix = Ipv6Prefix::parse(locator.prefix());
    if (!prefix) return std::unexpected(prefix.error());
    if (locator.algorithm() > 255) {
      return fail(ErrorCode::kInvalidArgument, "algorithm {} is over 255", locator.algorithm());
    }
    node.locators.emplace_back(Algorithm(static_cast<std::uint8_t>(locator.algorithm())), *prefix);
  }
  return node;
}

Result<LinkByName> link_of(const pb::Link& in) {
  const auto local = address_of(in.key().local_address());
  if (!local) return std::unexpected(local.error());
  const auto remote = address_of(in.remote_address());
  if (!remote) return std::unexpected(remote.error());
  LinkByName link{NodeName(in.key().from()), NodeName(in.key().to()), {}};
  Link& out = link.attributes;
  out.local_address = *local;
  out.remote_address = *remote;
  out.igp_metric = in.igp_metric();
  if (in.has_te_metric()) out.te_metric = in.te_metric();
  if (in.has_delay_us()) out.delay_us = in.delay_us();
  if (in.has_min_delay_us()) out.min_delay_us = in.min_delay_us();
  if (in.has_max_delay_us()) out.max_delay_us = in.max_delay_us();
  if (in.has_max_bandwidth_bps()) out.max_bandwidth = BitsPerSecond(in.max_bandwidth_bps());
  if (in.has_max_reservable_bandwidth_bps()) {
    out.max_reservable_bandwidth = BitsPerSecond(in.max_reservable_bandwidth_bps());
  }
  for (const std::uint32_t bit : in.admin_groups()) {
    if (bit > 255) return fail(ErrorCode::kInvalidArgument, "admin group {} is over 255", bit);
    out.admin_groups.set(bit);
  }
  out.unusable = in.unusable();
  return link;
}

}  // namespace

pb::TopologyUpdate to_proto(const TopologySnapshot& snapshot) {
  pb::TopologyUpdate update;
  update.set_epoch(snapshot.epoch);
  update.set_version(snapshot.version);
  update.set_full(true);
  for (const Node& node : snapshot.nodes) put_node(node, *update.add_nodes());
  for (const Link& link : snapshot.links) put_link(snapshot, link, *update.add_links());
  return update;
}

Result<TopologySnapshot> from_proto(const pb::TopologyUpdate& update) {
  if (!update.full()) return fail(ErrorCode::kInvalidArgument, "topology update: a delta, which was not asked for");
  TopologyBuilder builder;
  for (const pb::Node& in : update.nodes()) {
    auto node = node_of(in);
    if (!node) return std::unexpected(node.error().within("topology update: node '" + in.name() + "'"));
    builder.add_node(std::move(*node));
  }
  for (const pb::Link& in : update.links()) {
    auto link = link_of(in);
    if (!link) {
      return std::unexpected(link.error().within("topology update: link " + in.key().from() + " -> " + in.key().to()));
    }
    builder.add_link(std::move(*link));
  }
  return builder.build(update.epoch(), update.version());
}

}  // namespace pathwise::te
