// SPDX-License-Identifier: Apache-2.0
// The KV cache of a simulated engine: a fixed number of blocks, reference-counted, with a prefix
// cache. A block whose tokens are all computed is published under its chained hash (its own tokens
// and all before them). When the last sequence lets go of a block, the block keeps its content and
// joins the free list; a later prompt with the same prefix takes it back. Allocation takes the block
// that has been free the longest, blocks without content first.
// Owned by one BatchEngine; one thread. No call fails except by returning "none".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace pathwise::lab {

using BlockHash = std::uint64_t;
using BlockId = std::uint32_t;

class BlockPool {
 public:
  explicit BlockPool(std::uint32_t blocks);

  // The longest run of leading `hashes` that is cached.
  struct Prefix {
    std::uint32_t blocks = 0;
    std::uint32_t free = 0;  // how many of them nobody references now
  };
  [[nodiscard]] Prefix find_prefix(std::span<const BlockHash> hashes) const;

  // References the first `count` blocks of `hashes`, appending them to `out`. They must be cached.
  void acquire_prefix(std::span<const BlockHash> hashes, std::uint32_t count, std::vector<BlockId>& out);

  // A block with no content and one reference, or none if all are referenced.
  [[nodiscard]] std::optional<BlockId> allocate();

  // The block's tokens are computed: others may share it under `hash`. Ignored if another block already holds it.
  void publish(BlockId block, BlockHash hash);

  // Drops one reference from each, the last first, so that prefixes outlive their tails. Empties the list.
  void release(std::vector<BlockId>& blocks);

  [[nodiscard]] std::uint32_t total() const { return static_cast<std::uint32_t>(blocks_.size()); }
  [[nodiscard]] std::uint32_t free() const { return free_; }
  [[nodiscard]] std::uint32_t used() const { return total() - free_; }
  [[nodiscard]] std::uint32_t cached() const { return static_cast<std::uint32_t>(by_hash_.size()); }

 private:
  struct Block {
    BlockHash hash = 0;
    bool published = false;
    std::uint32_t references = 0;
    BlockId previous = kNone;  // in the free list
    BlockId next = kNone;
  };
  static constexpr BlockId kNone = ~BlockId{0};

  void push_free(BlockId block);
  void unlink_free(BlockId block);

  std::vector<Block> blocks_;
  std::unordered_map<BlockHash, BlockId> by_hash_;  // looked up only, never iterated
  BlockId head_ = kNone;                            // evicted first
  BlockId tail_ = kNone;
  std::uint32_t free_ = 0;
};

}  // namespace pathwise::lab
