// SPDX-License-Identifier: Apache-2.0
#include "te/algo/radix_heap.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "base/random.h"

namespace pathwise::te {
namespace {

// As Dijkstra uses it: keys never less than the last one popped, nodes pushed again with less.
TEST(RadixHeap, PopsInTheOrderOfAnOrderedMap) {
  RadixHeap heap;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    std::map<NodeIndex, std::uint64_t> keys;
    heap.reset(400);
    std::uint64_t last = 0;
    const auto current = [&](std::uint64_t key, NodeIndex node) {
      const auto at = keys.find(node);
      return at != keys.end() && at->second == key;
    };
    for (int step = 0; step < 400; ++step) {
      if (random.below(3) != 0) {
        const auto node = static_cast<NodeIndex>(random.below(40));
        const std::uint64_t key = last + (random() >> (24 + random.below(40)));
        if (keys.contains(node) && keys[node] <= key) continue;
        keys[node] = key;
        heap.push(key, node);
        continue;
      }
      const NodeIndex node = heap.pop(current);
      ASSERT_EQ(node == kNoNode, keys.empty()) << "seed " << seed;
      if (node == kNoNode) continue;
      for (const auto& [other, key] : keys) ASSERT_LE(keys[node], key) << "seed " << seed;
      last = keys[node];
      keys.erase(node);
    }
  }
}

TEST(RadixHeap, HoldsTheLargestKeys) {
  RadixHeap heap;
  heap.reset(3);
  const auto all = [](std::uint64_t, NodeIndex) { return true; };
  heap.push(std::numeric_limits<std::uint64_t>::max(), 1);
  heap.push(0, 2);
  EXPECT_EQ(heap.pop(all), 2U);
  EXPECT_EQ(heap.pop(all), 1U);
  EXPECT_EQ(heap.pop(all), kNoNode);
}

}  // namespace
}  // namespace pathwise::te
