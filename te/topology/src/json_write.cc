// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "te/topology/json.h"

namespace pathwise::te {
namespace {

using Json = nlohmann::json;

void put_sids(const std::vector<Srv6Sid>& sids, Json& out) {
  for (const Srv6Sid& each : sids) {
    Json sid{{"sid", each.sid.to_string()}, {"algorithm", each.algorithm.value()}};
    if (each.behavior != kBehaviorUnknown) sid["behavior"] = each.behavior;
    if (const auto& s = each.structure) {
      sid["structure"] = {{"block", s->block}, {"node", s->node}, {"function", s->function}, {"argument", s->argument}};
    }
    out["sids"].push_back(std::move(sid));
  }
}

Json depths_to_json(const SidDepths& depths) {
  Json out = Json::object();
  const auto put = [&out](const char* key, const auto& value) {
    if (value) out[key] = *value;
  };
  put("max_segments_left", depths.max_segments_left);
  put("max_end_pop", depths.max_end_pop);
  put("max_h_encaps", depths.max_h_encaps);
  put("max_end_d", depths.max_end_d);
  return out;
}

Json node_to_json(const Node& node) {
  Json out{{"name", node.name.str()}};
  if (!node.system_id.empty()) out["system_id"] = node.system_id;
  if (!node.router_id6.is_unspecified()) out["router_id6"] = node.router_id6.to_string();
  for (const auto& [algorithm, prefix] : node.locators) {
    out["locators"].push_back({{"algorithm", algorithm.value()}, {"prefix", prefix.to_string()}});
  }
  put_sids(node.sids, out);
  if (node.algorithms) {
    out["algorithms"] = Json::array();
    for (const Algorithm algorithm : *node.algorithms) out["algorithms"].push_back(algorithm.value());
  }
  if (node.depths != SidDepths{}) out["depths"] = depths_to_json(node.depths);
  return out;
}

Json link_to_json(const TopologySnapshot& snapshot, const Link& link) {
  Json out{{"from", snapshot.nodes[link.from].name.str()}, {"to", snapshot.nodes[link.to].name.str()}};
  const auto put = [&out](const char* key, const auto& value) {
    if (value) out[key] = *value;
  };
  const auto put_address = [&out](const char* key, const Ipv6Address& address) {
    if (!address.is_unspecified()) out[key] = address.to_string();
  };
  put_address("local_address", link.local_address);
  put_address("remote_address", link.remote_address);
  if (link.local_id != 0) out["local_id"] = link.local_id;
  if (link.remote_id != 0) out["remote_id"] = link.remote_id;
  out["igp_metric"] = link.igp_metric;
  put("te_metric", link.te_metric);
  put("delay_us", link.delay_us);
  put("min_delay_us", link.min_delay_us);
  put("max_delay_us", link.max_delay_us);
  if (link.max_bandwidth) out["max_bandwidth_bps"] = link.max_bandwidth->value();
  if (link.max_reservable_bandwidth) out["max_reservable_bandwidth_bps"] = link.max_reservable_bandwidth->value();
  if (link.unreserved_bandwidth) {
    for (const BitsPerSecond rate : *link.unreserved_bandwidth) out["unreserved_bandwidth_bps"].push_back(rate.value());
  }
  for (unsigned bit = 0; bit < 256; ++bit) {
    if (link.admin_groups.test(bit)) out["admin_groups"].push_back(bit);
  }
  for (const std::uint32_t group : link.srlgs) out["srlgs"].push_back(group);
  put_sids(link.sids, out);
  if (!link.unusable.empty()) out["unusable"] = link.unusable;
  return out;
}

}  // namespace

std::string topology_to_json(const TopologySnapshot& snapshot) {
  Json out{
      {"epoch", snapshot.epoch}, {"version", snapshot.version}, {"nodes", Json::array()}, {"links", Json::array()}};
  for (const Node& node : snapshot.nodes) out["nodes"].push_back(node_to_json(node));
  for (const Link& link : snapshot.links) out["links"].push_back(link_to_json(snapshot, link));
  if (!snapshot.problems.empty()) out["problems"] = snapshot.problems;
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";  // names may hold any bytes
}

}  // namespace pathwise::te
