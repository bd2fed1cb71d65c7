// SPDX-License-Identifier: Apache-2.0
// Which node of a snapshot has which uSID node id. A value, made for one snapshot; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "te/srv6/sid_map.h"
#include "te/topology/topology.h"

namespace pathwise::te {

class NodeIds {
 public:
  // From the nodes' locators: the 16 bits behind a block of `map`, the same in each.
  [[nodiscard]] static NodeIds from_locators(const TopologySnapshot& snapshot, const SidMap& map);
  // From configuration; names that the snapshot lacks are ignored.
  [[nodiscard]] static NodeIds from_names(const TopologySnapshot& snapshot, const std::map<NodeName, NodeId>& names);

  [[nodiscard]] std::optional<NodeId> id(NodeIndex node) const { return ids_[node]; }
  [[nodiscard]] NodeIndex node(NodeId id) const;  // kNoNode if nobody has it
  // Ids that two nodes claim, with their names (neither has it then: a path may not depend on luck), and
  // locators that give no id, or another one than the node's other locators.
  [[nodiscard]] const std::vector<std::string>& conflicts() const { return conflicts_; }

 private:
  explicit NodeIds(std::size_t nodes) : ids_(nodes) {}
  void set(const TopologySnapshot& snapshot, NodeIndex node, NodeId id);
  std::vector<std::optional<NodeId>> ids_;
  std::unordered_map<NodeId, NodeIndex> nodes_;  // kNoNode: claimed twice
  std::vector<std::string> conflicts_;
};

}  // namespace pathwise::te
