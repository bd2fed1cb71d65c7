// SPDX-License-Identifier: Apache-2.0
// Distances to one node over the links' weights: Dijkstra against their direction, without the first hops
// that an Spf keeps. Weights may be 0. One object is one workspace; one thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "te/algo/radix_heap.h"
#include "te/algo/spf.h"
#include "te/topology/topology.h"

namespace pathwise::te {

// A table of `width` weights a link, interleaved; a link whose first weight is kPruned is not there.
struct WeightTable {
  std::span<const std::uint32_t> values;
  std::size_t width = 1;
  [[nodiscard]] bool usable(LinkIndex link) const { return values[link * width] != kPruned; }
  [[nodiscard]] std::uint32_t at(LinkIndex link, std::size_t column) const { return values[link * width + column]; }
};

class Distances {
 public:
  struct Scope {
    std::uint64_t limit = kUnreachable;     // nodes that are farther away stay kUnreachable
    std::span<const std::uint8_t> allowed;  // by node, 0: stays kUnreachable; empty: all are allowed
    NodeIndex until = kNoNode;              // a node whose distance is enough; others may not be final
  };
  void run_to(const TopologySnapshot& snapshot, NodeIndex target, const WeightTable& weights, std::size_t column,
              const Scope& scope);
  [[nodiscard]] std::uint64_t operator[](NodeIndex node) const { return distance_[node]; }

 private:
  std::vector<std::uint64_t> distance_;
  RadixHeap queue_;
};

}  // namespace pathwise::te
