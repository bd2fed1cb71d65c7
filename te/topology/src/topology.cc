// SPDX-License-Identifier: Apache-2.0
#include "te/topology/topology.h"

#include <algorithm>
#include <iterator>

#include "base/format.h"

namespace pathwise::te {

NodeIndex TopologySnapshot::find(const NodeName& name) const {
  const auto at = std::ranges::lower_bound(nodes, name, {}, &Node::name);
  return at != nodes.end() && at->name == name ? static_cast<NodeIndex>(at - nodes.begin()) : kNoNode;
}

NodeIndex TopologySnapshot::find_router_id(const Ipv6Address& id) const {
  if (id.is_unspecified()) return kNoNode;
  const auto at = std::ranges::find(nodes, id, &Node::router_id6);
  if (at == nodes.end()) return kNoNode;
  const bool twice = std::ranges::contains(std::next(at), nodes.end(), id, &Node::router_id6);
  return twice ? kNoNode : static_cast<NodeIndex>(at - nodes.begin());
}

std::string behavior_name(std::uint16_t behavior) {
  switch (behavior) {
    case kBehaviorUnknown:
      return "unknown";
    case kBehaviorEnd:
      return "End";
    case kBehaviorEndX:
      return "End.X";
    case kBehaviorEndDt6:
      return "End.DT6";
    case kBehaviorEndNextCsid:
      return "uN";
    case kBehaviorEndXNextCsid:
      return "uA";
    case kBehaviorEndDt6NextCsid:
      return "uDT6";
    default:
      return formatted("behaviour {}", behavior);
  }
}

}  // namespace pathwise::te
