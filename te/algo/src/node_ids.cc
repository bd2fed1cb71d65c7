// SPDX-License-Identifier: Apache-2.0
#include "te/algo/node_ids.h"

#include "base/format.h"

namespace pathwise::te {

namespace {

// The id that all locators of the node agree on; nullopt: there is none, or there are several. What is
// wrong goes to `problems`.
std::optional<NodeId> id_of(const Node& node, const SidMap& map, std::vector<std::string>& problems) {
  std::optional<NodeId> found;
  for (const auto& [algorithm, prefix] : node.locators) {  // ascending by algorithm
    const auto id = map.node_of(prefix);
    if (!id && map.algorithm_of(prefix.address)) {
      problems.push_back(formatted("node {}: locator {} has no node id: a /48 with 1 to dfff does", node.name, prefix));
    }
    if (!id || id == found) continue;
    if (found) {
      problems.push_back(
          formatted("node {}: its locators say node id {:x} and {:x}", node.name, found->value(), id->value()));
      return std::nullopt;
    }
    found = id;
  }
  return found;
}

}  // namespace

NodeIds NodeIds::from_locators(const TopologySnapshot& snapshot, const SidMap& map) {
  NodeIds result(snapshot.nodes.size());
  for (NodeIndex node = 0; node < snapshot.nodes.size(); ++node) {
    if (const auto id = id_of(snapshot.nodes[node], map, result.conflicts_)) result.set(snapshot, node, *id);
  }
  return result;
}

NodeIds NodeIds::from_names(const TopologySnapshot& snapshot, const std::map<NodeName, NodeId>& names) {
  NodeIds result(snapshot.nodes.size());
  for (const auto& [name, id] : names) {
    if (const NodeIndex node = snapshot.find(name); node != kNoNode) result.set(snapshot, node, id);
  }
  return result;
}

NodeIndex NodeIds::node(NodeId id) const {
  const auto at = nodes_.find(id);
  return at == nodes_.end() ? kNoNode : at->second;
}

void NodeIds::set(const TopologySnapshot& snapshot, NodeIndex node, NodeId id) {
  const auto [at, fresh] = nodes_.try_emplace(id, node);
  if (fresh) {
    ids_[node] = id;
    return;
  }
  const std::string other = at->second == kNoNode ? "others" : snapshot.nodes[at->second].name.str();
  conflicts_.push_back(formatted("node id {:x}: claimed by {} and {}", id.value(), other, snapshot.nodes[node].name));
  if (at->second != kNoNode) ids_[at->second].reset();
  at->second = kNoNode;
}

}  // namespace pathwise::te
