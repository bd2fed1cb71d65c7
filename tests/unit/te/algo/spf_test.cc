// SPDX-License-Identifier: Apache-2.0
#include "te/algo/spf.h"

#include <gmock/gmock.h>

#include <set>

#include "base/format.h"
#include "base/random.h"
#include "graph.h"

namespace pathwise::te {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Bellman-Ford: the oracle.
std::vector<std::uint64_t> bellman_ford(const TopologySnapshot& snapshot, const std::vector<std::uint32_t>& costs,
                                        NodeIndex source) {
  std::vector<std::uint64_t> distance(snapshot.nodes.size(), kUnreachable);
  distance[source] = 0;
  for (std::size_t round = 0; round < snapshot.nodes.size(); ++round) {
    for (std::size_t i = 0; i < costs.size(); ++i) {
      const Link& link = snapshot.links[i];
      if (costs[i] == kPruned || distance[link.from] == kUnreachable) continue;
      distance[link.to] = std::min(distance[link.to], distance[link.from] + costs[i]);
    }
  }
  return distance;
}

// First hops by definition: a link starts a shortest path if its cost and the rest add up.
std::vector<LinkIndex> first_hops_oracle(const TopologySnapshot& snapshot, const std::vector<std::uint32_t>& costs,
                                         NodeIndex source, NodeIndex to) {
  std::vector<LinkIndex> found;
  const auto total = bellman_ford(snapshot, costs, source)[to];
  if (total == kUnreachable || to == source) return found;
  for (LinkIndex i = snapshot.first_link[source]; i < snapshot.first_link[source + 1]; ++i) {
    if (costs[i] == kPruned) continue;
    const auto rest = bellman_ford(snapshot, costs, snapshot.links[i].to)[to];
    if (rest != kUnreachable && costs[i] + rest == total) found.push_back(i);
  }
  return found;
}

TEST(Spf, AgreesWithBellmanFordOnRandomGraphs) {
  Spf spf;  // one workspace for all: nothing of one run may leak into the next
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const auto nodes = static_cast<std::uint32_t>(2 + seed % 12);
    const TopologySnapshot snapshot = random_graph({.seed = seed, .nodes = nodes, .links = nodes * 2});
    for (const MetricType metric : {MetricType::kIgp, MetricType::kMinDelay}) {
      FlexAlgoDefinition definition{.algorithm = Algorithm(128), .metric = metric};
      definition.exclude_any.set(seed % 4);
      const auto costs = link_costs(definition, snapshot);
      const auto source = static_cast<NodeIndex>(seed % nodes);
      spf.run(snapshot, costs, source);
      const auto expected = bellman_ford(snapshot, costs, source);
      for (NodeIndex node = 0; node < nodes; ++node) {
        ASSERT_EQ(spf.distance(node), expected[node]) << "seed " << seed << " node " << node;
        ASSERT_EQ(spf.first_hops(node), first_hops_oracle(snapshot, costs, source, node)) << "seed " << seed;
      }
    }
  }
}

