// SPDX-License-Identifier: Apache-2.0
// The PCE's computation on a real topology: two ways between two edges, short and narrow, long and wide.
#include "pcep/daemon/path_computation.h"

#include <gtest/gtest.h>

#include "base/format.h"
#include "te/topology/builder.h"

namespace pathwise::pcep {
namespace {

Ipv6Address ip(const std::string& text) {
  return Ipv6Address::parse(text).value();
}

struct Network {
  te::TopologyBuilder builder;
  std::uint64_t version = 0;

  explicit Network(std::uint32_t short_delay) {
    for (const auto& [name, id] : {std::pair{"edge1", 1}, {"fast", 2}, {"wide", 3}, {"edge2", 4}}) {
      te::Node node{.name = NodeName(name), .router_id6 = ip(formatted("fd00::{}", id))};
      node.locators.emplace_back(Algorithm{0}, Ipv6Prefix::parse(formatted("fcbb:bb00:{}::/48", id)).value());
      builder.add_node(node);
    }
    both("edge1", "fast", 1, {short_delay, 100'000'000});
    both("fast", "edge2", 2, {2'000, 100'000'000});
    both("edge1", "wide", 3, {10'000, 1'000'000'000});
    both("wide", "edge2", 4, {10'000, 1'000'000'000});
  }
  struct Kind {
    std::uint32_t delay;
    std::uint64_t bandwidth;
  };
  void both(const char* a, const char* b, int number, Kind kind) {
    one(a, b, {ip(formatted("fd01:{}::1", number)), ip(formatted("fd01:{}::2", number))}, kind);
    one(b, a, {ip(formatted("fd01:{}::2", number)), ip(formatted("fd01:{}::1", number))}, kind);
  }
  void one(const char* from, const char* to, std::pair<Ipv6Address, Ipv6Address> addresses, Kind kind) {
    te::Link link{.local_address = addresses.first, .remote_address = addresses.second, .igp_metric = 10};
    link.delay_us = link.min_delay_us = link.max_delay_us = kind.delay;
    link.max_bandwidth = link.max_reservable_bandwidth = BitsPerSecond{kind.bandwidth};
    builder.add_link({NodeName(from), NodeName(to), link});
  }
  te::TopologySnapshotPtr build() { return std::make_shared<te::TopologySnapshot>(builder.build(1, ++version)); }
};

PathComputation computation(std::uint32_t short_delay) {
  auto sids = te::SidMap::create({{Algorithm{0}, Ipv6Prefix::parse("fcbb:bb00::/32").value()}}, 0xfe00).value();
  PathComputation compute({std::move(sids), {te::FlexAlgoDefinition{}}});
  compute.set_topology(Network(short_delay).build());
  return compute;
}

LspRequest request() {
  return {.key = {"pune", 1},
          .name = "a",
          .source = ip("fd00::1"),
          .destination = ip("fd00::4"),
          .optimise = MetricType::kPathDelay};
}

std::vector<std::string> names(const ComputedLsp& path) {
  std::vector<std::string> names;
  for (const NodeName& node : path.nodes) names.push_back(node.str());
  return names;
}

TEST(PathComputationTest, TakesTheWayOfLessDelayAndEndsAtTheEdge) {
  const Result<ComputedLsp> fast = computation(2'000)(request(), {});
  ASSERT_TRUE(fast.has_value()) << fast.error().message;
  EXPECT_EQ(names(*fast), (std::vector<std::string>{"edge1", "fast", "edge2"}));
  EXPECT_EQ(fast->delay, Microseconds{4'000});
  // Two equal IGP paths: the waypoint decides.
  ASSERT_EQ(fast->segments.size(), 2U);
  EXPECT_EQ(fast->segments[0].sid, ip("fcbb:bb00:2::"));
  EXPECT_EQ(fast->segments[1].sid, ip("fcbb:bb00:4::"));
  EXPECT_EQ(fast->segments[0].behavior, kBehaviorEndNextCsid);
  ASSERT_EQ(fast->links.size(), 2U);
  EXPECT_EQ(fast->links[0], (LinkKey{NodeName("edge1"), NodeName("fast"), ip("fd01:1::1")}));
  const Result<ComputedLsp> slow = computation(30'000)(request(), {});
  ASSERT_TRUE(slow.has_value());
  EXPECT_EQ(names(*slow), (std::vector<std::string>{"edge1", "wide", "edge2"}));
}

// A shortest path would leave what was reserved, or break its bound, when a metric changes.
TEST(PathComputationTest, APathWithABoundOrAReservationIsPinnedToItsLinks) {
  LspRequest bounded = request();
  bounded.max_delay = Microseconds{5'000};
  const Result<ComputedLsp> path = computation(2'000)(bounded, {});
  ASSERT_TRUE(path.has_value()) << path.error().message;
  ASSERT_EQ(path->segments.size(), 3U);
  EXPECT_EQ(path->segments[0].sid, ip("fcbb:bb00:1:f002::"));
  EXPECT_EQ(path->segments[0].behavior, kBehaviorEndXNextCsid);
  EXPECT_EQ(std::get<AdjacencyNai>(path->segments[0].nai).local, ip("fd01:1::1"));
  EXPECT_EQ(path->segments[0].structure->function, 16);
  EXPECT_EQ(path->segments[1].sid, ip("fcbb:bb00:2:f004::"));
  EXPECT_EQ(path->segments[2].sid, ip("fcbb:bb00:4::"));
  EXPECT_EQ(path->segments[2].behavior, kBehaviorEndNextCsid);
}

// Four links are four uAs of two ids each, the last node and its uDT6: two carriers.
TEST(PathComputationTest, AHeadendThatCannotPushThePinsGetsTheFewestSids) {
  for (const std::optional<std::uint8_t> depth : {std::optional<std::uint8_t>(), {2}, {1}}) {
    Network chain(2'000);
    for (const auto& [name, id] : {std::pair{"edge1", 1}, {"x1", 5}, {"x2", 6}, {"x3", 7}, {"far", 8}}) {
      te::Node node{.name = NodeName(name), .router_id6 = ip(formatted("fd00::{}", id))};
      node.locators.emplace_back(Algorithm{0}, Ipv6Prefix::parse(formatted("fcbb:bb00:{}::/48", id)).value());
      if (id == 1) node.depths.max_h_encaps = depth;
      chain.builder.add_node(node);
    }
    chain.both("edge1", "x1", 5, {1'000, 100'000'000});
    chain.both("x1", "x2", 6, {1'000, 100'000'000});
    chain.both("x2", "x3", 7, {1'000, 100'000'000});
    chain.both("x3", "far", 8, {1'000, 100'000'000});
    PathComputation compute = computation(2'000);
    compute.set_topology(chain.build());
    LspRequest bounded = request();
    bounded.destination = ip("fd00::8");
    bounded.max_delay = Microseconds{5'000};
    const Result<ComputedLsp> path = compute(bounded, {});
    ASSERT_TRUE(path.has_value()) << path.error().message;
    EXPECT_EQ(path->segments.size(), depth == 1 ? 1U : 5U);
  }
}

TEST(PathComputationTest, ReservedBandwidthIsNotThereForOthers) {
  LspRequest wide = request();
  wide.bandwidth = BitsPerSecond{80'000'000};
  const PathComputation compute = computation(2'000);
  Reservations held;
  const ComputedLsp first = compute(wide, held).value();
  EXPECT_EQ(names(first)[1], "fast");
  held.claim(wide.key, {first.links, *wide.bandwidth, 7});
  EXPECT_EQ(names(compute(wide, held).value())[1], "fast");  // its own reservation does not stand in its way
  LspRequest other = wide;
  other.key.plsp_id = 2;
  EXPECT_EQ(names(compute(other, held).value())[1], "wide");
  other.bandwidth = BitsPerSecond{2'000'000'000};
  EXPECT_EQ(compute(other, held).error().code, ErrorCode::kNotFound);
}

TEST(PathComputationTest, KeepsEveryBoundOfTheRequest) {
  LspRequest bounded = request();
  bounded.max_igp = 20;
  bounded.max_hops = 2;
  const Result<ComputedLsp> path = computation(2'000)(bounded, {});
  ASSERT_TRUE(path.has_value()) << path.error().message;
  EXPECT_EQ(path->segments.size(), 3U);  // pinned
  EXPECT_EQ(path->capacities, std::vector(2, BitsPerSecond{100'000'000}));
  bounded.max_hops = 1;
  EXPECT_EQ(computation(2'000)(bounded, {}).error().message,
            "no path from edge1 to edge2: the least number of hops is 2, the bound 1");
  bounded.max_hops.reset();
  bounded.max_igp = 19;
  EXPECT_EQ(computation(2'000)(bounded, {}).error().code, ErrorCode::kNotFound);
}

TEST(PathComputationTest, SaysWhyThereIsNone) {
  LspRequest bounded = request();
  bounded.max_delay = Microseconds{3'000};
  EXPECT_EQ(computation(2'000)(bounded, {}).error().code, ErrorCode::kNotFound);
  LspRequest lost = request();
  lost.destination = ip("fd00::99");
  EXPECT_NE(computation(2'000)(lost, {}).error().message.find("fd00::99"), std::string::npos);
  auto sids = te::SidMap::create({{Algorithm{0}, Ipv6Prefix::parse("fcbb:bb00::/32").value()}}, 0xfe00).value();
  const PathComputation empty({std::move(sids), {}});
  EXPECT_EQ(empty(request(), {}).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace pathwise::pcep
