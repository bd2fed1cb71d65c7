// SPDX-License-Identifier: Apache-2.0
#include "te/algo/cspf.h"

#include <gmock/gmock.h>

#include <functional>

#include "base/random.h"
#include "graph.h"

namespace pathwise::te {
namespace {

using testing::HasSubstr;

std::string route(const TopologySnapshot& snapshot, const Result<ComputedPath>& path) {
  if (!path) return path.error().message;
  std::string text = snapshot.nodes[path->source].name.str();
  for (const LinkIndex link : path->links) text += "-" + snapshot.nodes[snapshot.links[link].to].name.str();
  return text;
}

struct Best {
  std::optional<std::uint64_t> cost;
  std::uint64_t delay = 0;  // the least among the paths of least cost
};

// Every simple path, by depth-first search: the oracle.
Best enumerate(const TopologySnapshot& snapshot, const CspfRequest& request) {
  Best best;
  std::vector<bool> seen(snapshot.nodes.size());
  const std::function<void(NodeIndex, std::uint64_t, std::uint64_t)> visit = [&](NodeIndex at, std::uint64_t cost,
                                                                                 std::uint64_t delay) {
    if (request.max_delay && delay > static_cast<std::uint64_t>(request.max_delay->count())) return;
    if (at == request.destination) {
      if (!best.cost || cost < *best.cost || (cost == *best.cost && delay < best.delay)) best = {cost, delay};
      return;
    }
    seen[at] = true;
    for (const Link& link : snapshot.out_links(at)) {
      const bool delay_counts = request.max_delay.has_value();
      if (seen[link.to] || (delay_counts && !link.delay_us)) continue;
      const auto metric = request.optimise == CspfObjective::kIgp  ? std::optional(link.igp_metric)
                          : request.optimise == CspfObjective::kTe ? link.te_metric
                                                                   : link.delay_us;
      if (!metric) continue;
      // An unknown bandwidth is not enough for anything, not even for 0.
      if (request.bandwidth &&
          (!link.max_reservable_bandwidth || *link.max_reservable_bandwidth < *request.bandwidth)) {
        continue;
      }
      if (link.admin_groups.intersects(request.exclude_any)) continue;
      visit(link.to, cost + *metric, delay + (delay_counts ? *link.delay_us : 0));
    }
    seen[at] = false;
  };
  visit(request.source, 0, 0);
  return best;
}

// Adds up what the computed path really is, so that a wrong sum cannot agree with the oracle by itself.
void expect_consistent(const TopologySnapshot& snapshot, const CspfRequest& request, const ComputedPath& path) {
  std::uint64_t cost = 0;
  std::uint64_t delay = 0;
  NodeIndex at = request.source;
  for (const LinkIndex index : path.links) {
    const Link& link = snapshot.links[index];
    ASSERT_EQ(link.from, at);
    at = link.to;
    cost += request.optimise == CspfObjective::kIgp  ? link.igp_metric
            : request.optimise == CspfObjective::kTe ? *link.te_metric
                                                     : *link.delay_us;
    delay += link.delay_us.value_or(0);
    ASSERT_FALSE(link.admin_groups.intersects(request.exclude_any));
    if (request.bandwidth) {
      ASSERT_GE(*link.max_reservable_bandwidth, *request.bandwidth);
    }
  }
  ASSERT_EQ(at, request.destination);
  ASSERT_EQ(cost, path.cost);
  if (path.delay) {
    ASSERT_EQ(static_cast<std::uint64_t>(path.delay->count()), delay);
  }
}

TEST(Cspf, AgreesWithExhaustiveEnumeration) {
  int found = 0;
  int refused = 0;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    Random random(seed);
    const auto nodes = static_cast<std::uint32_t>(2 + random.below(6));
    const TopologySnapshot snapshot = random_graph({.seed = seed, .nodes = nodes, .links = nodes * 2, .max_metric = 9});
    CspfRequest request{.source = static_cast<NodeIndex>(random.below(nodes)),
                        .destination = static_cast<NodeIndex>(random.below(nodes)),
                        .optimise = static_cast<CspfObjective>(random.below(3))};
    if (random.below(2) == 0) request.max_delay = Microseconds(random.below(20));
    if (random.below(2) == 0) request.bandwidth = BitsPerSecond(100 * random.below(3));
    if (random.below(2) == 0) request.exclude_any.set(static_cast<unsigned>(random.below(3)));
    const Best expected = enumerate(snapshot, request);
    const auto path = compute_cspf(snapshot, request);
    ASSERT_EQ(path.has_value(), expected.cost.has_value()) << "seed " << seed << " " << route(snapshot, path);
    ++(path ? found : refused);
    if (!path) continue;
    ASSERT_EQ(path->cost, *expected.cost) << "seed " << seed << " " << route(snapshot, path);
    expect_consistent(snapshot, request, *path);
    if (request.max_delay) {
      ASSERT_EQ(static_cast<std::uint64_t>(path->delay->count()), expected.delay) << "seed " << seed;
    }
    ASSERT_EQ(compute_cspf(snapshot, request), path) << "not deterministic, seed " << seed;
  }
  EXPECT_GT(found, 300);  // the cases are neither trivial nor all infeasible
  EXPECT_GT(refused, 100);
}

// Cheap and slow, dear and fast: the bound decides, and the cheapest within it is not the fastest.
constexpr std::string_view kTrade =
    "a-b metric=1 delay=50, b-z metric=1 delay=50, a-c metric=5 delay=20, c-z metric=5 delay=20, a-d metric=9 delay=5, "
    "d-z metric=9 delay=5";

TEST(Cspf, TakesTheCheapestPathWithinTheDelayBound) {
  const TopologySnapshot snapshot = graph(kTrade);
  CspfRequest request{.source = 0, .destination = 4, .optimise = CspfObjective::kIgp};
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-b-z");
  request.max_delay = Microseconds(60);
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-c-z");
  request.max_delay = Microseconds(10);
  const auto path = compute_cspf(snapshot, request);
  EXPECT_EQ(route(snapshot, path), "a-d-z");
  EXPECT_EQ(path->cost, 18U);
  EXPECT_EQ(path->delay, Microseconds(10));
  request.max_delay = Microseconds(9);
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)),
            "no path from a to z: the least delay is 10us, the bound 9us");
}