// A long life of changes, several at once, links that go and come: always what a fresh run says.
TEST(Spf, AnUpdateIsWhatARunWouldBe) {
  std::size_t compared = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    Random random(seed);
    const auto nodes = static_cast<std::uint32_t>(2 + seed % 40);
    const TopologySnapshot snapshot =
        random_graph({.seed = seed, .nodes = nodes, .links = nodes * 2, .max_metric = seed % 2 == 0 ? 4U : 60U});
    auto costs = link_costs({}, snapshot);
    const auto source = static_cast<NodeIndex>(random.below(nodes));
    Spf updated;
    updated.run(snapshot, costs, source);
    Spf fresh;
    for (int step = 0; step < 60; ++step) {
      std::vector<Spf::CostChange> changes;
      std::set<LinkIndex> chosen;
      for (std::uint64_t i = 0; i <= random.below(4); ++i) {
        const auto link = static_cast<LinkIndex>(random.below(snapshot.links.size()));
        if (!snapshot.links[link].unusable.empty() || !chosen.insert(link).second) continue;
        changes.push_back({link, costs[link]});
        costs[link] =
            random.below(5) == 0 ? kPruned : static_cast<std::uint32_t>(1 + random.below(seed % 2 == 0 ? 4 : 60));
      }
      updated.update(snapshot, costs, changes);
      fresh.run(snapshot, costs, source);
      for (NodeIndex node = 0; node < nodes; ++node) {
        ASSERT_EQ(updated.distance(node), fresh.distance(node))
            << "seed " << seed << " step " << step << " node " << node;
        ASSERT_EQ(updated.first_hops(node), fresh.first_hops(node))
            << "seed " << seed << " step " << step << " node " << node;
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 100'000U);
}

TEST(Spf, FindsAllEqualCostFirstHopsAndParents) {
  const TopologySnapshot snapshot = graph("a-b metric=1, a-c metric=1, b-d metric=1, c-d metric=1, d-e metric=1");
  const auto costs = link_costs({}, snapshot);
  Spf spf;
  spf.run(snapshot, costs, 0);
  EXPECT_THAT(spf.first_hops(4), ElementsAre(0, 1));
  EXPECT_EQ(spf.parents(3), 2U);
  EXPECT_EQ(spf.parents(4), 1U);
  EXPECT_THAT(spf.first_hops(0), IsEmpty());
}

TEST(Spf, ParallelLinksAreBothFirstHops) {
  const TopologySnapshot snapshot = graph("a-b metric=3, a-b metric=3, a-b metric=4");
  const auto costs = link_costs({}, snapshot);
  Spf spf;
  spf.run(snapshot, costs, 0);
  EXPECT_EQ(spf.first_hops(1).size(), 2U);
  EXPECT_EQ(spf.parents(1), 2U);
}

TEST(Spf, MoreThan64LinksOfTheSource) {
  std::string text;
  for (int i = 0; i < 70; ++i) text += formatted("{}hub-z{:02} metric=1", i == 0 ? "" : ", ", i);
  const TopologySnapshot snapshot = graph(text);
  const auto costs = link_costs({}, snapshot);
  Spf spf;
  spf.run(snapshot, costs, 0);
  std::set<LinkIndex> seen;
  for (NodeIndex node = 1; node <= 70; ++node) {
    ASSERT_EQ(spf.first_hops(node).size(), 1U);
    EXPECT_EQ(snapshot.links[spf.first_hops(node).front()].to, node);
    seen.insert(spf.first_hops(node).front());
  }
  EXPECT_EQ(seen.size(), 70U);
}

TEST(Spf, SaysWhatIsUnreachable) {
  const TopologySnapshot snapshot = graph("a-b metric=1, c-d metric=1");
  const auto costs = link_costs({}, snapshot);
  Spf spf;
  spf.run(snapshot, costs, 0);
  EXPECT_EQ(spf.distance(2), kUnreachable);
  EXPECT_THAT(spf.first_hops(2), IsEmpty());
  EXPECT_EQ(spf.parents(2), 0U);
}

// Following first hops from router to router must never loop: every step comes nearer.
TEST(Spf, HopByHopForwardingNeverLoops) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const TopologySnapshot snapshot = random_graph({.seed = seed, .nodes = 9, .links = 20, .max_metric = 2});
    const auto costs = link_costs({.algorithm = Algorithm(128), .metric = MetricType::kMinDelay}, snapshot);
    for (NodeIndex to = 0; to < 9; ++to) {
      for (NodeIndex at = 0; at < 9; ++at) {
        Spf here;
        here.run(snapshot, costs, at);
        for (const LinkIndex hop : here.first_hops(to)) {
          Spf next;
          next.run(snapshot, costs, snapshot.links[hop].to);
          ASSERT_LT(next.distance(to), here.distance(to)) << "seed " << seed;
        }
      }
    }
  }
}

}  // namespace
}  // namespace pathwise::te
