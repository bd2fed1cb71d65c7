// SPDX-License-Identifier: Apache-2.0
#include "te/algo/encode.h"

#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <set>
#include <span>
#include <tuple>

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
    text += formatted("{}{}", text.empty() ? "" : " ", snapshot.nodes[ids.node(segment.node)].name);
    if (segment.neighbour) text += formatted(">{}", snapshot.nodes[ids.node(*segment.neighbour)].name);
    text += formatted("@{}", segment.algorithm);
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

TEST(EncodePath, AnAdjacencySidTakesAHopThatNoShortestPathTakes) {
  const SegmentOptions mixed{.adjacencies = &sid_map()};
  const TopologySnapshot detour = graph("a-b metric=9, a-c metric=1, c-b metric=1");
  EXPECT_EQ(segments(detour, along(detour, {"a", "b"}), mixed), "a>b@0 b@0");  // the uDT6 needs b's uN
  SegmentOptions bare = mixed;
  bare.ends_with_udt6 = false;
  EXPECT_EQ(segments(detour, along(detour, {"a", "b"}), bare), "a>b@0");
  // In the middle of a path: to b by the shortest path, over the slow link to d, on by the shortest path.
  const TopologySnapshot middle = graph("a-b metric=1, b-d metric=9, b-c metric=1, c-d metric=1, d-e metric=1");
  EXPECT_EQ(segments(middle, along(middle, {"a", "b", "d", "e"}), mixed), "b>d@0 e@0");
  // Two uNs cost what a uA costs, and have protection: they win.
  const TopologySnapshot square = graph("a-b metric=1, b-d metric=1, a-c metric=1, c-d metric=1");
  EXPECT_EQ(segments(square, along(square, {"a", "b", "d"}), mixed), "b@0 d@0");
}

TEST(EncodePath, AnAdjacencySidMeansTheFirstOfParallelLinks) {
  const TopologySnapshot parallel = graph("a-b metric=1, a-b metric=1");
  const NodeIds ids = NodeIds::from_locators(parallel, sid_map());
  const SegmentOptions mixed{.adjacencies = &sid_map()};
  ComputedPath path{.source = 0, .links = {0}};
  EXPECT_TRUE(encode_path(parallel, path, ids, mixed));
  path.links = {1};
  const auto other = encode_path(parallel, path, ids, mixed);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(other.error().message, HasSubstr("its link fd00::2:1 has no adjacency SID"));
}

TEST(EncodePath, ALinkWithoutTheNeighboursAddressHasNoAdjacencySid) {
  TopologySnapshot snapshot = graph("a-b metric=9, a-c metric=1, c-b metric=1");
  const ComputedPath path = along(snapshot, {"a", "b"});
  snapshot.links[path.links[0]].remote_address = {};
  EXPECT_THAT(segments(snapshot, path, {.adjacencies = &sid_map()}), HasSubstr("has no adjacency SID"));
}

TEST(EncodePath, FewerCarriersCountMoreThanFewerIds) {
  // By delay to c, by metric to e: two ids in two blocks. By metric alone: three in one.
  const TopologySnapshot snapshot = graph(
      "a-b metric=5 delay=1, b-c metric=5 delay=1, a-c metric=1 delay=50, c-d metric=1, d-e metric=1, "
      "c-e metric=5 delay=1, b-x metric=2 delay=50, x-e metric=2 delay=50");
  const ComputedPath path = along(snapshot, {"a", "b", "c", "d", "e"});
  EXPECT_EQ(segments(snapshot, path, {.algorithms = {FlexAlgoDefinition{}, kDelay}, .adjacencies = &sid_map()}),
            "b@0 c@0 e@0");
}

