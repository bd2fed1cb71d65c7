// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/ls_database.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <tuple>
#include <utility>

#include "base/format.h"
#include "te/algo/encode.h"
#include "te/algo/node_ids.h"

namespace pathwise::te {
namespace {

// Inserts, replaces or removes; true if the map is another one afterwards.
template <typename Key, typename Value>
bool put(std::map<Key, Value>& map, const Key& key, const Value& value, bool removed) {
  if (removed) return map.erase(key) > 0;
  const auto [at, fresh] = map.try_emplace(key, value);
  if (fresh) return true;
  if (at->second == value) return false;
  at->second = value;
  return true;
}

constexpr SidStructure kNodeSid{.block = 32, .node = 16, .function = 0, .argument = 80};
constexpr SidStructure kFunctionSid{.block = 32, .node = 16, .function = 16, .argument = 64};
constexpr std::size_t kLongestName = 255;  // RFC 5301 section 3

void add_locators(Node& node, std::optional<NodeId> id, const SidMap& sids) {
  if (!id) return;
  for (const auto& [algorithm, block] : sids.blocks()) {
    const auto locator = sids.locator(algorithm, *id);
    if (!locator) continue;
    node.locators.emplace_back(algorithm, *locator);
    node.sids.push_back({locator->address, kBehaviorEndNextCsid, algorithm, kNodeSid});
    node.sids.push_back({*sids.udt6_sid(algorithm, *id), kBehaviorEndDt6NextCsid, algorithm, kFunctionSid});
  }
}

// RFC 5301 section 3: a name is ASCII. Anything else would not even pass gRPC.
bool is_plain(const std::string& name) {
  return name.size() <= kLongestName && std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7F; });
}

// "fcbb:bb00:e001::/48": in a block of ours, but of no node id.
bool is_bad_locator(const Ipv6Prefix& prefix, const SidMap& sids) {
  return prefix.length == 48 && sids.algorithm_of(prefix.address) && !sids.node_of(prefix);
}

}  // namespace

std::string LsNodeId::to_string() const {
  return formatted("{:02x}{:02x}.{:02x}{:02x}.{:02x}{:02x}", system_id[0], system_id[1], system_id[2], system_id[3],
                   system_id[4], system_id[5]);
}

std::optional<BitsPerSecond> bandwidth_of(float octets_per_second) {
  constexpr double kMost = 1e18;  // bits: whatever is above is no rate, and would not fit
  const double bits = static_cast<double>(octets_per_second) * 8;
  if (!std::isfinite(bits) || bits < 0 || bits > kMost) return std::nullopt;
  return BitsPerSecond(static_cast<std::uint64_t>(std::llround(bits)));
}

LsDatabase::LinkKey LsDatabase::key_of(const LsLink& link) {
  return {link.source, link.attributes.local_address, link.local_address4, link.attributes.local_id};
}

bool LsDatabase::apply(const LsMessage& message) {
  if (const auto* node = std::get_if<LsNode>(&message.element)) {
    return put(nodes_, node->id, *node, message.removed);
  }
  if (const auto* link = std::get_if<LsLink>(&message.element)) {
    LsLink value = *link;
    if (value.destination == value.source) value.destination.reset();
    if (!value.destination) {  // FRR learns it late and does not always say it again
      if (const auto old = links_.find(key_of(value)); old != links_.end()) value.destination = old->second.destination;
    }
    return put(links_, key_of(value), value, message.removed);
  }
  const auto& prefix = std::get<LsPrefix>(message.element);
  if (message.removed) return prefixes_.erase(std::pair(prefix.prefix, prefix.id)) > 0;
  return prefixes_.emplace(prefix.prefix, prefix.id).second;
}

void LsDatabase::clear() {
  nodes_.clear();
  links_.clear();
  prefixes_.clear();
}

// A router of both levels is two nodes of one system, and of one name.
struct LsDatabase::Names {
  explicit Names(const std::map<LsNodeId, LsNode>& nodes) {
    std::map<std::string, std::set<std::string>> systems;  // by what they could be called
    for (const auto& [id, node] : nodes) {
      systems[node.name].insert(id.to_string());
      systems[id.to_string()].insert(id.to_string());
    }
    for (const auto& [id, node] : nodes) {
      const std::string system = id.to_string();
      const std::string problem = node.name.empty() ? "" : problem_with(node.name, system, systems[node.name]);
      names.emplace(id, node.name.empty() || !problem.empty() ? system : node.name);
      if (!problem.empty()) problems.insert(problem);
    }
  }
  [[nodiscard]] NodeName of(const LsNodeId& id) const {
    const auto at = names.find(id);
    return at == names.end() ? NodeName(id.to_string()) : at->second;
  }

  std::map<LsNodeId, NodeName> names;
  std::set<std::string> problems;

