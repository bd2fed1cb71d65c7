// SPDX-License-Identifier: Apache-2.0
// A topology as JSON: static sources, recorded cases, `curl` output. Field names are those of
// proto/pathwise/topology.proto. A link object is one direction.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "te/topology/topology.h"

namespace pathwise::te {

// What load reads is what save wrote, `problems` included. Other than those, anything that contradicts itself
// is an error: an element listed twice, a link of an unknown node, an id that two nodes claim.
// Unknown keys are refused by name, so that a typo never reads as an absent attribute.
// kInvalidArgument names the element: "links[3].delay_us: must be a whole number of 0..4294967295".
[[nodiscard]] Result<TopologySnapshot> parse_topology_json(std::string_view text);
[[nodiscard]] std::string topology_to_json(const TopologySnapshot& snapshot);

// At most 64 MiB. Errors name the file.
[[nodiscard]] Result<TopologySnapshot> load_topology_json(const std::string& path);
[[nodiscard]] Result<void> save_topology_json(const TopologySnapshot& snapshot, const std::string& path);

}  // namespace pathwise::te
