// SPDX-License-Identifier: Apache-2.0
#include "distances.h"

namespace pathwise::te {

void Distances::run_to(const TopologySnapshot& snapshot, NodeIndex target, const WeightTable& weights,
                       std::size_t column, const Scope& scope) {
  distance_.assign(snapshot.nodes.size(), kUnreachable);
  const auto allowed = [&](NodeIndex node) { return scope.allowed.empty() || scope.allowed[node] != 0; };
  if (!allowed(target)) return;
  queue_.reset(snapshot.links.size() + 1);
  distance_[target] = 0;
  queue_.push(0, target);
  const auto current = [this](std::uint64_t key, NodeIndex node) { return distance_[node] == key; };
  for (NodeIndex node = queue_.pop(current); node != kNoNode; node = queue_.pop(current)) {
    if (node == scope.until) return;
    const std::uint64_t base = distance_[node];
    for (LinkIndex out = snapshot.first_link[node]; out < snapshot.first_link[node + 1]; ++out) {
      const LinkIndex in = snapshot.link_reverse[out];
      if (in == kNoLink || !weights.usable(in)) continue;
      const NodeIndex from = snapshot.link_to[out];
      const std::uint64_t distance = base + weights.at(in, column);
      if (distance >= distance_[from] || distance > scope.limit || !allowed(from)) continue;
      distance_[from] = distance;
      queue_.push(distance, from);
    }
  }
}

}  // namespace pathwise::te
