// SPDX-License-Identifier: Apache-2.0
#include "te/frr/ordered_install.h"

#include <gtest/gtest.h>

#include "te/topology/builder.h"

namespace pathwise::te {
namespace {

using namespace std::chrono_literals;

Ipv6Address address(int link, int side) {
  return *Ipv6Address::parse(formatted("fd00:{}::{}", link, side));
}

Ipv6Prefix locator(int node) {
  return *Ipv6Prefix::parse(formatted("fcbb:bb80:{}::/48", node));
}

// a(1) - b(2) - c(3) - d(4), and a - d: min-delay. `last` is the delay from c to d.
TopologySnapshotPtr square(std::uint32_t last, std::uint64_t version) {
  TopologyBuilder builder;
  const std::array<const char*, 4> names = {"a", "b", "c", "d"};
  for (int i = 0; i < 4; ++i) {
    builder.add_node({.name = NodeName(names[static_cast<std::size_t>(i)]),
                      .system_id = {},
                      .router_id6 = {},
                      .locators = {{Algorithm(128), locator(i + 1)}}});
  }
  const auto add = [&](const char* from, const char* to, int link, std::uint32_t there, std::uint32_t back) {
    Link one;
    one.min_delay_us = there;
    one.local_address = address(link, 1);
    one.remote_address = address(link, 2);
    Link other;
    other.min_delay_us = back;
    other.local_address = address(link, 2);
    other.remote_address = address(link, 1);
    builder.add_link({NodeName(from), NodeName(to), one});
    builder.add_link({NodeName(to), NodeName(from), other});
  };
  add("a", "b", 1, 1000, 1000);
  add("b", "c", 2, 100, 100);
  add("c", "d", 3, last, 100);
  add("d", "a", 4, 1000, 1000);
  return std::make_shared<const TopologySnapshot>(builder.build(1, version));
}

class OrderedInstallTest : public testing::Test {
 protected:
  FrrRoutes routes_of(const TopologySnapshotPtr& topology) const {
    return flex_algo_routes({.topology = *topology,
                             .self = topology->find(kSelf),
                             .definitions = definitions_,
                             .sids = sids_,
                             .held = {},
                             .interfaces = interfaces_});
  }
  // Computes on `topology` and admits at `now`.
  void at(SteadyTime now, const TopologySnapshotPtr& topology) {
    installed_ = install_.admit(now, topology, kSelf, definitions_, routes_of(topology), installed_);
  }
  [[nodiscard]] Ipv6Address gateway_to(int node) const {
    return installed_.at(locator(node)).next_hops.front().gateway;
  }

  const NodeName kSelf{"c"};  // its packets to d go back over b when its own link is slow
  const SidMap sids_ = *SidMap::create(
      {{Algorithm(0), *Ipv6Prefix::parse("fcbb:bb00::/32")}, {Algorithm(128), *Ipv6Prefix::parse("fcbb:bb80::/32")}},
      0xfe00);
  const std::vector<FlexAlgoDefinition> definitions_{{.algorithm = Algorithm(128), .metric = MetricType::kMinDelay}};
  const std::map<Ipv6Address, std::uint32_t> interfaces_{{address(2, 2), 2}, {address(3, 1), 3}};
  OrderedInstall install_{{.step = 100ms, .longest = 2000ms}};
  FrrRoutes installed_;
  const SteadyTime start_{1h};
};

TEST_F(OrderedInstallTest, WhoeverSendsOverTheSlowLinkWaitsForThoseBehindIt) {
  at(start_, square(100, 1));
  EXPECT_EQ(gateway_to(4), address(3, 2));
  const auto slow = square(90'000, 2);
  at(start_ + 1s, slow);
  EXPECT_EQ(gateway_to(4), address(3, 2)) << "b still sends to us: sending back to it would loop";
  ASSERT_EQ(install_.due(), start_ + 1s + 100ms);
  at(*install_.due(), slow);
  EXPECT_EQ(gateway_to(4), address(2, 1));
  EXPECT_EQ(install_.due(), std::nullopt);
}

TEST_F(OrderedInstallTest, WhatIsNewOrGoneDoesNotWait) {
  at(start_, square(100, 1));
  installed_.clear();  // zebra restarted
  at(start_ + 1s, square(90'000, 2));
  EXPECT_EQ(gateway_to(4), address(2, 1));
  EXPECT_EQ(install_.waiting(), 0U);
}

TEST_F(OrderedInstallTest, ALinkThatKeepsChangingDelaysNobodyForever) {
  at(start_, square(100, 1));
  std::uint64_t version = 2;
  SteadyTime now = start_ + 1s;
  for (; now < start_ + 3s; now += 50ms) {
    at(now, square(static_cast<std::uint32_t>(90'000 + version), version));
    ++version;
    EXPECT_EQ(gateway_to(4), address(3, 2));
  }
  at(now, square(90'000, version));
  EXPECT_EQ(gateway_to(4), address(2, 1));
}

TEST_F(OrderedInstallTest, ABackAndForthIsNoChange) {
  at(start_, square(100, 1));
  at(start_ + 1s, square(90'000, 2));
  at(start_ + 1s + 10ms, square(100, 3));
  EXPECT_EQ(gateway_to(4), address(3, 2));
  EXPECT_EQ(install_.waiting(), 0U);
}

TEST_F(OrderedInstallTest, AStepOfZeroOrdersNothing) {
  install_ = OrderedInstall({.step = 0ms, .longest = 2000ms});
  at(start_, square(100, 1));
  at(start_ + 1s, square(90'000, 2));
  EXPECT_EQ(gateway_to(4), address(2, 1));
}

}  // namespace
}  // namespace pathwise::te
