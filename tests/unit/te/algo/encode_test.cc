// SPDX-License-Identifier: Apache-2.0
#include "te/algo/encode.h"

#include <gmock/gmock.h>

#include <limits>

#include "base/format.h"
#include "base/random.h"
#include "graph.h"
#include "te/algo/spf.h"

namespace pathwise::te {
namespace {

using testing::HasSubstr;

const FlexAlgoDefinition kDelay{.algorithm = Algorithm(128), .metric = MetricType::kMinDelay};

ComputedPath along(const TopologySnapshot& snapshot, std::initializer_list<const char*> names) {
  ComputedPath path;
  for (const char* name : names) {
    const NodeIndex node = snapshot.find(NodeName(name));
    if (path.source == kNoNode) {
      path.source = node;
      continue;
    }
    const NodeIndex from = path.links.empty() ? path.source : snapshot.links[path.links.back()].to;
    for (LinkIndex i = snapshot.first_link[from]; i < snapshot.first_link[from + 1]; ++i) {
      if (snapshot.links[i].to == node) {
        path.links.push_back(i);
        break;
      }
    }
  }
  return path;
}

std::string segments(const TopologySnapshot& snapshot, const ComputedPath& path, const SegmentOptions& options) {
  const NodeIds ids = NodeIds::from_locators(snapshot, sid_map());
  const auto list = encode_path(snapshot, path, ids, options);
  if (!list) return list.error().message;
  std::string text;
  for (const Segment& segment : *list) {
    text +=
        formatted("{}{}@{}", text.empty() ? "" : " ", snapshot.nodes[ids.node(segment.node)].name, segment.algorithm);
  }
  return text;
}

TEST(EncodePath, TheShortestPathIsOneSegment) {
  const TopologySnapshot snapshot = graph("a-b metric=1, b-c metric=1, a-c metric=9");
  EXPECT_EQ(segments(snapshot, along(snapshot, {"a", "b", "c"}), {}), "c@0");
}

TEST(EncodePath, AWaypointForcesTheDetour) {
  const TopologySnapshot snapshot = graph("a-b metric=1, b-d metric=1, a-c metric=5, c-d metric=5");
  EXPECT_EQ(segments(snapshot, along(snapshot, {"a", "c", "d"}), {}), "c@0 d@0");
}

TEST(EncodePath, AnEqualCostPathNeedsAWaypoint) {
  const TopologySnapshot snapshot = graph("a-b metric=1, b-d metric=1, a-c metric=1, c-d metric=1");
  EXPECT_EQ(segments(snapshot, along(snapshot, {"a", "b", "d"}), {}), "b@0 d@0");
}

TEST(EncodePath, AFlexAlgoSavesSegments) {
  const TopologySnapshot snapshot = graph(
      "a-b metric=1 delay=90, b-e metric=1 delay=90, a-c metric=5 delay=1, c-d metric=5 delay=1, d-e metric=5 delay=1");
  const ComputedPath path = along(snapshot, {"a", "c", "d", "e"});
  EXPECT_EQ(segments(snapshot, path, {}), "c@0 d@0 e@0");
  EXPECT_EQ(segments(snapshot, path, {.algorithms = {FlexAlgoDefinition{}, kDelay}}), "e@128");
}

TEST(EncodePath, OfEquallyShortListsFewerChangesThenTheFirstAlgorithm) {
  // Both algorithms take a-b-c; only algorithm 128 continues over the slow side c-e-d.
  const TopologySnapshot snapshot = graph(
      "a-b metric=1 delay=1, b-c metric=1 delay=1, c-d metric=1 delay=50, c-e metric=5 delay=1, e-d metric=5 delay=1");
  EXPECT_EQ(segments(snapshot, along(snapshot, {"a", "b", "c"}), {.algorithms = {kDelay, FlexAlgoDefinition{}}}),
            "c@128");
  EXPECT_EQ(segments(snapshot, along(snapshot, {"a", "b", "c"}), {.algorithms = {FlexAlgoDefinition{}, kDelay}}),
            "c@0");
  EXPECT_EQ(
      segments(snapshot, along(snapshot, {"a", "b", "c", "e", "d"}), {.algorithms = {FlexAlgoDefinition{}, kDelay}}),
      "d@128");
}

TEST(EncodePath, NamesTheHopThatNeedsAnAdjacencySid) {
  const TopologySnapshot snapshot = graph("a-b metric=9, a-c metric=1, c-b metric=1");
  EXPECT_THAT(segments(snapshot, along(snapshot, {"a", "b"}), {}), HasSubstr("from a to b"));
  const TopologySnapshot parallel = graph("a-b metric=1, a-b metric=1");
  EXPECT_THAT(segments(parallel, along(parallel, {"a", "b"}), {}), HasSubstr("adjacency SID"));
}

TEST(EncodePath, AnEmptyPathIsTheSourceItself) {
  const TopologySnapshot snapshot = graph("a-b metric=1");
  EXPECT_EQ(segments(snapshot, along(snapshot, {"a"}), {}), "a@0");
}

TEST(EncodePath, RefusesLinksThatDoNotFollow) {
  const TopologySnapshot snapshot = graph("a-b metric=1, b-c metric=1");
  EXPECT_THAT(segments(snapshot, {.source = 0, .links = {1, 0}}, {}), HasSubstr("does not leave"));
}

// The fewest segments, by breadth-first search over walk() alone.
std::size_t fewest_by_search(const TopologySnapshot& snapshot, const ComputedPath& path, const NodeIds& ids,
                             const std::vector<FlexAlgoDefinition>& algorithms) {
  std::vector<std::size_t> best(path.links.size() + 1, std::numeric_limits<std::size_t>::max());
  best[0] = 0;
  const auto node = [&](std::size_t i) { return i == 0 ? path.source : snapshot.links[path.links[i - 1]].to; };
  for (std::size_t from = 0; from < path.links.size(); ++from) {
    if (best[from] == std::numeric_limits<std::size_t>::max()) continue;
    for (std::size_t to = from + 1; to <= path.links.size(); ++to) {
      for (const FlexAlgoDefinition& algorithm : algorithms) {
        const auto carriers = pack_carriers(sid_map(), {{algorithm.algorithm, *ids.id(node(to))}}, false);
        const auto links = walk(snapshot, node(from), *carriers, {sid_map(), ids, algorithms});
        const std::vector<LinkIndex> wanted(path.links.begin() + static_cast<std::ptrdiff_t>(from),
                                            path.links.begin() + static_cast<std::ptrdiff_t>(to));
        if (links && *links == wanted) best[to] = std::min(best[to], best[from] + 1);
      }
    }
  }
  return best.back();
}

TEST(EncodePath, WalkingTheCarriersIsThePathAndNoShorterListExists) {
  int encoded = 0;
  int refused = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    Random random(seed);
    const auto nodes = static_cast<std::uint32_t>(3 + random.below(10));
    const TopologySnapshot snapshot = random_graph({.seed = seed, .nodes = nodes, .links = nodes * 2, .max_metric = 6});
    FlexAlgoDefinition bulk{.algorithm = Algorithm(129)};
    bulk.exclude_any.set(0);
    const std::vector<FlexAlgoDefinition> algorithms{FlexAlgoDefinition{}, kDelay, bulk};
    const auto path = compute_cspf(snapshot, {.source = static_cast<NodeIndex>(random.below(nodes)),
                                              .destination = static_cast<NodeIndex>(random.below(nodes)),
                                              .optimise = static_cast<CspfObjective>(random.below(3))});
    if (!path || path->links.empty()) continue;
    const NodeIds ids = NodeIds::from_locators(snapshot, sid_map());
    const auto list = encode_path(snapshot, *path, ids, {.algorithms = algorithms});
    const std::size_t fewest = fewest_by_search(snapshot, *path, ids, algorithms);
    ASSERT_EQ(list.has_value(), fewest != std::numeric_limits<std::size_t>::max()) << "seed " << seed;
    ++(list ? encoded : refused);
    if (!list) continue;
    ASSERT_EQ(list->size(), fewest) << "seed " << seed;
    const auto carriers = pack_carriers(sid_map(), *list, true);
    ASSERT_TRUE(carriers);
    const auto walked = walk(snapshot, path->source, *carriers, {sid_map(), ids, algorithms});
    ASSERT_TRUE(walked) << walked.error().message << " seed " << seed;
    ASSERT_EQ(*walked, path->links) << "seed " << seed;
  }
  EXPECT_GT(encoded, 200);
  EXPECT_GT(refused, 20);
}

TEST(PinPath, WalkingTheCarriersIsThePathWhateverTheMetrics) {
  int pinned = 0;
  int refused = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    Random random(seed);
    const auto nodes = static_cast<std::uint32_t>(3 + random.below(10));
    const TopologySnapshot snapshot = random_graph({.seed = seed, .nodes = nodes, .links = nodes * 2, .max_metric = 6});
    const auto path = compute_cspf(snapshot, {.source = static_cast<NodeIndex>(random.below(nodes)),
                                              .destination = static_cast<NodeIndex>(random.below(nodes)),
                                              .optimise = CspfObjective::kDelay});
    if (!path || path->links.empty()) continue;
    const NodeIds ids = NodeIds::from_locators(snapshot, sid_map());
    const auto list = pin_path(snapshot, *path, ids, sid_map());
    // Refused exactly where the path takes a link beside the one that the uA means.
    const bool parallel = std::ranges::any_of(path->links, [&](LinkIndex link) {
      return adjacency_link(snapshot, snapshot.links[link].from, snapshot.links[link].to) != link;
    });
    ASSERT_EQ(list.has_value(), !parallel) << "seed " << seed;
    ++(list ? pinned : refused);
    if (!list) continue;
    const auto carriers = pack_carriers(sid_map(), *list, true);
    ASSERT_TRUE(carriers) << carriers.error().message;
    TopologySnapshot moved = snapshot;  // the same network, other metrics
    for (Link& link : moved.links) link.igp_metric = 1 + static_cast<std::uint32_t>(random.below(50));
    const std::vector<FlexAlgoDefinition> algorithms{FlexAlgoDefinition{}};
    for (const TopologySnapshot& each : {snapshot, moved}) {
      const auto walked = walk(each, path->source, *carriers, {sid_map(), ids, algorithms});
      ASSERT_TRUE(walked) << walked.error().message << " seed " << seed;
      ASSERT_EQ(*walked, path->links) << "seed " << seed;
    }
  }
  EXPECT_GT(pinned, 300);
  EXPECT_GT(refused, 5);
}

