// SPDX-License-Identifier: Apache-2.0
#include "te/algo/node_ids.h"

#include "base/format.h"

namespace pathwise::te {

NodeIds NodeIds::from_locators(const TopologySnapshot& snapshot, const SidMap& map) {
  NodeIds result(snapshot.nodes.size());
  for (NodeIndex node = 0; node < snapshot.nodes.size(); ++node) {
    for (const auto& [algorithm, prefix] : snapshot.nodes[node].locators) {  // ascending by algorithm
      const auto id = map.node_of(prefix);
      if (!id) continue;
      result.set(snapshot, node, *id);
      break;
    }
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