TEST(EncodePath, TheLimitsAreKeptAndTheErrorSaysWhatIsNeeded) {
  std::string text;  // a chain whose every link has a cheaper way around: one uA each
  for (char node = 'a'; node < 'i'; ++node) {
    text += formatted("{}{}-{} metric=9, {}-x{} metric=1, x{}-{} metric=1", text.empty() ? "" : ", ", node,
                      static_cast<char>(node + 1), node, node, node, static_cast<char>(node + 1));
  }
  const TopologySnapshot snapshot = graph(text);
  const ComputedPath path = along(snapshot, {"a", "b", "c", "d", "e", "f", "g", "h", "i"});
  const NodeIds ids = NodeIds::from_locators(snapshot, sid_map());
  SegmentOptions options{.adjacencies = &sid_map(), .max_carriers = 3};
  ASSERT_TRUE(encode_path(snapshot, path, ids, options));  // 8 uA, i and its uDT6: 18 ids
  options.max_ids = 18;
  ASSERT_TRUE(encode_path(snapshot, path, ids, options));
  options.max_ids = 17;
  EXPECT_EQ(encode_path(snapshot, path, ids, options).error().message,
            "segments: the path needs 3 carriers with 18 ids; at most 3 carriers and 17 ids fit");
  options = {.adjacencies = &sid_map(), .max_carriers = 2};
  const auto deep = encode_path(snapshot, path, ids, options);
  EXPECT_EQ(deep.error().message, "segments: the path needs 3 carriers with 18 ids; at most 2 carriers fit");
  EXPECT_EQ(deep.error().code, ErrorCode::kResourceExhausted);
}

TEST(EncodePath, EcmpIsAcceptedWhereEveryWayIs) {
  const TopologySnapshot snapshot =
      graph("a-b metric=1, b-d metric=1, a-c metric=1 groups=0, c-d metric=1, d-e metric=1");
  const ComputedPath path = along(snapshot, {"a", "b", "d", "e"});
  SegmentOptions options{.ecmp = [](LinkIndex) { return true; }};
  EXPECT_EQ(segments(snapshot, path, options), "e@0");
  options.ecmp = [&](LinkIndex link) { return !snapshot.links[link].admin_groups.test(0); };
  EXPECT_EQ(segments(snapshot, path, options), "b@0 e@0");
}

// Every list of segments that takes the path, one at a time: each segment is tried by walk() alone.
class EverySegmentList {
 public:
  EverySegmentList(const TopologySnapshot& snapshot, const ComputedPath& path, const NodeIds& ids,
                   const std::vector<FlexAlgoDefinition>& algorithms)
      : snapshot_(snapshot), path_(path), ids_(ids), algorithms_(algorithms) {}

  // The least (carriers, ids) with the uDT6 at the end; nullopt: no list takes the path.
  std::optional<std::pair<std::size_t, std::size_t>> cheapest(bool with_adjacencies) {
    with_adjacencies_ = with_adjacencies;
    best_.reset();
    list_.clear();
    extend(0);
    return best_;
  }

 private:
  NodeIndex node(std::size_t i) const { return i == 0 ? path_.source : snapshot_.links[path_.links[i - 1]].to; }

  bool takes(const Segment& segment, std::size_t from, std::size_t to) {
    const auto carriers = pack_carriers(sid_map(), {segment}, false);
    if (!carriers) return false;
    const auto links = walk(snapshot_, node(from), *carriers, {sid_map(), ids_, algorithms_});
    return links && std::ranges::equal(*links, std::span(path_.links).subspan(from, to - from));
  }

