// SPDX-License-Identifier: Apache-2.0
#include "te/algo/cspf.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>

#include "base/format.h"
#include "base/random.h"
#include "graph.h"
#include "path_oracle.h"
#include "te/algo/spf.h"

namespace pathwise::te {
namespace {

using testing::HasSubstr;

// One workspace for all: nothing of one computation may leak into the next.
TEST(Cspf, AgreesWithExhaustiveEnumeration) {
  std::array<int, 3> found{};  // by how many bounds there are besides the objective's: none or one, two, more
  int refused = 0;
  int through = 0;
  Cspf workspace;
  std::vector<std::uint32_t> prices;
  std::vector<std::uint32_t> penalties;
  for (std::uint64_t seed = 1; seed <= scaled(std::uint64_t{6000}); ++seed) {
    Random random(seed);
    const auto nodes = static_cast<std::uint32_t>(2 + random.below(6));
    const TopologySnapshot snapshot =
        random_graph({.seed = seed, .nodes = nodes, .links = nodes * 2, .max_metric = 9, .srlgs = 4});
    CspfRequest request = random_request(snapshot, random, prices);
    penalties.assign(snapshot.links.size(), 0);
    for (std::uint32_t& penalty : penalties) penalty = static_cast<std::uint32_t>(random.below(2));
    if (random.below(5) == 0) request.penalties = penalties;
    const std::vector<OraclePath> expected = all_paths(snapshot, request);
    const auto path = workspace.compute(snapshot, request);
    ASSERT_EQ(path.has_value(), !expected.empty()) << "seed " << seed << " " << route(snapshot, path);
    ASSERT_EQ(compute_cspf(snapshot, request), path) << "not deterministic, seed " << seed;
    if (!path) {
      ASSERT_EQ(path.error().code, ErrorCode::kNotFound) << "seed " << seed << " " << path.error().message;
      ++refused;
      continue;
    }
    ++found[std::min<std::size_t>(2, std::max<std::size_t>(expected.front().rank.size(), 3) - 3)];
    through += request.include.empty() ? 0 : 1;
    ASSERT_TRUE(keeps_constraints(snapshot, request, path->links)) << "seed " << seed << " " << route(snapshot, path);
    const OraclePath real = describe(snapshot, request, path->links);
    ASSERT_EQ(real.rank, expected.front().rank) << "seed " << seed << " " << route(snapshot, path);
    ASSERT_EQ(real.cost, path->cost) << "seed " << seed;
  }
  for (const int each : found) EXPECT_GT(each, scaled(300));  // the cases are neither trivial nor all infeasible
  EXPECT_GT(refused, scaled(1000));
  EXPECT_GT(through, scaled(200));
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
}

TEST(Cspf, RefusesWhatMakesNoSense) {
  const TopologySnapshot snapshot = graph("a-b metric=1, b-c metric=1");
  const CspfRequest good{.source = 0, .destination = 2, .optimise = CspfObjective::kIgp};
  const std::vector<std::uint32_t> short_list(1);
  const auto refused = [&](auto change) {
    CspfRequest request = good;
    change(request);
    const auto path = compute_cspf(snapshot, request);
    return !path && path.error().code == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(compute_cspf(snapshot, good));
  EXPECT_TRUE(refused([](CspfRequest& request) { request.destination = 9; }));
  EXPECT_TRUE(refused([](CspfRequest& request) { request.optimise = CspfObjective::kPrice; }));
  EXPECT_TRUE(refused([](CspfRequest& request) { request.max_price = 3; }));
  EXPECT_TRUE(refused([&](CspfRequest& request) { request.prices = short_list; }));
  EXPECT_TRUE(refused([&](CspfRequest& request) { request.penalties = short_list; }));
  EXPECT_TRUE(refused([](CspfRequest& request) { request.max_delay = Microseconds(-1); }));
  EXPECT_TRUE(refused([](CspfRequest& request) { request.exclude_nodes = {0}; }));
  EXPECT_TRUE(refused([](CspfRequest& request) { request.exclude_links = {99}; }));
  EXPECT_TRUE(refused([](CspfRequest& request) { request.include = {{.node = 99}}; }));
  EXPECT_TRUE(refused([](CspfRequest& request) { request.include = {{.node = 0, .link = 99}}; }));
  EXPECT_TRUE(refused([](CspfRequest& request) { request.include.assign(kMaxIncludeHops + 1, {.node = 1}); }));
}

TEST(Cspf, SaysWhichBoundsDoNotGoTogether) {
  const TopologySnapshot snapshot = graph(kTrade);
  CspfRequest request{.source = 0, .destination = 4, .optimise = CspfObjective::kHops};
  request.max_delay = Microseconds(40);
  request.max_igp = 10;
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-c-z");
  request.max_igp = 9;
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)),
            "no path from a to z within all bounds at once: delay 40us, IGP metric 9");
  request.max_igp = 1;
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)),
            "no path from a to z: the least IGP metric is 2, the bound 1");
  request.max_hops = 1;  // of the objective itself
  request.max_igp = 20;
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)),
            "no path from a to z: the least number of hops is 2, the bound 1");
}

