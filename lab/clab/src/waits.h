// SPDX-License-Identifier: Apache-2.0
// The order that `stages: wait-for` imposes: a stage of a node comes after the node's earlier
// stages and after every stage of other nodes that it waits for.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "lab/clab/topology.h"

namespace pathwise::lab {

using StageOf = std::pair<std::string, Stage>;  // node, stage

// Everything that must be done before `stage`; contains `stage` itself exactly if the waits form
// a circle.
[[nodiscard]] std::set<StageOf> predecessors(const Topology& topology, const StageOf& stage);

}  // namespace pathwise::lab
