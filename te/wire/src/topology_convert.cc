// SPDX-License-Identifier: Apache-2.0
#include "topology_convert.h"

#include "te/topology/builder.h"

namespace pathwise::te {
namespace {

namespace pb = topology::v1;

std::string text_of(const Ipv6Address& address) {
  return address.is_unspecified() ? "" : address.to_string();
}

void put_sid(const Srv6Sid& sid, pb::Sid& out) {
  out.set_sid(sid.sid.to_string());
  out.set_behavior(sid.behavior);
  out.set_algorithm(sid.algorithm.value());
  if (!sid.structure) return;
  out.mutable_structure()->set_block(sid.structure->block);
  out.mutable_structure()->set_node(sid.structure->node);
  out.mutable_structure()->set_function(sid.structure->function);
  out.mutable_structure()->set_argument(sid.structure->argument);
}

void put_depths(const SidDepths& depths, pb::Node& out) {
  if (depths.max_segments_left) out.set_max_segments_left(*depths.max_segments_left);
  if (depths.max_end_pop) out.set_max_end_pop(*depths.max_end_pop);
  if (depths.max_h_encaps) out.set_max_h_encaps(*depths.max_h_encaps);
  if (depths.max_end_d) out.set_max_end_d(*depths.max_end_d);
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
  for (const Srv6Sid& sid : node.sids) put_sid(sid, *out.add_sids());
  if (node.algorithms) {
    pb::Algorithms& list = *out.mutable_algorithms();
    for (const Algorithm each : *node.algorithms) list.add_algorithm(each.value());
  }
  put_depths(node.depths, out);
}

void put_link(const TopologySnapshot& snapshot, const Link& link, pb::Link& out) {
  out.mutable_key()->set_from(snapshot.nodes[link.from].name.str());
  out.mutable_key()->set_to(snapshot.nodes[link.to].name.str());
  out.mutable_key()->set_local_address(text_of(link.local_address));
  out.mutable_key()->set_local_id(link.local_id);
  out.set_remote_id(link.remote_id);
  out.set_remote_address(text_of(link.remote_address));
  out.set_igp_metric(link.igp_metric);
  if (link.te_metric) out.set_te_metric(*link.te_metric);
  if (link.delay_us) out.set_delay_us(*link.delay_us);
  if (link.min_delay_us) out.set_min_delay_us(*link.min_delay_us);
  if (link.max_delay_us) out.set_max_delay_us(*link.max_delay_us);
  if (link.max_bandwidth) out.set_max_bandwidth_bps(link.max_bandwidth->value());
  if (link.max_reservable_bandwidth) out.set_max_reservable_bandwidth_bps(link.max_reservable_bandwidth->value());
  if (link.unreserved_bandwidth) {
    for (const BitsPerSecond rate : *link.unreserved_bandwidth) out.add_unreserved_bandwidth_bps(rate.value());
  }
  for (unsigned bit = 0; bit < 256; ++bit) {
    if (link.admin_groups.test(bit)) out.add_admin_groups(bit);
  }
  for (const std::uint32_t group : link.srlgs) out.add_srlgs(group);
  for (const Srv6Sid& sid : link.sids) put_sid(sid, *out.add_sids());
  out.set_unusable(link.unusable);
}

Result<Ipv6Address> address_of(const std::string& text) {
  return text.empty() ? Result<Ipv6Address>(Ipv6Address{}) : Ipv6Address::parse(text);
}

template <typename Message>
Result<std::vector<Srv6Sid>> sids_of(const Message& in) {
  std::vector<Srv6Sid> list;
  for (const pb::Sid& each : in.sids()) {
    const auto sid = Ipv6Address::parse(each.sid());
    if (!sid) return std::unexpected(sid.error());
    const auto wrong = [&](std::string_view what) {
      return fail(ErrorCode::kInvalidArgument, "SID {}: {}", *sid, what);
    };
    if (each.behavior() > 0xFFFF) return wrong("its behavior is over 65535");
    if (each.algorithm() > 255) return wrong("its algorithm is over 255");
    Srv6Sid& out = list.emplace_back();
    out.sid = *sid;
    out.behavior = static_cast<std::uint16_t>(each.behavior());
    out.algorithm = Algorithm(static_cast<std::uint8_t>(each.algorithm()));
    if (!each.has_structure()) continue;
    const auto& lengths = each.structure();
    const auto total = std::uint64_t{lengths.block()} + lengths.node() + lengths.function() + lengths.argument();
    if (total > 128) return wrong("its lengths are more than 128 bits together");
    out.structure = SidStructure{.block = static_cast<std::uint8_t>(lengths.block()),
                                 .node = static_cast<std::uint8_t>(lengths.node()),
                                 .function = static_cast<std::uint8_t>(lengths.function()),
                                 .argument = static_cast<std::uint8_t>(lengths.argument())};
  }
  return list;
}

Result<SidDepths> depths_of(const pb::Node& in) {
  SidDepths out;
  if (in.max_segments_left() > 255 || in.max_end_pop() > 255 || in.max_h_encaps() > 255 || in.max_end_d() > 255) {
    return fail(ErrorCode::kInvalidArgument, "a maximum SID depth is over 255");
  }
  if (in.has_max_segments_left()) out.max_segments_left = static_cast<std::uint8_t>(in.max_segments_left());
  if (in.has_max_end_pop()) out.max_end_pop = static_cast<std::uint8_t>(in.max_end_pop());
  if (in.has_max_h_encaps()) out.max_h_encaps = static_cast<std::uint8_t>(in.max_h_encaps());
  if (in.has_max_end_d()) out.max_end_d = static_cast<std::uint8_t>(in.max_end_d());
  return out;
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
  auto sids = sids_of(in);
  if (!sids) return std::unexpected(sids.error());
  node.sids = std::move(*sids);
  if (in.has_algorithms()) {
    node.algorithms.emplace();
    for (const std::uint32_t algorithm : in.algorithms().algorithm()) {
      if (algorithm > 255) return fail(ErrorCode::kInvalidArgument, "algorithm {} is over 255", algorithm);
      node.algorithms->push_back(Algorithm(static_cast<std::uint8_t>(algorithm)));
    }
  }
  const auto depths = depths_of(in);
  if (!depths) return std::unexpected(depths.error());
  node.depths = *depths;
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
  out.local_id = in.key().local_id();
  out.remote_id = in.remote_id();
  out.igp_metric = in.igp_metric();
  if (!in.has_igp_metric()) out.unusable = "no IGP metric is advertised";
  if (in.has_te_metric()) out.te_metric = in.te_metric();
  if (in.has_delay_us()) out.delay_us = in.delay_us();
  if (in.has_min_delay_us()) out.min_delay_us = in.min_delay_us();
  if (in.has_max_delay_us()) out.max_delay_us = in.max_delay_us();
  if (in.has_max_bandwidth_bps()) out.max_bandwidth = BitsPerSecond(in.max_bandwidth_bps());
  if (in.has_max_reservable_bandwidth_bps()) {
    out.max_reservable_bandwidth = BitsPerSecond(in.max_reservable_bandwidth_bps());
  }
  if (const int rates = in.unreserved_bandwidth_bps_size(); rates != 0) {
    UnreservedBandwidth& unreserved = out.unreserved_bandwidth.emplace();
    if (static_cast<std::size_t>(rates) != unreserved.size()) {
      return fail(ErrorCode::kInvalidArgument, "unreserved bandwidth of {} priorities, not of eight", rates);
    }
    for (int i = 0; i < rates; ++i) {
      unreserved[static_cast<std::size_t>(i)] = BitsPerSecond(in.unreserved_bandwidth_bps(i));
    }
  }
  for (const std::uint32_t bit : in.admin_groups()) {
    if (bit > 255) return fail(ErrorCode::kInvalidArgument, "admin group {} is over 255", bit);
    out.admin_groups.set(bit);
  }
  out.srlgs.assign(in.srlgs().begin(), in.srlgs().end());
  auto sids = sids_of(in);
  if (!sids) return std::unexpected(sids.error());
  out.sids = std::move(*sids);
  if (!in.unusable().empty()) out.unusable = in.unusable();
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
  for (const std::string& problem : snapshot.problems) update.add_problems(problem);
  return update;
}

Result<TopologySnapshot> from_proto(const pb::TopologyUpdate& update) {
  if (!update.full()) return fail(ErrorCode::kInvalidArgument, "topology update: a delta, which was not asked for");
  TopologyBuilder builder;
  for (const pb::Node& in : update.nodes()) {
    const std::string where = "topology update: node '" + in.name() + "'";
    auto node = node_of(in);
    if (!node) return std::unexpected(node.error().within(where));
    if (!builder.add_node(std::move(*node))) return fail(ErrorCode::kInvalidArgument, "{}: is there twice", where);
  }
  for (const pb::Link& in : update.links()) {
    const std::string where = "topology update: link " + in.key().from() + " -> " + in.key().to();
    auto link = link_of(in);
    if (!link) return std::unexpected(link.error().within(where));
    if (!builder.add_link(std::move(*link))) {
      return fail(ErrorCode::kInvalidArgument, "{} ({}): is there twice", where, in.key().local_address());
    }
  }
  for (const std::string& problem : update.problems()) builder.add_problem(problem);
  return builder.build(update.epoch(), update.version());
}

}  // namespace pathwise::te
