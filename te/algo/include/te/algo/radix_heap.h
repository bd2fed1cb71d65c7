// SPDX-License-Identifier: Apache-2.0
// The queue of a Dijkstra run: nodes by integer distance, least first. A one-level radix heap (Ahuja,
// Mehlhorn, Orlin and Tarjan, "Faster algorithms for the shortest path problem", J. ACM 37, 1990): no key
// may be less than the last one popped, so a push is one step and a node moves to a lower bucket at most
// 64 times, in practice a few. Nothing is decreased: a node is pushed again and the older entry, which
// is not `current` any more, dropped when it is met. One thread; allocates in reset() only.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "te/topology/topology.h"

namespace pathwise::te {

class RadixHeap {
 public:
  // Empty, with room for `pushes`.
  void reset(std::size_t pushes) {
    entries_.clear();
    entries_.reserve(pushes);
    heads_.fill(kEnd);
    occupied_ = 0;
    last_ = 0;
  }

  void push(std::uint64_t key, NodeIndex node) {
    const auto bucket = static_cast<unsigned>(std::bit_width(key ^ last_));
    entries_.push_back({key, node, heads_[bucket]});
    heads_[bucket] = static_cast<std::uint32_t>(entries_.size() - 1);
    if (bucket > 0) occupied_ |= std::uint64_t{1} << (bucket - 1);
  }

  // The node of the least key among the entries for which current(key, node); kNoNode: there is none.
  // Of equal keys any.
  template <typename Current>
  NodeIndex pop(Current current) {
    for (;;) {
      while (heads_[0] != kEnd) {
        const Entry& entry = entries_[heads_[0]];
        heads_[0] = entry.next;
        if (current(entry.key, entry.node)) return entry.node;
      }
      if (occupied_ == 0) return kNoNode;
      const auto bucket = static_cast<unsigned>(std::countr_zero(occupied_)) + 1;
      occupied_ &= occupied_ - 1;
      refill(bucket, current);
    }
  }

 private:
  struct Entry {
    std::uint64_t key;
    NodeIndex node;
    std::uint32_t next;  // in its bucket
  };
  static constexpr std::uint32_t kEnd = ~std::uint32_t{0};

  // Spreads the lowest bucket that is not empty over those below, its least key becoming `last_`.
  template <typename Current>
  void refill(unsigned bucket, Current current) {
    std::uint32_t kept = kEnd;
    std::uint64_t least = ~std::uint64_t{0};
    for (std::uint32_t at = heads_[bucket]; at != kEnd;) {
      Entry& entry = entries_[at];
      const std::uint32_t next = entry.next;
      if (current(entry.key, entry.node)) {
        least = entry.key < least ? entry.key : least;
        entry.next = kept;
        kept = at;
      }
      at = next;
    }
    heads_[bucket] = kEnd;
    if (kept == kEnd) return;
    last_ = least;
    while (kept != kEnd) {
      Entry& entry = entries_[kept];
      const std::uint32_t next = entry.next;
      const auto lower = static_cast<unsigned>(std::bit_width(entry.key ^ last_));
      entry.next = heads_[lower];
      heads_[lower] = kept;
      if (lower > 0) occupied_ |= std::uint64_t{1} << (lower - 1);
      kept = next;
    }
  }

  std::vector<Entry> entries_;             // of this run, in the order of their pushes
  std::array<std::uint32_t, 65> heads_{};  // bucket b: keys whose highest bit that differs from last_ is b - 1
  std::uint64_t occupied_ = 0;             // bit b - 1: bucket b is not empty
  std::uint64_t last_ = 0;
};

}  // namespace pathwise::te