  void extend(std::size_t from) {
    const std::size_t end = path_.links.size();
    if (from == end && !list_.empty()) count();
    for (std::size_t to = from == end ? end : from + 1; to <= end; ++to) {
      for (const FlexAlgoDefinition& algorithm : algorithms_) {
        // Behind a uA to the last node, its uN.
        if (from == end && !list_.back().neighbour) continue;
        try_segment({algorithm.algorithm, *ids_.id(node(to))}, from, to);
      }
    }
    for (std::size_t at = from; with_adjacencies_ && at < end; ++at) {
      try_segment({kAlgorithmSpf, *ids_.id(node(at)), *ids_.id(node(at + 1))}, from, at + 1);
    }
  }
  void try_segment(const Segment& segment, std::size_t from, std::size_t to) {
    const auto [known, fresh] =
        takes_.try_emplace({from, to, segment.algorithm.value(), segment.neighbour.has_value()});
    if (fresh) known->second = takes(segment, from, to);
    if (!known->second) return;
    list_.push_back(segment);
    extend(to);
    list_.pop_back();
  }
  void count() {
    const auto carriers = pack_carriers(sid_map(), list_, true);
    if (!carriers) return;  // a uDT6 behind a uA
    std::size_t ids = 1;
    for (const Segment& segment : list_) ids += segment.neighbour ? 2 : 1;
    const std::pair found{carriers->size(), ids};
    if (!best_ || found < *best_) best_ = found;
  }

  const TopologySnapshot& snapshot_;
  const ComputedPath& path_;
  const NodeIds& ids_;
  const std::vector<FlexAlgoDefinition>& algorithms_;
  bool with_adjacencies_ = false;
  std::vector<Segment> list_;
  std::optional<std::pair<std::size_t, std::size_t>> best_;
  std::map<std::tuple<std::size_t, std::size_t, std::uint8_t, bool>, bool> takes_;
};

struct Scene {
  TopologySnapshot snapshot;
  ComputedPath path;
  NodeIds ids;
  std::vector<FlexAlgoDefinition> algorithms;
};

// A random graph with parallel links and many equal costs, and a path through it: a computed one, or a walk
// without a node twice that no metric would choose.
std::optional<Scene> scene(std::uint64_t seed, std::size_t longest) {
  Random random(seed);
  const auto nodes = static_cast<std::uint32_t>(3 + random.below(10));
  TopologySnapshot snapshot = random_graph({.seed = seed, .nodes = nodes, .links = nodes * 2, .max_metric = 6});
  FlexAlgoDefinition bulk{.algorithm = Algorithm(129)};
  bulk.exclude_any.set(0);
  const auto source = static_cast<NodeIndex>(random.below(nodes));
  ComputedPath path{.source = source};
  if (random.below(2) == 0) {
    const auto found = compute_cspf(snapshot, {.source = source,
                                               .destination = static_cast<NodeIndex>(random.below(nodes)),
                                               .optimise = static_cast<CspfObjective>(random.below(3))});
    if (!found) return std::nullopt;
    path = *found;
  } else {
    std::set<NodeIndex> seen{source};
    NodeIndex at = source;
    for (std::size_t hops = 0; hops < longest; ++hops) {
      const auto out = snapshot.out_links(at);
      if (out.empty()) break;
      const auto pick = static_cast<LinkIndex>(snapshot.first_link[at] + random.below(out.size()));
      if (!seen.insert(snapshot.links[pick].to).second) continue;
      path.links.push_back(pick);
      at = snapshot.links[pick].to;
    }
  }
  if (path.links.empty() || path.links.size() > longest) return std::nullopt;
  NodeIds ids = NodeIds::from_locators(snapshot, sid_map());
  return Scene{std::move(snapshot), std::move(path), std::move(ids), {FlexAlgoDefinition{}, kDelay, bulk}};
}

