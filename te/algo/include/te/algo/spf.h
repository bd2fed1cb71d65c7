// SPDX-License-Identifier: Apache-2.0
// Shortest paths from one node with all equal-cost first hops (Dijkstra with an indexed 4-ary heap).
// Pure; one Spf is one workspace, reused without allocation. One thread per Spf.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "te/algo/flex_algo.h"
#include "te/topology/topology.h"

namespace pathwise::te {

inline constexpr std::uint32_t kPruned = std::numeric_limits<std::uint32_t>::max();
inline constexpr std::uint64_t kUnreachable = std::numeric_limits<std::uint64_t>::max();

// Cost of each link (index as in snapshot.links) under the definition; kPruned: not in its topology.
// For a Flex-Algo, links to or from nodes without a locator of the algorithm are pruned: such nodes do
// not participate (RFC 9350 section 13, rule 1). No cost is 0: a zero metric counts as 1, because
// equal-cost paths over zero-cost links can loop.
[[nodiscard]] std::vector<std::uint32_t> link_costs(const FlexAlgoDefinition& definition,
                                                    const TopologySnapshot& snapshot);

// True if the node has a locator of the algorithm; every node takes part in algorithm 0.
[[nodiscard]] bool participates(const Node& node, Algorithm algorithm);

class Spf {
 public:
  // `costs` as of link_costs(), each >= 1. The results refer to this snapshot until the next run().
  void run(const TopologySnapshot& snapshot, std::span<const std::uint32_t> costs, NodeIndex source);

  // kUnreachable if there is no path.
  [[nodiscard]] std::uint64_t distance(NodeIndex node) const { return distance_[node]; }
  // First-hop links of all shortest paths to `node`, ascending; empty for the source and what is unreachable.
  [[nodiscard]] std::vector<LinkIndex> first_hops(NodeIndex node) const;
  // The number of links that end a shortest path to `node`.
  [[nodiscard]] std::size_t parents(NodeIndex node) const;
  // Whether `link` ends a shortest path to its far end.
  [[nodiscard]] bool on_shortest_path(LinkIndex link) const;

 private:
  void settle(NodeIndex node);
  void relax(NodeIndex from, LinkIndex link);
  void push_or_decrease(NodeIndex node);
  NodeIndex pop();
  void sift_up(std::uint32_t position);
  void sift_down(std::uint32_t position);
  [[nodiscard]] bool before(NodeIndex a, NodeIndex b) const;
  [[nodiscard]] std::span<std::uint64_t> hops(NodeIndex node) {
    return std::span(first_hops_).subspan(node * words_, words_);
  }

  const TopologySnapshot* snapshot_ = nullptr;
  std::span<const std::uint32_t> costs_;
  NodeIndex source_ = kNoNode;
  std::size_t words_ = 0;  // 64-bit words of a first-hop set: one bit a link of the source
  std::vector<std::uint64_t> distance_;
  std::vector<std::uint64_t> first_hops_;  // nodes × words_
  std::vector<std::uint32_t> position_;    // in heap_; kNotInHeap
  std::vector<NodeIndex> heap_;
};

}  // namespace pathwise::te
