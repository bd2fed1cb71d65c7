// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/ls_database.h"

#include <algorithm>
#include <tuple>

#include "base/format.h"

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

void add_locators(Node& node, std::optional<NodeId> id, const SidMap& sids) {
  if (!id) return;
  for (const auto& [algorithm, block] : sids.blocks()) {
    if (const auto locator = sids.locator(algorithm, *id)) node.locators.emplace_back(algorithm, *locator);
  }
}

}  // namespace

std::string LsNodeId::to_string() const {
  return formatted("{:02x}{:02x}.{:02x}{:02x}.{:02x}{:02x}", system_id[0], system_id[1], system_id[2], system_id[3],
                   system_id[4], system_id[5]);
}

LsDatabase::LinkKey LsDatabase::key_of(const LsLink& link) {
  return {link.source, link.attributes.local_address, link.local_address4, link.local_id};
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
  return put(prefixes_, prefix.prefix, prefix.id, message.removed);
}

void LsDatabase::clear() {
  nodes_.clear();
  links_.clear();
  prefixes_.clear();
}

NodeName LsDatabase::name_of(const LsNodeId& id) const {
  const auto at = nodes_.find(id);
  return NodeName(at == nodes_.end() || at->second.name.empty() ? id.to_string() : at->second.name);
}

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
  std::vector<std::string> found;
  for (const auto& [key, link] : links_) {
    const auto destination = destination_of(link, owners);
    if (destination && nodes_.contains(*destination)) continue;
    found.push_back(formatted("{} -> {} ({})", name_of(link.source), destination ? destination->to_string() : "?",
                              link.attributes.local_address));
  }
  return found;
}

TopologyBuilder LsDatabase::translate(const LsTranslation& translation) const {
  std::map<LsNodeId, NodeId> ids;
  for (const auto& [prefix, owner] : prefixes_) {  // ascending: the lowest block's locator comes first
    if (const auto id = translation.sids.node_of(prefix)) ids.try_emplace(owner, *id);
  }
  TopologyBuilder builder;
  for (const auto& [id, node] : nodes_) {
    Node out{.name = name_of(id), .system_id = id.to_string(), .router_id6 = node.router_id6, .locators = {}};
    const auto known = ids.find(id);
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
    builder.add_link({name_of(link.source), name_of(*destination), link.attributes});
  }
  return builder;
}

}  // namespace pathwise::te
