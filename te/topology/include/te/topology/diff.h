// SPDX-License-Identifier: Apache-2.0
// What changed between two snapshots: for deltas on the wire, logs, and to skip work when nothing did.
#pragma once

#include <string>
#include <vector>

#include "te/topology/builder.h"

namespace pathwise::te {

// Names of changed elements; "changed" means any attribute. `reverse` alone does not count.
struct TopologyDiff {
  std::vector<NodeName> added_nodes, changed_nodes, removed_nodes;
  std::vector<LinkId> added_links, changed_links, removed_links;

  [[nodiscard]] bool empty() const;
  // "+1 node, ~2 links": for a log line.
  [[nodiscard]] std::string summary() const;
};

// Epoch and version are not compared. Pure; linear in the snapshots' size.
[[nodiscard]] TopologyDiff diff(const TopologySnapshot& before, const TopologySnapshot& after);

// One line an element, removed, added, then changed ones with each attribute's old and new value:
// "~ link a -> b (fd00::1): igp_metric 10 -> 20". For people. `found` is diff(before, after).
[[nodiscard]] std::string describe(const TopologyDiff& found, const TopologySnapshot& before,
                                   const TopologySnapshot& after);

}  // namespace pathwise::te