TEST(EncodePath, WalkingTheCarriersIsThePathAndNoCheaperListExists) {
  int encoded = 0;
  int refused = 0;
  int mixed = 0;
  for (std::uint64_t seed = 1; seed <= 1200; ++seed) {
    const auto with = scene(seed, 6);
    if (!with) continue;
    const auto& [snapshot, path, ids, algorithms] = *with;
    EverySegmentList every(snapshot, path, ids, algorithms);
    for (const SidMap* adjacencies : {static_cast<const SidMap*>(nullptr), &sid_map()}) {
      const auto list = encode_path(snapshot, path, ids, {.algorithms = algorithms, .adjacencies = adjacencies});
      const auto least = every.cheapest(adjacencies != nullptr);
      ASSERT_EQ(list.has_value(), least.has_value()) << "seed " << seed;
      ++(list ? encoded : refused);
      if (!list) continue;
      const auto carriers = pack_carriers(sid_map(), *list, true);
      ASSERT_TRUE(carriers) << carriers.error().message << " seed " << seed;
      std::size_t needed = 1;
      for (const Segment& segment : *list) needed += segment.neighbour ? 2 : 1;
      ASSERT_EQ(std::pair(carriers->size(), needed), *least) << "seed " << seed;
      const auto walked = walk(snapshot, path.source, *carriers, {sid_map(), ids, algorithms});
      ASSERT_TRUE(walked) << walked.error().message << " seed " << seed;
      ASSERT_EQ(*walked, path.links) << "seed " << seed;
      const bool both = std::ranges::any_of(*list, [](const Segment& each) { return each.neighbour.has_value(); }) &&
                        list->size() > 2;
      mixed += both ? 1 : 0;
    }
  }
  EXPECT_GT(encoded, 600);
  EXPECT_GT(refused, 100);
  EXPECT_GT(mixed, 100);
}

// Long paths, where carriers fill up: without the exhaustive search, but with the limits at and below the need.
TEST(EncodePath, LongPathsFitTheirCarriersAndNoFewer) {
  int deep = 0;
  for (std::uint64_t seed = 1; seed <= 800; ++seed) {
    const auto with = scene(seed, 12);
    if (!with) continue;
    const auto& [snapshot, path, ids, algorithms] = *with;
    SegmentOptions options{.algorithms = algorithms, .adjacencies = &sid_map()};
    const auto list = encode_path(snapshot, path, ids, options);
    if (!list) continue;
    const auto carriers = pack_carriers(sid_map(), *list, true);
    ASSERT_TRUE(carriers);
    ASSERT_EQ(*walk(snapshot, path.source, *carriers, {sid_map(), ids, algorithms}), path.links) << "seed " << seed;
    options.max_carriers = carriers->size();
    ASSERT_EQ(*encode_path(snapshot, path, ids, options), *list) << "seed " << seed;
    options.max_carriers = carriers->size() - 1;
    ASSERT_EQ(encode_path(snapshot, path, ids, options).error().code, ErrorCode::kResourceExhausted);
    deep += carriers->size() > 1 ? 1 : 0;
  }
  EXPECT_GT(deep, 50);
}

TEST(EncodePath, WithEcmpNoPacketLeavesTheAcceptedLinks) {
  int several = 0;
  for (std::uint64_t seed = 1; seed <= 800; ++seed) {
    const auto with = scene(seed, 6);
    if (!with) continue;
    const auto& [snapshot, path, ids, algorithms] = *with;
    const auto accepted = [&](LinkIndex link) {
      return !snapshot.links[link].admin_groups.test(2) || std::ranges::contains(path.links, link);
    };
    const SegmentOptions options{.algorithms = algorithms, .ecmp = accepted};
    const auto list = encode_path(snapshot, path, ids, options);
    const auto strict = encode_path(snapshot, path, ids, {.algorithms = algorithms});
    ASSERT_TRUE(list || !strict) << "seed " << seed;
    if (!list) continue;
    const auto carriers = pack_carriers(sid_map(), *list, true);
    const auto links = spread(snapshot, path.source, *carriers, {sid_map(), ids, algorithms});
    ASSERT_TRUE(links) << links.error().message << " seed " << seed;
    ASSERT_TRUE(std::ranges::all_of(*links, accepted)) << "seed " << seed;
    for (const LinkIndex link : path.links) ASSERT_TRUE(std::ranges::contains(*links, link)) << "seed " << seed;
    several += links->size() > path.links.size() ? 1 : 0;
  }
  EXPECT_GT(several, 30);
}

