// SPDX-License-Identifier: Apache-2.0
#include "te/topology/topology.h"

#include <algorithm>

namespace pathwise::te {

NodeIndex TopologySnapshot::find(const NodeName& name) const {
  const auto at = std::ranges::lower_bound(nodes, name, {}, &Node::name);
  return at != nodes.end() && at->name == name ? static_cast<NodeIndex>(at - nodes.begin()) : kNoNode;
}

NodeIndex TopologySnapshot::find_router_id(const Ipv6Address& id) const {
  const auto at = std::ranges::find(nodes, id, &Node::router_id6);
  return at != nodes.end() && !id.is_unspecified() ? static_cast<NodeIndex>(at - nodes.begin()) : kNoNode;
}

}  // namespace pathwise::te
