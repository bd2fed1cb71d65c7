// SPDX-License-Identifier: Apache-2.0
#include "te/algo/disjoint.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <tuple>

#include "base/format.h"
#include "base/random.h"
#include "graph.h"
#include "path_oracle.h"

namespace pathwise::te {
namespace {

using testing::HasSubstr;

struct Shared {
  std::size_t links = 0;
  std::size_t nodes = 0;
  std::size_t srlgs = 0;
  [[nodiscard]] std::size_t counted(Disjointness disjoint) const {
    const bool with_nodes = disjoint == Disjointness::kNode || disjoint == Disjointness::kNodeAndSrlg;
    const bool with_srlgs = disjoint == Disjointness::kSrlg || disjoint == Disjointness::kNodeAndSrlg;
    return links + (with_nodes ? nodes : 0) + (with_srlgs ? srlgs : 0);
  }
};

template <typename T>
std::size_t common(const std::set<T>& a, const std::set<T>& b) {
  return static_cast<std::size_t>(std::ranges::count_if(a, [&](const T& each) { return b.contains(each); }));
}

// By definition: sets, and a link is one with its other direction.
Shared shared(const TopologySnapshot& snapshot, const std::vector<LinkIndex>& a, const std::vector<LinkIndex>& b) {
  const auto sets = [&](const std::vector<LinkIndex>& path) {
    std::tuple<std::set<LinkIndex>, std::set<NodeIndex>, std::set<std::uint32_t>> all;
    for (const LinkIndex index : path) {
      const Link& link = snapshot.links[index];
      std::get<0>(all).insert(std::min(index, link.reverse));
      if (index != path.back()) std::get<1>(all).insert(link.to);
      std::get<2>(all).insert(link.srlgs.begin(), link.srlgs.end());
    }
    return all;
  };
  const auto one = sets(a);
  const auto other = sets(b);
  return {common(std::get<0>(one), std::get<0>(other)), common(std::get<1>(one), std::get<1>(other)),
          common(std::get<2>(one), std::get<2>(other))};
}

struct BestPair {
  std::size_t shared = 0;
  std::uint64_t cost = 0;
  friend auto operator<=>(const BestPair&, const BestPair&) = default;
};

// Every two paths: the oracle. A path beside itself is a pair too, one that shares everything.
std::optional<BestPair> best_pair(const TopologySnapshot& snapshot, const DisjointRequest& request) {
  std::optional<BestPair> best;
  const std::vector<OraclePath> paths = all_paths(snapshot, request.path);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    for (std::size_t j = i; j < paths.size(); ++j) {
      const BestPair pair{shared(snapshot, paths[i].links, paths[j].links).counted(request.disjoint),
                          paths[i].cost + paths[j].cost};
      if (request.strict && pair.shared > 0) continue;
      if (!best || pair < *best) best = pair;
    }
  }
  return best;
}

struct Outcomes {
  int pairs = 0;
  int none = 0;
  int gave_up = 0;
  int not_proven = 0;
};

void compare(const TopologySnapshot& snapshot, const DisjointRequest& request, const std::string& where,
             Outcomes& outcomes) {
  const std::optional<BestPair> expected = best_pair(snapshot, request);
  const auto pair = disjoint_pair(snapshot, request);
  if (!pair) {
    if (pair.error().code == ErrorCode::kResourceExhausted) {
      ++outcomes.gave_up;
      return;
    }
    ASSERT_EQ(pair.error().code, ErrorCode::kNotFound) << where << pair.error().message;
    ASSERT_FALSE(expected) << where << pair.error().message;
    ++outcomes.none;
    return;
  }
  ASSERT_TRUE(expected) << where;
  ++outcomes.pairs;
  ASSERT_TRUE(keeps_constraints(snapshot, request.path, pair->first.links)) << where;
  ASSERT_TRUE(keeps_constraints(snapshot, request.path, pair->second.links)) << where;
  ASSERT_EQ(describe(snapshot, request.path, pair->first.links).cost, pair->first.cost) << where;
  ASSERT_EQ(describe(snapshot, request.path, pair->second.links).cost, pair->second.cost) << where;
  ASSERT_LE(pair->first.cost, pair->second.cost) << where;
  const Shared real = shared(snapshot, pair->first.links, pair->second.links);
  ASSERT_EQ(real.links, pair->shared_links) << where;
  ASSERT_EQ(real.nodes, pair->shared_nodes) << where;
  ASSERT_EQ(real.srlgs, pair->shared_srlgs) << where;
  const BestPair found{real.counted(request.disjoint), pair->cost()};
  if (pair->proven) {
    ASSERT_EQ(found, *expected) << where << "shares " << found.shared << " costs " << found.cost << ", not "
                                << expected->shared << " and " << expected->cost;
  } else {
    ASSERT_GE(found, *expected) << where;
    ++outcomes.not_proven;
  }
}

// Links and nodes alone: always proven, whether disjoint or relaxed.
TEST(Disjoint, SuurballeAgreesWithEveryTwoPaths) {
  Outcomes strict;
  Outcomes relaxed;
  for (std::uint64_t seed = 1; seed <= 2500; ++seed) {
    Random random(seed);
    const auto nodes = static_cast<std::uint32_t>(3 + random.below(5));
    const TopologySnapshot snapshot = random_graph({.seed = seed,
                                                    .nodes = nodes,
                                                    .links = nodes + static_cast<std::uint32_t>(random.below(nodes)),
                                                    .max_metric = 6});
    DisjointRequest request;
    request.path.source = static_cast<NodeIndex>(random.below(nodes));
    request.path.destination = (request.path.source + 1 + static_cast<NodeIndex>(random.below(nodes - 1))) % nodes;
    request.path.optimise = static_cast<CspfObjective>(random.below(4));
    if (random.below(4) == 0) request.path.exclude_any.set(static_cast<unsigned>(random.below(3)));
    request.disjoint = random.below(2) == 0 ? Disjointness::kLink : Disjointness::kNode;
    for (const bool is_strict : {true, false}) {
      request.strict = is_strict;
      compare(snapshot, request, formatted("seed {} strict {}: ", seed, is_strict), is_strict ? strict : relaxed);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(strict.pairs, 500);
  EXPECT_GT(strict.none, 300);
  EXPECT_GT(relaxed.pairs, 1500);
  for (const Outcomes& each : {strict, relaxed}) {
    EXPECT_EQ(each.gave_up, 0);
    EXPECT_EQ(each.not_proven, 0);
  }
}

TEST(Disjoint, UnderAnyConstraintsItAgreesWithEveryTwoPaths) {
  Outcomes strict;
  Outcomes relaxed;
  std::vector<std::uint32_t> prices;
  for (std::uint64_t seed = 1; seed <= 2500; ++seed) {
    Random random(seed);
    const auto nodes = static_cast<std::uint32_t>(3 + random.below(4));
    const TopologySnapshot snapshot =
        random_graph({.seed = seed, .nodes = nodes, .links = nodes * 2, .max_metric = 6, .srlgs = 8});
    DisjointRequest request{.path = random_request(snapshot, random, prices)};
    if (request.path.source == request.path.destination) continue;
    if (random.below(2) == 0) request.path.include.clear();
    request.disjoint = static_cast<Disjointness>(random.below(4));
    for (const bool is_strict : {true, false}) {
      request.strict = is_strict;
      compare(snapshot, request, formatted("seed {} strict {}: ", seed, is_strict), is_strict ? strict : relaxed);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(strict.pairs, 250);
  EXPECT_GT(strict.none, 250);
  EXPECT_LT(strict.gave_up, strict.pairs / 10);
  EXPECT_LT(strict.not_proven, strict.pairs / 10);
  EXPECT_GT(relaxed.pairs, 500);
}

DisjointRequest from_a(NodeIndex to, Disjointness disjoint) {
  return {.path = {.source = 0, .destination = to, .optimise = CspfObjective::kIgp}, .disjoint = disjoint};
}

// The shortest path a-b-c-z takes both bridges; the pair must not contain it.
constexpr std::string_view kTrap = "a-b metric=1, b-c metric=1, c-z metric=1, a-c metric=4, b-z metric=4";

TEST(Disjoint, TheTrapTopology) {
  const TopologySnapshot snapshot = graph(kTrap);
  const auto pair = disjoint_pair(snapshot, from_a(3, Disjointness::kNode));
  ASSERT_TRUE(pair) << pair.error().message;
  EXPECT_EQ(pair->cost(), 10U);
  const std::set<std::string> both{route(snapshot, pair->first), route(snapshot, pair->second)};
  EXPECT_EQ(both, (std::set<std::string>{"a-b-z", "a-c-z"}));
  EXPECT_TRUE(pair->proven);
}

TEST(Disjoint, ATrapOfSharedRisks) {
  // The cheapest path is in groups 1 and 2, which every other path is in one of; a-d-z and a-e-z are in different ones.
  const TopologySnapshot snapshot = graph(
      "a-b metric=1 srlg=1, b-z metric=1 srlg=2, a-d metric=5 srlg=1, d-z metric=5, a-e metric=6, e-z metric=6 srlg=2");
  const auto pair = disjoint_pair(snapshot, from_a(4, Disjointness::kSrlg));
  ASSERT_TRUE(pair) << pair.error().message;
  EXPECT_EQ(route(snapshot, pair->first), "a-d-z");
  EXPECT_EQ(route(snapshot, pair->second), "a-e-z");
  EXPECT_TRUE(pair->proven);
}

TEST(Disjoint, NamesTheRiskThatEveryPathRuns) {
  const TopologySnapshot snapshot =
      graph("a-b metric=1 srlg=7, b-z metric=1 srlg=1, a-c metric=2 srlg=2, c-z metric=2 srlg=7+9");
  DisjointRequest request = from_a(3, Disjointness::kSrlg);
  EXPECT_EQ(disjoint_pair(snapshot, request).error().message,
            "no two disjoint paths from a to z: all of them are in risk group 7");
  request.strict = false;
  const auto pair = disjoint_pair(snapshot, request);
  ASSERT_TRUE(pair) << pair.error().message;
  EXPECT_EQ(pair->shared_srlgs, 1U);
  EXPECT_EQ(pair->shared_links, 0U);
}

TEST(Disjoint, StrictIsAnErrorAndRelaxedTheLeastShared) {
  const TopologySnapshot snapshot = graph("a-b metric=1, a-b metric=3, b-z metric=1, a-c metric=9, c-b metric=9");
  DisjointRequest request = from_a(3, Disjointness::kLink);
  EXPECT_EQ(disjoint_pair(snapshot, request).error().code, ErrorCode::kNotFound);
  request.strict = false;
  const auto pair = disjoint_pair(snapshot, request);
  ASSERT_TRUE(pair) << pair.error().message;
  EXPECT_EQ(pair->shared_links, 1U);  // b-z
  EXPECT_EQ(pair->cost(), 6U);        // over both links a-b
  EXPECT_TRUE(pair->proven);
}

TEST(Disjoint, TheBoundHoldsForBothPaths) {
  const TopologySnapshot snapshot = graph(
      "a-b metric=1 delay=5, b-z metric=1 delay=5, a-c metric=2 delay=50, c-z metric=2 delay=50, "
      "a-d metric=9 delay=10, d-z metric=9 delay=10");
  DisjointRequest request = from_a(4, Disjointness::kNode);
  EXPECT_EQ(disjoint_pair(snapshot, request)->cost(), 6U);
  request.path.max_delay = Microseconds(60);
  EXPECT_EQ(disjoint_pair(snapshot, request)->cost(), 20U);
  request.path.max_delay = Microseconds(15);
  EXPECT_EQ(disjoint_pair(snapshot, request).error().code, ErrorCode::kNotFound);
}

TEST(Disjoint, RefusesWhatMakesNoSense) {
  const TopologySnapshot snapshot = graph(kTrap);
  EXPECT_EQ(disjoint_pair(snapshot, from_a(0, Disjointness::kLink)).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(disjoint_pair(snapshot, from_a(77, Disjointness::kLink)).error().code, ErrorCode::kInvalidArgument);
  const TopologySnapshot apart = graph("a-b metric=1, c-d metric=1");
  EXPECT_THAT(disjoint_pair(apart, from_a(3, Disjointness::kLink)).error().message, HasSubstr("no path from a to d"));
}

}  // namespace
}  // namespace pathwise::te