TEST(PinnedPath, WalkingTheCarriersIsThePathWhateverTheMetrics) {
  int pinned = 0;
  int refused = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    Random random(seed);
    const auto with = scene(seed, 8);
    if (!with) continue;
    const auto& [snapshot, path, ids, algorithms] = *with;
    const auto list = encode_path(snapshot, path, ids, {.adjacencies = &sid_map(), .pin = true});
    // Links beside the one that the uA means; a uN may still take them, but only as long as the metrics last.
    const bool parallel = std::ranges::any_of(path.links, [&](LinkIndex link) {
      return adjacency_link(snapshot, snapshot.links[link].from, snapshot.links[link].to) != link;
    });
    ASSERT_TRUE(list || parallel) << "seed " << seed;
    if (!list) ++refused;
    if (parallel) continue;
    ++pinned;
    ASSERT_EQ(list->size(), path.links.size() + 1) << "seed " << seed;
    const auto carriers = pack_carriers(sid_map(), *list, true);
    ASSERT_TRUE(carriers) << carriers.error().message;
    TopologySnapshot moved = snapshot;  // the same network, other metrics
    for (Link& link : moved.links) link.igp_metric = 1 + static_cast<std::uint32_t>(random.below(50));
    for (const TopologySnapshot& each : {snapshot, moved}) {
      const auto walked = walk(each, path.source, *carriers, {sid_map(), ids, algorithms});
      ASSERT_TRUE(walked) << walked.error().message << " seed " << seed;
      ASSERT_EQ(*walked, path.links) << "seed " << seed;
    }
  }
  EXPECT_GT(pinned, 150);
  EXPECT_GT(refused, 5);
}

TEST(PinnedPath, NamesANodeWithoutId) {
  const TopologySnapshot snapshot = graph("a-b metric=9, b-c metric=1, a-d metric=1, d-b metric=1");
  const auto ids = NodeIds::from_names(snapshot, {{NodeName("a"), NodeId(1)}, {NodeName("c"), NodeId(3)}});
  const auto list =
      encode_path(snapshot, along(snapshot, {"a", "b", "c"}), ids, {.adjacencies = &sid_map(), .pin = true});
  EXPECT_THAT(list.error().message, HasSubstr("node b has no id"));
}

TEST(PinnedPath, NamesALinkWhoseNeighbourHasNoFunction) {
  const TopologySnapshot snapshot = graph("a-b metric=9, a-c metric=1, c-b metric=1");
  const auto ids = NodeIds::from_names(
      snapshot, {{NodeName("a"), NodeId(1)}, {NodeName("b"), NodeId(0xe00)}, {NodeName("c"), NodeId(3)}});
  const auto list = encode_path(snapshot, along(snapshot, {"a", "b"}), ids, {.adjacencies = &sid_map(), .pin = true});
  EXPECT_THAT(list.error().message, HasSubstr("from a to b"));
  EXPECT_THAT(list.error().message, HasSubstr("has no adjacency SID"));
}

TEST(PinnedPath, WhereALinkHasNoUaANodeSidTakesItIfItCan) {
  const TopologySnapshot snapshot = graph("a-b metric=1, b-c metric=1, a-c metric=9");
  const auto ids = NodeIds::from_names(
      snapshot, {{NodeName("a"), NodeId(1)}, {NodeName("b"), NodeId(0xe00)}, {NodeName("c"), NodeId(3)}});
  const auto list =
      encode_path(snapshot, along(snapshot, {"a", "b", "c"}), ids, {.adjacencies = &sid_map(), .pin = true});
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_THAT(
      *list, testing::ElementsAre(Segment{kAlgorithmSpf, NodeId(0xe00)},
                                  Segment{kAlgorithmSpf, NodeId(0xe00), NodeId(3)}, Segment{kAlgorithmSpf, NodeId(3)}));
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
