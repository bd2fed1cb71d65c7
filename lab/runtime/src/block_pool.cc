// SPDX-License-Identifier: Apache-2.0
#include "lab/runtime/block_pool.h"

namespace pathwise::lab {

BlockPool::BlockPool(std::uint32_t blocks) : blocks_(blocks) {
  by_hash_.reserve(blocks);
  // Pushed in reverse because a block without content goes to the head.
  for (BlockId block = blocks; block-- > 0;) push_free(block);
}

BlockPool::Prefix BlockPool::find_prefix(std::span<const BlockHash> hashes) const {
  Prefix prefix;
  for (const BlockHash hash : hashes) {
    const auto found = by_hash_.find(hash);
    if (found == by_hash_.end()) break;
    ++prefix.blocks;
    if (blocks_[found->second].references == 0) ++prefix.free;
  }
  return prefix;
}

void BlockPool::acquire_prefix(std::span<const BlockHash> hashes, std::uint32_t count, std::vector<BlockId>& out) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const BlockId block = by_hash_.at(hashes[i]);
    if (blocks_[block].references++ == 0) unlink_free(block);
    out.push_back(block);
  }
}

std::optional<BlockId> BlockPool::allocate() {
  if (head_ == kNone) return std::nullopt;
  const BlockId block = head_;
  unlink_free(block);
  Block& chosen = blocks_[block];
  if (chosen.published) by_hash_.erase(chosen.hash);
  chosen.published = false;
  chosen.references = 1;
  return block;
}

void BlockPool::publish(BlockId block, BlockHash hash) {
  if (blocks_[block].published || !by_hash_.try_emplace(hash, block).second) return;
  blocks_[block].hash = hash;
  blocks_[block].published = true;
}

void BlockPool::release(std::vector<BlockId>& blocks) {
  while (!blocks.empty()) {
    const BlockId block = blocks.back();
    blocks.pop_back();
    if (--blocks_[block].references == 0) push_free(block);
  }
}

void BlockPool::push_free(BlockId block) {
  Block& entry = blocks_[block];
  if (entry.published) {
    entry.previous = tail_;
    entry.next = kNone;
    (tail_ == kNone ? head_ : blocks_[tail_].next) = block;
    tail_ = block;
  } else {
    entry.previous = kNone;
    entry.next = head_;
    (head_ == kNone ? tail_ : blocks_[head_].previous) = block;
    head_ = block;
  }
  ++free_;
}

void BlockPool::unlink_free(BlockId block) {
  Block& entry = blocks_[block];
  (entry.previous == kNone ? head_ : blocks_[entry.previous].next) = entry.next;
  (entry.next == kNone ? tail_ : blocks_[entry.next].previous) = entry.previous;
  entry.previous = entry.next = kNone;
  --free_;
}

}  // namespace pathwise::lab