TEST(PinPath, NamesANodeWithoutId) {
  const TopologySnapshot snapshot = graph("a-b metric=1, b-c metric=1");
  const auto ids = NodeIds::from_names(snapshot, {{NodeName("a"), NodeId(1)}, {NodeName("c"), NodeId(3)}});
  EXPECT_THAT(pin_path(snapshot, along(snapshot, {"a", "b", "c"}), ids, sid_map()).error().message,
              HasSubstr("node b has no id"));
}

TEST(PinPath, NamesALinkWhoseNeighbourHasNoFunction) {
  const TopologySnapshot snapshot = graph("a-b metric=1");
  const auto ids = NodeIds::from_names(snapshot, {{NodeName("a"), NodeId(1)}, {NodeName("b"), NodeId(0xe00)}});
  EXPECT_THAT(pin_path(snapshot, along(snapshot, {"a", "b"}), ids, sid_map()).error().message,
              HasSubstr("from a to b has no adjacency SID"));
}

TEST(Walk, RefusesCarriersItCannotFollow) {
  const TopologySnapshot snapshot = graph("a-b metric=1, b-d metric=1, a-c metric=1, c-d metric=1");
  const NodeIds ids = NodeIds::from_locators(snapshot, sid_map());
  const std::vector<FlexAlgoDefinition> algorithms{FlexAlgoDefinition{}};
  const auto message = [&](const char* carrier) {
    return walk(snapshot, 0, {*Ipv6Address::parse(carrier)}, {sid_map(), ids, algorithms}).error().message;
  };
  EXPECT_THAT(message("fcbb:bb00:4::"), HasSubstr("a has 2 next hops to d"));
  EXPECT_THAT(message("fcbb:bb80:4::"), HasSubstr("in no block of the given algorithms"));
  EXPECT_THAT(message("fcbb:bb00:fe00::"), HasSubstr("holds no node"));
  EXPECT_THAT(message("fcbb:bb00:9::"), HasSubstr("nobody has node id 9"));
}

}  // namespace
}  // namespace pathwise::te
