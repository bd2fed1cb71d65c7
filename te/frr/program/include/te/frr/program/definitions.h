// SPDX-License-Identifier: GPL-2.0-or-later
// fabric.yaml's section on SRv6 and Flex-Algo in te's own terms. Pure; any thread.
#pragma once

#include <map>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "policy/fabric_config.h"
#include "te/algo/flex_algo.h"
#include "te/srv6/sid_map.h"

namespace pathwise::te {

// kInvalidArgument: an affinity that is not defined, an unknown metric, or a Flex-Algo without a block.
[[nodiscard]] Result<std::vector<FlexAlgoDefinition>> flex_algo_definitions(const policy::FabricConfig& fabric);
[[nodiscard]] Result<SidMap> sid_map_of(const policy::FabricConfig& fabric);
// Edge routers' ids: what the fabric's configuration knows of node ids.
[[nodiscard]] std::map<NodeName, NodeId> edge_node_ids(const policy::FabricConfig& fabric);

}  // namespace pathwise::te
