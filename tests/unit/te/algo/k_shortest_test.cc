// SPDX-License-Identifier: Apache-2.0
#include "te/algo/k_shortest.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "base/random.h"
#include "graph.h"
#include "path_oracle.h"

namespace pathwise::te {
namespace {

using testing::ElementsAre;

std::vector<std::string> routes(const TopologySnapshot& snapshot, const CspfRequest& request, std::size_t k) {
  std::vector<std::string> all;
  const auto paths = k_shortest_paths(snapshot, request, k);
  if (!paths) return {paths.error().message};
  for (const ComputedPath& path : *paths) all.push_back(route(snapshot, path));
  return all;
}

// All there are, in the order of their ranks, under any combination of constraints.
TEST(KShortest, AgreesWithExhaustiveEnumeration) {
  std::size_t compared = 0;
  std::size_t most = 0;
  std::vector<std::uint32_t> prices;
  for (std::uint64_t seed = 1; seed <= scaled(std::uint64_t{3000}); ++seed) {
    Random random(seed);
    const auto nodes = static_cast<std::uint32_t>(2 + random.below(6));
    const TopologySnapshot snapshot =
        random_graph({.seed = seed, .nodes = nodes, .links = nodes * 2, .max_metric = 5, .srlgs = 4});
    CspfRequest request = random_request(snapshot, random, prices);
    if (seed % 2 == 0) {  // many paths
      request = {.source = request.source,
                 .destination = request.destination,
                 .optimise = request.optimise,
                 .max_hops = request.max_hops,
                 .prices = prices};
    }
    const std::vector<OraclePath> expected = all_paths(snapshot, request);
    const std::size_t k = 1 + random.below(expected.size() + 3);
    const auto paths = k_shortest_paths(snapshot, request, k);
    ASSERT_EQ(paths.has_value(), !expected.empty()) << "seed " << seed;
    if (!paths) continue;
    ASSERT_EQ(paths->size(), std::min(k, expected.size())) << "seed " << seed;
    std::set<std::vector<LinkIndex>> distinct;
    for (std::size_t i = 0; i < paths->size(); ++i) {
      const std::vector<LinkIndex>& links = (*paths)[i].links;
      ASSERT_TRUE(distinct.insert(links).second) << "seed " << seed << ": twice " << route(snapshot, (*paths)[i]);
      ASSERT_TRUE(keeps_constraints(snapshot, request, links)) << "seed " << seed;
      ASSERT_EQ(describe(snapshot, request, links).rank, expected[i].rank) << "seed " << seed << " path " << i;
      ASSERT_EQ((*paths)[i].cost, expected[i].cost) << "seed " << seed << " path " << i;
      const auto known = [&](const OraclePath& each) { return each.links == links; };
      ASSERT_TRUE(std::ranges::any_of(expected, known)) << "seed " << seed << ": not loopless";
    }
    compared += paths->size();
    most = std::max(most, paths->size());
    ASSERT_EQ(k_shortest_paths(snapshot, request, k), paths) << "not deterministic, seed " << seed;
  }
  EXPECT_GT(compared, static_cast<std::size_t>(scaled(5'000)));
  EXPECT_GT(most, static_cast<std::size_t>(scaled(30)));
}

// Networks too large to enumerate: what the bounds leave must be the first path of the unbounded order that
// keeps them.
TEST(KShortest, TheBoundedOptimumIsTheFirstOfAllThatKeepsTheBounds) {
  int later = 0;
  for (std::uint64_t seed = 1; seed <= 2 * scaled(std::uint64_t{120}); ++seed) {
    Random random(seed);
    const TopologySnapshot snapshot = random_graph({.seed = seed, .nodes = 60, .links = 130, .max_metric = 40});
    CspfRequest loose{.source = 0, .destination = 59, .optimise = CspfObjective::kIgp};
    loose.max_delay = Microseconds(1'000'000);  // the same links as with bounds that matter
    loose.max_te = 1'000'000;
    const auto paths = k_shortest_paths(snapshot, loose, 150);
    if (!paths) continue;
    const auto rank_of = [&](const ComputedPath& path) { return describe(snapshot, loose, path.links).rank; };
    // The bounds of the path of least delay among some of them.
    std::vector<std::uint64_t> wanted = rank_of(paths->front());
    for (std::uint64_t i = 0; i < 20; ++i) {
      const auto other = rank_of((*paths)[random.below(paths->size())]);
      if (other[1] < wanted[1]) wanted = other;
    }
    CspfRequest tight = loose;
    tight.max_delay = Microseconds(wanted[1]);
    tight.max_te = wanted[2];
    const auto first = std::ranges::find_if(
        *paths, [&](const ComputedPath& path) { return keeps_constraints(snapshot, tight, path.links); });
    const auto found = compute_cspf(snapshot, tight);
    ASSERT_TRUE(found) << "seed " << seed << " " << found.error().message;
    ASSERT_EQ(rank_of(*found), rank_of(*first)) << "seed " << seed;
    later += first - paths->begin() > 5 ? 1 : 0;
  }
  EXPECT_GT(later, scaled(10));
}

// Of equal costs the path of fewer hops first.
TEST(KShortest, TakesThemInOrder) {
  const TopologySnapshot snapshot = graph(
      "a-b metric=3, b-d metric=4, b-c metric=1, a-c metric=2, c-d metric=2, c-e metric=3, d-e metric=2, "
      "d-z metric=1, e-z metric=2");
  const CspfRequest request{.source = 0, .destination = 5, .optimise = CspfObjective::kIgp};
  EXPECT_THAT(routes(snapshot, request, 4), ElementsAre("a-c-d-z", "a-c-e-z", "a-b-c-d-z", "a-b-d-z"));
}

TEST(KShortest, ParallelLinksMakePathsOfTheirOwn) {
  const TopologySnapshot snapshot = graph("a-b metric=1, a-b metric=1, b-c metric=1");
  const CspfRequest request{.source = 0, .destination = 2, .optimise = CspfObjective::kIgp};
  EXPECT_THAT(routes(snapshot, request, 9), ElementsAre("a-b-c", "a-b-c"));
}

TEST(KShortest, EndsAndErrors) {
  const TopologySnapshot snapshot = graph("a-b metric=1, c-d metric=1");
  const CspfRequest here{.source = 0, .destination = 0, .optimise = CspfObjective::kIgp};
  EXPECT_THAT(routes(snapshot, here, 3), ElementsAre("a"));
  const CspfRequest apart{.source = 0, .destination = 3, .optimise = CspfObjective::kIgp};
  EXPECT_THAT(routes(snapshot, apart, 3), ElementsAre("no path from a to d"));
  EXPECT_EQ(k_shortest_paths(snapshot, here, 0).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(k_shortest_paths(snapshot, here, kMaxShortestPaths + 1).error().code, ErrorCode::kInvalidArgument);
  KShortestPaths paths(snapshot, here);
  EXPECT_TRUE(paths.next().value().has_value());
  EXPECT_FALSE(paths.next().value().has_value());
  EXPECT_FALSE(paths.next().value().has_value());  // and stays so
}

}  // namespace
}  // namespace pathwise::te
