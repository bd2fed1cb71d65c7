// SPDX-License-Identifier: Apache-2.0
// The links of a topology, in containerlab's short form (endpoints: ["r1:eth1", "r2:eth1"]) and
// its extended form (type: veth, endpoints: [{node: r1, interface: eth1}, …]).
#pragma once

#include <vector>

#include "lab/clab/topology.h"

namespace pathwise::lab {

[[nodiscard]] std::vector<Link> read_links(const config::Value& value, config::Diagnostics& problems);

}  // namespace pathwise::lab
