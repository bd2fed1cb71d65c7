// SPDX-License-Identifier: Apache-2.0
// Shortest paths from one node with all equal-cost first hops: Dijkstra with a radix heap, and an incremental
// update that touches only what changes (after Ramalingam and Reps, "An incremental
// algorithm for a generalization of the shortest-path problem", J. Algorithms 21, 1996). Pure; one Spf is one
// workspace, reused without allocation. One thread per Spf.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "te/algo/flex_algo.h"
#include "te/algo/radix_heap.h"
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

  struct CostChange {
    LinkIndex link = kNoLink;
    std::uint32_t before = 0;  // its cost in the last run() or update()
  };
  // After a run(): the same results as a run() with `costs`, which differ from the last ones at `changes`
  // (each link once). `snapshot` has the nodes and links of the last one, in the same order.
  void update(const TopologySnapshot& snapshot, std::span<const std::uint32_t> costs,
              std::span<const CostChange> changes);

  // kUnreachable if there is no path.
  [[nodiscard]] std::uint64_t distance(NodeIndex node) const { return distance_[node]; }
  // First-hop links of all shortest paths to `node`, ascending; empty for the source and what is unreachable.
  [[nodiscard]] std::vector<LinkIndex> first_hops(NodeIndex node) const;
  // The number of links that end a shortest path to `node`.
  [[nodiscard]] std::size_t parents(NodeIndex node) const;
  // Whether `link` ends a shortest path to its far end.
  [[nodiscard]] bool on_shortest_path(LinkIndex link) const;

 private:
  enum Mark : std::uint8_t { kLost = 1, kMoved = 2, kHops = 4 };  // of update(), see there
  void find_lost(std::span<const CostChange> changes);
  void rejoin_lost();
  void improve(std::span<const CostChange> changes);
  void update_hops();
  void mark(NodeIndex node, Mark as);
  [[nodiscard]] std::uint64_t least_distance_over_held(NodeIndex node) const;
  // Calls visit(from, link) for each usable link into `node`.
  template <typename Visit>
  void for_each_into(NodeIndex node, Visit visit) const;
  bool recompute_hops(NodeIndex node);
  // Adds to `target` the first hops of paths whose last link is `link`, out of `from`.
  void inherit_hops(NodeIndex from, LinkIndex link, std::span<std::uint64_t> target);
  void settle(NodeIndex node);
  void settle_one_word(NodeIndex node);  // the same where a first-hop set is one word
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
  RadixHeap queue_;                        // of run()
  std::vector<std::uint32_t> position_;    // in heap_; kNotInHeap
  std::vector<NodeIndex> heap_;            // of update(): 4-ary, by distance
  std::vector<std::uint8_t> marks_;        // of update(); all 0 between calls
  std::vector<NodeIndex> marked_;          // nodes whose mark is not 0
  std::vector<NodeIndex> lost_;            // ascending by their old distance
  std::vector<std::uint64_t> scratch_;     // one first-hop set
};

}  // namespace pathwise::te
