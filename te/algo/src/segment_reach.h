// SPDX-License-Identifier: Apache-2.0
// How far along a path one uN gets. Answers are computed when they are asked for: one SPF each.
#pragma once

#include <optional>
#include <vector>

#include "te/algo/encode.h"
#include "te/algo/spf.h"

namespace pathwise::te {

class SegmentReach {
 public:
  // All by reference: one encode_path() call. `nodes` are those along the path, the source first.
  SegmentReach(const TopologySnapshot& snapshot, const ComputedPath& path, const std::vector<NodeIndex>& nodes,
               const SegmentOptions& options)
      : snapshot_(snapshot),
        path_(path),
        nodes_(nodes),
        options_(options),
        costs_(options.algorithms.size()),
        last_(options.algorithms.size(), std::vector<std::optional<std::size_t>>(nodes.size())) {}

  // The last position that a uN of `algorithm` (an index in the options) reaches from `from` over the path's links
  // and no others. A part of an only shortest path is one too, so every position before works as well.
  [[nodiscard]] std::size_t last(std::size_t from, std::size_t algorithm) {
    auto& known = last_[algorithm][from];
    if (!known) known = compute(from, algorithm);
    return *known;
  }

 private:
  std::size_t compute(std::size_t from, std::size_t algorithm) {
    if (costs_[algorithm].empty()) costs_[algorithm] = link_costs(options_.algorithms[algorithm], snapshot_);
    spf_.run(snapshot_, costs_[algorithm], nodes_[from]);
    seen_.assign(snapshot_.nodes.size(), false);
    seen_[nodes_[from]] = true;
    std::size_t to = from;
    while (to < path_.links.size() && spf_.on_shortest_path(path_.links[to]) && fits(nodes_[to + 1])) ++to;
    return to;
  }

  // Whether all shortest paths to the node are acceptable. Those to the nodes in `seen_` are.
  bool fits(NodeIndex target) {
    if (!options_.ecmp) return spf_.parents(target) == 1;
    std::vector<NodeIndex> open{target};
    while (!open.empty()) {
      const NodeIndex node = open.back();
      open.pop_back();
      if (seen_[node]) continue;
      seen_[node] = true;
      for (const Link& out : snapshot_.out_links(node)) {
        if (out.reverse == kNoLink || !spf_.on_shortest_path(out.reverse)) continue;
        if (!options_.ecmp(out.reverse)) return false;
        open.push_back(out.to);
      }
    }
    return true;
  }

  const TopologySnapshot& snapshot_;
  const ComputedPath& path_;
  const std::vector<NodeIndex>& nodes_;
  const SegmentOptions& options_;
  std::vector<std::vector<std::uint32_t>> costs_;              // by algorithm; empty: not needed yet
  std::vector<std::vector<std::optional<std::size_t>>> last_;  // [algorithm][position]
  Spf spf_;
  std::vector<bool> seen_;
};

}  // namespace pathwise::te
