// SPDX-License-Identifier: Apache-2.0
// Plain SPF against another implementation: Boost.Graph's.
#include <gtest/gtest.h>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>

#include "base/random.h"
#include "graph.h"
#include "te/algo/spf.h"

namespace pathwise::te {
namespace {

using Weight = boost::property<boost::edge_weight_t, std::uint64_t>;
using BoostGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, Weight>;

std::vector<std::uint64_t> boost_distances(const TopologySnapshot& snapshot, const std::vector<std::uint32_t>& costs,
                                           NodeIndex source) {
  BoostGraph graph(snapshot.nodes.size());
  for (LinkIndex i = 0; i < costs.size(); ++i) {
    if (costs[i] != kPruned) boost::add_edge(snapshot.links[i].from, snapshot.links[i].to, Weight(costs[i]), graph);
  }
  std::vector<std::uint64_t> distance(snapshot.nodes.size());
  boost::dijkstra_shortest_paths(
      graph, source,
      boost::distance_map(boost::make_iterator_property_map(distance.begin(), boost::get(boost::vertex_index, graph)))
          .distance_inf(kUnreachable));
  return distance;
}

TEST(Spf, AgreesWithBoostGraph) {
  Spf spf;
  std::size_t reached = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Random random(seed);
    const auto nodes = static_cast<std::uint32_t>(2 + random.below(300));
    // Small metrics make equal costs, large ones use many buckets of the heap.
    const std::uint32_t max_metric = seed % 3 == 0 ? 3U : seed % 3 == 1 ? 1'000U : 16'000'000U;
    const TopologySnapshot snapshot =
        random_graph({.seed = seed, .nodes = nodes, .links = nodes * 5 / 2, .max_metric = max_metric});
    for (const MetricType metric : {MetricType::kIgp, MetricType::kMinDelay, MetricType::kTe}) {
      const auto costs = link_costs({.algorithm = Algorithm(128), .metric = metric}, snapshot);
      const auto source = static_cast<NodeIndex>(random.below(nodes));
      spf.run(snapshot, costs, source);
      const auto expected = boost_distances(snapshot, costs, source);
      for (NodeIndex node = 0; node < nodes; ++node) {
        ASSERT_EQ(spf.distance(node), expected[node]) << "seed " << seed << " node " << node;
        reached += expected[node] != kUnreachable ? 1 : 0;
      }
    }
  }
  EXPECT_GT(reached, 10'000U);
}

}  // namespace
}  // namespace pathwise::te
