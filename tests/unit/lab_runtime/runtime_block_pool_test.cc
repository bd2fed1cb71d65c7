// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "lab/runtime/block_pool.h"
#include "lab/runtime/text.h"

namespace pathwise::lab {
namespace {

TEST(BlockPool, HandsOutEachBlockOnce) {
  BlockPool pool(3);
  std::vector<BlockId> blocks;
  for (int i = 0; i < 3; ++i) blocks.push_back(pool.allocate().value());
  EXPECT_FALSE(pool.allocate().has_value());
  EXPECT_EQ(pool.used(), 3U);
  std::ranges::sort(blocks);
  EXPECT_EQ(blocks, (std::vector<BlockId>{0, 1, 2}));
  pool.release(blocks);
  EXPECT_TRUE(blocks.empty());
  EXPECT_EQ(pool.free(), 3U);
}

TEST(BlockPool, FindsThePublishedPrefixOnly) {
  BlockPool pool(4);
  std::vector<BlockId> first{*pool.allocate(), *pool.allocate()};
  pool.publish(first[0], 111);
  const std::array<BlockHash, 2> hashes{111, 222};
  EXPECT_EQ(pool.find_prefix(hashes).blocks, 1U);
  EXPECT_EQ(pool.find_prefix(hashes).free, 0U) << "its owner still has it";
  pool.publish(first[1], 222);
  EXPECT_EQ(pool.find_prefix(hashes).blocks, 2U);
  const std::array<BlockHash, 2> gap{999, 222};
  EXPECT_EQ(pool.find_prefix(gap).blocks, 0U) << "a later block is useless without those before it";
}

TEST(BlockPool, SharesABlockUntilItsLastUserLetsGo) {
  BlockPool pool(2);
  std::vector<BlockId> first{*pool.allocate()};
  pool.publish(first[0], 111);
  const std::array<BlockHash, 1> hashes{111};
  std::vector<BlockId> second;
  pool.acquire_prefix(hashes, 1, second);
  EXPECT_EQ(second, first);
  pool.release(first);
  EXPECT_EQ(pool.used(), 1U);
  pool.release(second);
  EXPECT_EQ(pool.used(), 0U);
  EXPECT_EQ(pool.find_prefix(hashes).free, 1U) << "free, but its content is still there";
}

TEST(BlockPool, EvictsBlocksWithoutContentFirstThenTheLongestFree) {
  BlockPool pool(3);
  std::vector<BlockId> old{*pool.allocate()};
  std::vector<BlockId> recent{*pool.allocate()};
  std::vector<BlockId> plain{*pool.allocate()};
  const BlockId old_block = old[0];
  const BlockId plain_block = plain[0];
  pool.publish(old[0], 111);
  pool.publish(recent[0], 222);
  pool.release(old);
  pool.release(recent);
  pool.release(plain);
  EXPECT_EQ(pool.allocate(), plain_block);
  EXPECT_EQ(pool.cached(), 2U);
  EXPECT_EQ(pool.allocate(), old_block);
  EXPECT_EQ(pool.find_prefix(std::array<BlockHash, 1>{111}).blocks, 0U);
  EXPECT_EQ(pool.find_prefix(std::array<BlockHash, 1>{222}).blocks, 1U);
}

TEST(BlockPool, EvictsTheTailOfASequenceBeforeItsPrefix) {
  BlockPool pool(2);
  std::vector<BlockId> blocks{*pool.allocate(), *pool.allocate()};
  const BlockId tail = blocks[1];
  pool.publish(blocks[0], 111);
  pool.publish(blocks[1], 222);
  pool.release(blocks);
  EXPECT_EQ(pool.allocate(), tail);
}

TEST(BlockPool, KeepsOneOfTwoBlocksWithTheSameContent) {
  BlockPool pool(2);
  std::vector<BlockId> first{*pool.allocate()};
  std::vector<BlockId> second{*pool.allocate()};
  pool.publish(first[0], 111);
  pool.publish(second[0], 111);
  EXPECT_EQ(pool.cached(), 1U);
  pool.release(second);
  pool.release(first);
  EXPECT_EQ(pool.free(), 2U);
}

TEST(Text, ChainedHashesDependOnAllThatComesBefore) {
  const std::vector<TokenHash> a{1, 2, 3, 4, 5};
  const std::vector<TokenHash> b{9, 2, 3, 4, 5};
  const auto of_a = chain_block_hashes(a, 2, 0);
  const auto of_b = chain_block_hashes(b, 2, 0);
  ASSERT_EQ(of_a.size(), 2U) << "the fifth token fills no block";
  EXPECT_NE(of_a[0], of_b[0]);
  EXPECT_NE(of_a[1], of_b[1]) << "same tokens, other history";
  EXPECT_NE(of_a, chain_block_hashes(a, 2, 7)) << "another adapter";
}

TEST(Text, WordsHaveTheTokensLengthAndDifferByIndex) {
  for (std::size_t bytes = 2; bytes <= 16; ++bytes) {
    const std::string text = word(42, 0, bytes);
    ASSERT_EQ(text.size(), bytes);
    EXPECT_EQ(text[0], ' ');
    for (const char c : text.substr(1)) EXPECT_TRUE(c >= 'a' && c <= 'z') << text;
  }
  EXPECT_NE(word(42, 0, 8), word(42, 1, 8));
  EXPECT_NE(word(42, 0, 8), word(43, 0, 8));
  std::vector<TokenHash> tokens;
  append_tokens(word(1, 0, 4) + word(1, 1, 4), 4, tokens);
  EXPECT_EQ(tokens.size(), 2U) << "a generated word is one token when it comes back in a prompt";
}

}  // namespace
}  // namespace pathwise::lab