 private:
  static std::string problem_with(const std::string& name, const std::string& system,
                                  const std::set<std::string>& claimants) {
    if (!is_plain(name)) return formatted("node {}: its host name is no plain text (RFC 5301)", system);
    if (claimants.size() == 1) return {};
    return formatted("host name {}: claimed by {} and {}{}; they go by their system ids", name, *claimants.begin(),
                     *std::next(claimants.begin()), claimants.size() == 2 ? "" : " and others");
  }
};

struct LsDatabase::Owners {
  explicit Owners(const std::map<LinkKey, LsLink>& links) {
    for (const auto& [key, link] : links) {
      local.emplace(link.attributes.local_address, link.source);
      remote.emplace(link.attributes.remote_address, link.source);
    }
  }
  // nullopt: nobody else, or no address to look for.
  static std::optional<LsNodeId> find(const std::multimap<Ipv6Address, LsNodeId>& by, const Ipv6Address& address,
                                      const LsNodeId& self) {
    if (address.is_unspecified()) return std::nullopt;
    const auto [first, last] = by.equal_range(address);
    const auto at = std::find_if(first, last, [&self](const auto& entry) { return entry.second != self; });
    return at == last ? std::nullopt : std::optional(at->second);
  }
  std::multimap<Ipv6Address, LsNodeId> local;
  std::multimap<Ipv6Address, LsNodeId> remote;
};

std::optional<LsNodeId> LsDatabase::destination_of(const LsLink& link, const Owners& owners) {
  if (const auto owner = Owners::find(owners.local, link.attributes.remote_address, link.source)) return owner;
  if (const auto owner = Owners::find(owners.remote, link.attributes.local_address, link.source)) return owner;
  return link.destination != link.source ? link.destination : std::nullopt;
}

std::vector<std::string> LsDatabase::unplaced_links() const {
  const Owners owners(links_);
  const Names names(nodes_);
  std::vector<std::string> found;
  for (const auto& [key, link] : links_) {
    const auto destination = destination_of(link, owners);
    if (destination && nodes_.contains(*destination)) continue;
    found.push_back(formatted("{} -> {} ({})", names.of(link.source), destination ? destination->to_string() : "?",
                              link.attributes.local_address));
  }
  return found;
}

// Ascending by prefix: the lowest block's locator comes first.
std::map<LsDatabase::SystemId, NodeId> LsDatabase::node_ids(const SidMap& sids, const Names& names,
                                                            TopologyBuilder& builder) const {
  std::map<SystemId, NodeId> ids;
  for (const auto& [prefix, owner] : prefixes_) {
    if (const auto id = sids.node_of(prefix)) ids.try_emplace(owner.system_id, *id);
    if (!is_bad_locator(prefix, sids)) continue;
    builder.add_problem(formatted("node {}: locator {} has no node id: they are 1 to dfff", names.of(owner), prefix));
  }
  return ids;
}

TopologyBuilder LsDatabase::translate(const LsTranslation& translation) const {
  TopologyBuilder builder;
  const Names names(nodes_);
  const std::map<SystemId, NodeId> ids = node_ids(translation.sids, names, builder);
  for (const std::string& problem : names.problems) builder.add_problem(problem);
  for (const auto& [id, node] : nodes_) {
    Node out{.name = names.of(id), .system_id = id.to_string(), .router_id6 = node.router_id6, .locators = {}};
    const auto known = ids.find(id.system_id);
    const auto configured = translation.configured_ids.find(out.name);
    std::optional<NodeId> node_id;
    if (configured != translation.configured_ids.end()) node_id = configured->second;
    if (known != ids.end()) node_id = known->second;
    add_locators(out, node_id, translation.sids);
    builder.add_node(std::move(out));
  }
  const Owners owners(links_);
  for (const auto& [key, link] : links_) {
    const auto destination = destination_of(link, owners);
    if (!destination || !nodes_.contains(link.source) || !nodes_.contains(*destination)) continue;
    builder.add_link({names.of(link.source), names.of(*destination), link.attributes});
  }
  return builder;
}

TopologySnapshot LsDatabase::snapshot(const LsTranslation& translation, std::uint64_t epoch,
                                      std::uint64_t version) const {
  TopologySnapshot out = translate(translation).build(epoch, version);
  const NodeIds ids = NodeIds::from_locators(out, translation.sids);
  for (LinkIndex i = 0; i < out.links.size(); ++i) {
    Link& link = out.links[i];
    const auto from = ids.id(link.from);
    const auto to = ids.id(link.to);
    if (!from || !to || adjacency_link(out, link.from, link.to) != i) continue;
    if (const auto sid = translation.sids.adjacency_sid(*from, *to)) {
      link.sids = {{*sid, kBehaviorEndXNextCsid, kAlgorithmSpf, kFunctionSid}};
    }
  }
  for (const std::string& conflict : ids.conflicts()) out.problems.push_back(conflict);
  std::ranges::sort(out.problems);
  return out;
}

}  // namespace pathwise::te
