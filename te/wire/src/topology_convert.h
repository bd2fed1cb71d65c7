// SPDX-License-Identifier: Apache-2.0
// topology.proto ↔ TopologySnapshot. Pure; any thread.
#pragma once

#include "base/error.h"
#include "pathwise/topology.pb.h"
#include "te/topology/topology.h"

namespace pathwise::te {

[[nodiscard]] topology::v1::TopologyUpdate to_proto(const TopologySnapshot& snapshot);

// Full updates only. kInvalidArgument names what a peer sent wrong (an address, an algorithm, a bit).
[[nodiscard]] Result<TopologySnapshot> from_proto(const topology::v1::TopologyUpdate& update);

}  // namespace pathwise::te
