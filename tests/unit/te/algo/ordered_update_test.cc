// SPDX-License-Identifier: Apache-2.0
#include "te/algo/ordered_update.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/random.h"
#include "graph.h"

namespace pathwise::te {
namespace {

// Everybody's next hops to one destination.
using Forwarding = std::vector<std::vector<NodeIndex>>;

Forwarding forwarding(const TopologySnapshot& snapshot, const FlexAlgoDefinition& definition, NodeIndex destination) {
  const auto costs = link_costs(definition, snapshot);
  Forwarding result(snapshot.nodes.size());
  Spf spf;
  for (NodeIndex node = 0; node < snapshot.nodes.size(); ++node) {
    if (node == destination) continue;
    spf.run(snapshot, costs, node);
    for (const LinkIndex link : spf.first_hops(destination)) result[node].push_back(snapshot.links[link].to);
  }
  return result;
}

bool loops_from(const Forwarding& next, NodeIndex node, std::vector<int>& state) {
  state[node] = 1;  // on the way
  for (const NodeIndex hop : next[node]) {
    if (state[hop] == 1 || (state[hop] == 0 && loops_from(next, hop, state))) return true;
  }
  state[node] = 2;
  return false;
}

bool loops(const Forwarding& next) {
  std::vector<int> state(next.size(), 0);
  for (NodeIndex node = 0; node < next.size(); ++node) {
    if (state[node] == 0 && loops_from(next, node, state)) return true;
  }
  return false;
}

TopologySnapshot with_metric(TopologySnapshot snapshot, LinkIndex link, std::uint32_t metric) {
  snapshot.links[link].igp_metric = metric;
  return snapshot;
}

std::vector<std::uint32_t> ranks(const TopologySnapshot& before, const TopologySnapshot& after, NodeIndex destination) {
  std::vector<std::uint32_t> result;
  for (const Node& node : after.nodes) {
    const OrderedUpdate update(before, after, {}, node.name);
    result.push_back(update.rank(destination));
  }
  return result;
}

// Whether packets to `destination` loop at some moment, if routers update by rank, and by chance among equals.
bool ever_loops(const TopologySnapshot& before, const TopologySnapshot& after, NodeIndex destination,
                const std::vector<std::uint32_t>& rank, Random& random) {
  Forwarding now = forwarding(before, {}, destination);
  const Forwarding then = forwarding(after, {}, destination);
  std::vector<NodeIndex> order(now.size());
  std::iota(order.begin(), order.end(), NodeIndex{0});
  for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  std::ranges::stable_sort(order, {}, [&](NodeIndex node) { return rank[node]; });
  for (const NodeIndex node : order) {
    now[node] = then[node];
    if (loops(now)) return true;
  }
  return false;
}

// The square of RFC 5715's examples: b's old way to d is over c, c's new way is over b.
TEST(OrderedUpdate, ALinkThatBecameWorseIsLeftFromBehind) {
  const TopologySnapshot before = graph("a-b metric=10, b-c metric=1, c-d metric=1, a-d metric=10");
  const LinkIndex link = before.first_link[before.find(NodeName("c"))] + 1;
  ASSERT_EQ(before.nodes[before.links[link].to].name, NodeName("d"));
  const TopologySnapshot after = with_metric(before, link, 100);
  const NodeIndex d = before.find(NodeName("d"));
  const auto rank = ranks(before, after, d);
  EXPECT_GT(rank[before.find(NodeName("c"))], rank[before.find(NodeName("b"))]);
  EXPECT_EQ(rank[before.find(NodeName("a"))], 0U);  // it never used the link
}

TEST(OrderedUpdate, ALinkThatBecameBetterIsTakenFromTheNearEnd) {
  const TopologySnapshot after = graph("a-b metric=10, b-c metric=1, c-d metric=1, a-d metric=10");
  const LinkIndex link = after.first_link[after.find(NodeName("c"))] + 1;
  const TopologySnapshot before = with_metric(after, link, 100);
  const NodeIndex d = after.find(NodeName("d"));
  const auto rank = ranks(before, after, d);
  EXPECT_EQ(rank[after.find(NodeName("c"))], 0U);
  EXPECT_EQ(rank[after.find(NodeName("b"))], 1U);
}

TEST(OrderedUpdate, AFailureWaitsForNobody) {
  const TopologySnapshot before = graph("a-b metric=10, b-c metric=1, c-d metric=1, a-d metric=10");
  TopologySnapshot broken = before;
  broken.links[0].unusable = "down";
  const TopologySnapshot gone = graph("a-b metric=10, b-c metric=1, c-d metric=1");
  EXPECT_FALSE(OrderedUpdate(before, broken, {}, NodeName("b")).ordered());
  EXPECT_FALSE(OrderedUpdate(before, gone, {}, NodeName("b")).ordered());
  EXPECT_FALSE(OrderedUpdate(before, before, {}, NodeName("b")).ordered()) << "nothing changed";
  EXPECT_FALSE(OrderedUpdate(before, with_metric(before, 0, 11), {}, NodeName("elsewhere")).ordered());
}

TEST(OrderedUpdate, TwoLinksAtOnceAreNotOrdered) {
  const TopologySnapshot before = graph("a-b metric=10, b-c metric=1, c-d metric=1, a-d metric=10");
  TopologySnapshot after = with_metric(before, 0, 50);
  after.links[before.first_link[before.find(NodeName("c"))]].igp_metric = 50;
  EXPECT_FALSE(OrderedUpdate(before, after, {}, NodeName("b")).ordered());
}

// Whatever the graph: no moment with a loop. And the test must be able to fail: by chance alone there are some.
TEST(OrderedUpdate, NoPacketLoopsWhileAnyOneLinkChanges) {
  Random random(11);
  int changed = 0;
  int loops_unordered = 0;
  for (std::uint64_t seed = 1; seed <= scaled(std::uint64_t{400}); ++seed) {
    TopologySnapshot before = random_graph({.seed = seed, .nodes = 9, .links = 15, .max_metric = 6});
    const auto link = static_cast<LinkIndex>(random.below(before.links.size()));
    if (before.links[link].reverse == kNoLink || !before.links[link].unusable.empty()) continue;
    TopologySnapshot after = with_metric(before, link, static_cast<std::uint32_t>(1 + random.below(14)));
    if (random.below(2) == 0) {
      const auto other = static_cast<std::uint32_t>(1 + random.below(14));
      after.links[before.links[link].reverse].igp_metric = other;
    }
    if (!OrderedUpdate(before, after, {}, before.nodes[0].name).ordered()) continue;
    ++changed;
    for (NodeIndex destination = 0; destination < before.nodes.size(); ++destination) {
      const auto rank = ranks(before, after, destination);
      const std::vector<std::uint32_t> none(rank.size(), 0);
      for (int round = 0; round < 4; ++round) {
        ASSERT_FALSE(ever_loops(before, after, destination, rank, random))
            << "seed " << seed << ", link " << link << ", destination " << destination;
        loops_unordered += ever_loops(before, after, destination, none, random) ? 1 : 0;
      }
    }
  }
  EXPECT_GT(changed, scaled(100));
  EXPECT_GT(loops_unordered, scaled(20));
}

}  // namespace
}  // namespace pathwise::te