TEST(Cspf, VisitsIncludedHopsInOrder) {
  const TopologySnapshot snapshot =
      graph("a-b metric=1, b-c metric=1, c-d metric=1, d-z metric=1, a-c metric=5, b-d metric=5");
  CspfRequest request{.source = 0, .destination = 4, .optimise = CspfObjective::kIgp};
  request.include = {{.node = 2}};
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-b-c-d-z");
  request.include = {{.node = 2, .strict = true}};
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-c-d-z");
  request.include = {{.node = 0}, {.node = 1, .strict = true}, {.node = 3, .strict = true}, {.node = 4}};
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-b-d-z");
  request.include = {{.node = 2}, {.node = 1}};  // the other way round: back from c to b, and on over b-d
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-c-b-d-z");
  request.include = {{.node = 3}, {.node = 1}, {.node = 2}};
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "no path from a to z through what is included");
  // The link, not only its ends.
  const auto dear = static_cast<LinkIndex>(
      std::ranges::find_if(snapshot.links, [](const Link& link) { return link.from == 0 && link.to == 2; }) -
      snapshot.links.begin());
  request.include = {{.link = dear}};
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-c-d-z");
  request.include = {{.node = 2}, {.link = dear}};  // first the node, then the link to it
  EXPECT_EQ(compute_cspf(snapshot, request).error().code, ErrorCode::kNotFound);
  request.include = {{.link = snapshot.links[dear].reverse}};
  EXPECT_EQ(compute_cspf(snapshot, request).error().code, ErrorCode::kNotFound);
}

// The cheapest way to visit w comes back through b, a-b-w-b-z.
TEST(Cspf, AnIncludedHopIsNoReasonToLoop) {
  const TopologySnapshot snapshot =
      graph("a-b metric=1, b-w metric=1, b-z metric=1, a-w metric=9, w-c metric=9, c-z metric=9");
  CspfRequest request{.source = 0, .destination = 4, .optimise = CspfObjective::kIgp, .include = {{.node = 3}}};
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-w-b-z");
  request.include.push_back({.node = 2});
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-b-w-c-z");
  request.include = {{.node = 1}, {.node = 3}, {.node = 1}};
  EXPECT_EQ(compute_cspf(snapshot, request).error().code, ErrorCode::kNotFound);
}

TEST(Cspf, AvoidsWhatHasAPenaltyButNotAtAnyPrice) {
  const TopologySnapshot snapshot = graph("a-b metric=1, b-z metric=1, a-c metric=7, c-z metric=7");
  std::vector<std::uint32_t> penalties(snapshot.links.size());
  CspfRequest request{.source = 0, .destination = 3, .optimise = CspfObjective::kIgp, .penalties = penalties};
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-b-z");
  penalties[0] = 1;
  const auto path = compute_cspf(snapshot, request);
  EXPECT_EQ(route(snapshot, path), "a-c-z");
  EXPECT_EQ(path->cost, 14U);
  request.exclude_nodes = {2};
  EXPECT_EQ(route(snapshot, compute_cspf(snapshot, request)), "a-b-z");
}

// Each diamond can be had for 2^i of cost or 2^i of delay: no path dominates another, there are 2^28.
TEST(Cspf, AHostileTopologyIsRefusedInBoundedMemoryAndTime) {
  std::string text;
  for (int i = 0; i < 28; ++i) {
    append_formatted(text, "{0}n{1:02}-n{2:02} metric={3} te={3} delay=1, n{1:02}-n{2:02} metric=1 te=1 delay={3}",
                     i == 0 ? "" : ", ", i, i + 1, 1 << std::min(i, 23));
  }
  const TopologySnapshot snapshot = graph(text);
  CspfRequest request{.source = 0, .destination = 28, .optimise = CspfObjective::kTe};
  request.max_delay = Microseconds(1 << 25);
  EXPECT_EQ(compute_cspf(snapshot, request).error().code, ErrorCode::kResourceExhausted);
  request.max_igp = 1 << 27;  // fronts in two dimensions: every label is compared with all others of its node
  EXPECT_EQ(compute_cspf(snapshot, request).error().code, ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace pathwise::te
