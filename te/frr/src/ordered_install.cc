// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/ordered_install.h"

#include <algorithm>

#include "te/algo/ordered_update.h"

namespace pathwise::te {

// The order is always that from the topology which the tables still follow to the newest one: a link whose
// two directions are announced one after the other is one change.
void OrderedInstall::order(SteadyTime now, const TopologySnapshot& topology, const NodeName& self,
                           const std::vector<FlexAlgoDefinition>& definitions) {
  turns_.clear();
  if (!settled_ || params_.step <= Milliseconds(0)) return;
  if (!first_change_) first_change_ = now;
  for (const FlexAlgoDefinition& definition : definitions) {
    const OrderedUpdate update(*settled_, topology, definition, self);
    if (!update.ordered()) continue;
    for (NodeIndex node = 0; node < topology.nodes.size(); ++node) {
      const std::uint32_t rank = update.rank(node);
      if (rank == 0) continue;
      for (const auto& [algorithm, prefix] : topology.nodes[node].locators) {
        if (algorithm == definition.algorithm) {
          turns_[prefix] = std::min(now + rank * params_.step, *first_change_ + params_.longest);
        }
      }
    }
  }
}

FrrRoutes OrderedInstall::admit(SteadyTime now, const TopologySnapshotPtr& topology, const NodeName& self,
                                const std::vector<FlexAlgoDefinition>& definitions, FrrRoutes desired,
                                const FrrRoutes& installed) {
  if (topology != newest_) order(now, *topology, self, definitions);
  newest_ = topology;
  std::erase_if(turns_, [&](const auto& turn) {
    const auto wanted = desired.find(turn.first);
    const auto present = installed.find(turn.first);
    if (turn.second <= now || wanted == desired.end() || present == installed.end()) return true;
    return wanted->second == present->second;  // the same next hops: nothing to wait for
  });
  for (const auto& [prefix, turn] : turns_) desired.at(prefix) = installed.at(prefix);
  if (turns_.empty()) {
    settled_ = newest_;
    first_change_.reset();
  }
  return desired;
}

std::optional<SteadyTime> OrderedInstall::due() const {
  if (turns_.empty()) return std::nullopt;
  return std::ranges::min_element(turns_, {}, [](const auto& turn) { return turn.second; })->second;
}

}  // namespace pathwise::te