TEST(Cspf, UsesGivenAvailableBandwidth) {
  const TopologySnapshot snapshot = graph("a-b metric=1 rate=1000, a-c metric=5 rate=1000, b-c metric=1 rate=1000");
  CspfRequest request{.source = 0, .destination = 2, .optimise = CspfObjective::kIgp, .bandwidth = BitsPerSecond(600)};
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-b-c");
  std::vector<BitsPerSecond> available(snapshot.links.size(), BitsPerSecond(1000));
  available[0] = BitsPerSecond(500);  // a -> b is half taken
  request.available = available;
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-c");
  request.bandwidth = BitsPerSecond(2000);
  EXPECT_THAT(route(snapshot, compute_cspf(snapshot, request)), HasSubstr("no path from a to c with 2kbps free"));
  available.pop_back();
  request.available = available;
  EXPECT_EQ(compute_cspf(snapshot, request).error().code, ErrorCode::kInvalidArgument);
}

TEST(Cspf, IncludesByAffinity) {
  const TopologySnapshot snapshot = graph("a-b metric=1 groups=1, b-c metric=1 groups=1+2, a-c metric=9 groups=2");
  CspfRequest request{.source = 0, .destination = 2, .optimise = CspfObjective::kIgp};
  request.include_any.set(2);
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-c");
  request.include_all.set(1);
  EXPECT_THAT(route(snapshot, compute_cspf(snapshot, request)), HasSubstr("under the affinity constraints"));
}

TEST(Cspf, EqualCostsPreferFewerHops) {
  const TopologySnapshot snapshot = graph("a-b metric=1, b-c metric=1, a-c metric=2");
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, {.source = 0, .destination = 2, .optimise = CspfObjective::kIgp})),
            "a-c");
}

TEST(Cspf, SourceAsDestinationIsAnEmptyPath) {
  const TopologySnapshot snapshot = graph("a-b metric=1");
  const auto path = compute_cspf(snapshot, {.source = 1, .destination = 1});
  ASSERT_TRUE(path);
  EXPECT_TRUE(path->links.empty());
  EXPECT_EQ(path->delay, Microseconds(0));
  EXPECT_EQ(compute_cspf(snapshot, {.source = 0, .destination = 9}).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace pathwise::te
