// SPDX-License-Identifier: Apache-2.0
// Desired state against an in-memory kernel.
#include "te/fib/fib.h"

#include <gmock/gmock.h>

namespace pathwise::te {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Ipv6Prefix prefix(std::string_view text) {
  return *Ipv6Prefix::parse(text);
}
Ipv6Address address(std::string_view text) {
  return *Ipv6Address::parse(text);
}

const Ipv6Prefix kAggregate = prefix("fd00:1::/32");
const Ipv6Prefix kTier = prefix("fd00:1:4a::/64");
const Ipv6Prefix kProbe = prefix("fd00:1:4a::101/128");

FibRoute route_over(std::string_view segment) {
  return {.path = over({address(segment)}), .source = address("fd00:1:1a::1")};
}

class FibTest : public testing::Test {
 protected:
  static DesiredFib two_routes() {
    return {.unreachable = kAggregate,
            .addresses = {address("fd00:1:1a::1"), address("fd00:1:1a::101")},
            .routes = {{kTier, route_over("fcbb:bb80:4:fe00::")}, {kProbe, route_over("fcbb:bb00:4:fe00::")}}};
  }
  std::vector<std::string> sync() {
    kernel_.log.clear();
    EXPECT_TRUE(fib_.sync());
    std::vector<std::string> steps;
    for (const auto& operation : kernel_.log) steps.push_back(to_string(operation));
    return steps;
  }
  MemoryFibKernel kernel_;
  Fib fib_{kernel_};
};

TEST_F(FibTest, InstallsFailClosedFirstAndRoutesAfterWhatTheyNeed) {
  fib_.want(two_routes());
  EXPECT_THAT(sync(), ElementsAre("route unreachable fd00:1::/32 metric 4294967294 nhid 0", "add address fd00:1:1a::1",
                                  "add address fd00:1:1a::101", "nexthop 4000000 dev 1 segs fcbb:bb80:4:fe00::",
                                  "nexthop 4000001 dev 1 segs fcbb:bb00:4:fe00::",
                                  "route fd00:1:4a::/64 metric 512 nhid 4000000",
                                  "route fd00:1:4a::101/128 metric 512 nhid 4000001"));
  EXPECT_THAT(sync(), IsEmpty());
  EXPECT_EQ(fib_.counters().repairs, 0u);
}

TEST_F(FibTest, APathChangeIsOneNexthopReplacedInPlace) {
  auto desired = two_routes();
  fib_.want(desired);
  sync();
  desired.routes[kTier] = route_over("fcbb:bb00:4:fe00::");
  fib_.want(desired);
  EXPECT_THAT(sync(), ElementsAre("nexthop 4000000 dev 1 segs fcbb:bb00:4:fe00::"));
}

TEST_F(FibTest, AdoptsWhatIsRightAndRemovesWhatIsStaleAfterARestart) {
  fib_.want(two_routes());
  sync();
  const KernelFib installed = kernel_.state;
  kernel_.state.routes[{.prefix = prefix("fd00:1:9::/64")}] = {.nexthop_id = 4'000'009};
  kernel_.state.nexthops[4'000'009] = {.egress = {.ifindex = 1}, .segments = {address("fcbb:bb80:9:fe00::")}};
  kernel_.state.addresses.push_back(address("fd00:1:1f::1"));
  Fib restarted(kernel_);
  restarted.want(two_routes());
  kernel_.log.clear();
  ASSERT_TRUE(restarted.sync());
  EXPECT_EQ(kernel_.log.size(), 3u);
  EXPECT_EQ(kernel_.state, installed);
}

TEST_F(FibTest, RepairsWhatSomebodyDeletedAndCountsIt) {
  fib_.want(two_routes());
  sync();
  const KernelFib installed = kernel_.state;
  ASSERT_TRUE(kernel_.apply(RemoveNexthop{4'000'000}));  // takes its route along
  kernel_.state.routes.erase({.prefix = kAggregate, .metric = kUnreachableMetric, .unreachable = true});
  std::erase(kernel_.state.addresses, address("fd00:1:1a::101"));
  sync();
  EXPECT_EQ(kernel_.state, installed);
  EXPECT_EQ(fib_.counters().repairs, 4u);
}

TEST_F(FibTest, WithdrawalLeavesTheUnreachableAggregateAndTheAddresses) {
  fib_.want(two_routes());
  sync();
  ASSERT_TRUE(fib_.withdraw());
  EXPECT_EQ(kernel_.state.routes.size(), 1u);
  EXPECT_TRUE(kernel_.state.routes.begin()->first.unreachable);
  EXPECT_THAT(kernel_.state.nexthops, IsEmpty());
  EXPECT_EQ(kernel_.state.addresses.size(), 2u);
}

TEST_F(FibTest, WithoutAnIntentTheUnreachableRouteOfTheLastOneStays) {
  fib_.want(two_routes());
  sync();
  fib_.want({});
  sync();
  ASSERT_EQ(kernel_.state.routes.size(), 1u);
  EXPECT_EQ(kernel_.state.routes.begin()->first.prefix, kAggregate);
}

TEST_F(FibTest, AnotherAggregateReplacesTheOld) {
  fib_.want({.unreachable = kAggregate});
  sync();
  fib_.want({.unreachable = prefix("fd01::/32")});
  sync();
  ASSERT_EQ(kernel_.state.routes.size(), 1u);
  EXPECT_EQ(kernel_.state.routes.begin()->first.prefix, prefix("fd01::/32"));
}

TEST_F(FibTest, ARouteWithoutAWayOutIsNotInstalledAndComesWhenThereIsOne) {
  kernel_.egress.reset();
  fib_.want(two_routes());
  sync();
  EXPECT_EQ(fib_.not_installed().size(), 2u);
  EXPECT_EQ(fib_.not_installed().at(kTier), "no route to fcbb:bb80:4:fe00::");
  EXPECT_EQ(kernel_.state.routes.size(), 1u);  // unreachable
  kernel_.egress = Egress{.ifindex = 3, .gateway = address("fe80::1")};
  sync();
  EXPECT_THAT(fib_.not_installed(), IsEmpty());
  EXPECT_EQ(kernel_.state.nexthops.at(4'000'000).egress, *kernel_.egress);
}

TEST_F(FibTest, APlainRouteGoesToItsGatewayOnTheLink) {
  fib_.want({.routes = {{kTier, {.path = {.gateway = address("2001:db8::1")}}}}});
  sync();
  EXPECT_EQ(kernel_.state.nexthops.at(4'000'000).egress, (Egress{.ifindex = 1, .gateway = address("2001:db8::1")}));
}

TEST_F(FibTest, ARouteWhoseWayOutIsLostIsRemoved) {
  fib_.want(two_routes());
  sync();
  kernel_.egress.reset();
  sync();
  EXPECT_EQ(kernel_.state.routes.size(), 1u);
  EXPECT_THAT(kernel_.state.nexthops, IsEmpty());
}

TEST_F(FibTest, ARefusedRouteIsReportedAndTheOthersAreInstalled) {
  kernel_.refuse = kTier;
  fib_.want(two_routes());
  sync();
  EXPECT_EQ(fib_.not_installed().at(kTier), "refused by the test");
  EXPECT_TRUE(kernel_.state.routes.contains({.prefix = kProbe}));
  EXPECT_EQ(fib_.counters().failures, 1u);
}

TEST_F(FibTest, AddressesOfOthersAreUsedButNeitherAddedNorRemoved) {
  kernel_.state.foreign_addresses = {address("fd00:1:1a::1"), address("2001:db8::1")};
  fib_.want({.addresses = {address("fd00:1:1a::1")}});
  EXPECT_THAT(sync(), IsEmpty());
}

// Two lists: 2/3 and 1/3 of the flows.
DesiredFib spread(std::string_view one, std::string_view two, std::uint8_t weight = 2) {
  return {.routes = {{kTier, {.path = {.lists = {{{address(one)}, weight}, {{address(two)}, 1}}, .gateway = {}}}}}};
}

TEST_F(FibTest, SeveralSegmentListsAreAGroup) {
  fib_.want(spread("fcbb:bb80:4:fe00::", "fcbb:bb81:4:fe00::"));
  EXPECT_THAT(
      sync(),
      ElementsAre("nexthop 4000000 dev 1 segs fcbb:bb80:4:fe00::", "nexthop 4000001 dev 1 segs fcbb:bb81:4:fe00::",
                  "nexthop 4000002 group 4000000*2 4000001*1", "route fd00:1:4a::/64 metric 512 nhid 4000002"));
  EXPECT_THAT(sync(), IsEmpty());
}

TEST_F(FibTest, AnotherListOrWeightReplacesInPlace) {
  fib_.want(spread("fcbb:bb80:4:fe00::", "fcbb:bb81:4:fe00::"));
  sync();
  fib_.want(spread("fcbb:bb80:4:fe00::", "fcbb:bb82:4:fe00::"));
  EXPECT_THAT(sync(), ElementsAre("nexthop 4000001 dev 1 segs fcbb:bb82:4:fe00::"));
  fib_.want(spread("fcbb:bb80:4:fe00::", "fcbb:bb82:4:fe00::", 5));
  EXPECT_THAT(sync(), ElementsAre("nexthop 4000002 group 4000000*5 4000001*1"));
}

// The kernel makes no group of a nexthop, nor the other way round: the route moves to another object at once.
TEST_F(FibTest, FromOneListToTwoAndBackTheRouteNeverGoes) {
  fib_.want({.routes = {{kTier, route_over("fcbb:bb80:4:fe00::")}}});
  sync();
  fib_.want(spread("fcbb:bb80:4:fe00::", "fcbb:bb81:4:fe00::"));
  EXPECT_THAT(sync(),
              ElementsAre("nexthop 4000001 dev 1 segs fcbb:bb80:4:fe00::",
                          "nexthop 4000002 dev 1 segs fcbb:bb81:4:fe00::", "nexthop 4000003 group 4000001*2 4000002*1",
                          "route fd00:1:4a::/64 metric 512 nhid 4000003", "remove nexthop 4000000"));
  fib_.want({.routes = {{kTier, route_over("fcbb:bb80:4:fe00::")}}});
  EXPECT_THAT(sync(), ElementsAre("nexthop 4000000 dev 1 segs fcbb:bb80:4:fe00::",
                                  "route fd00:1:4a::/64 metric 512 nhid 4000000", "remove nexthop 4000003",
                                  "remove nexthop 4000001", "remove nexthop 4000002"));
  EXPECT_EQ(fib_.counters().failures, 0U);
}

TEST_F(FibTest, AGroupIsAdoptedAndSaysItsPath) {
  const auto desired = spread("fcbb:bb80:4:fe00::", "fcbb:bb81:4:fe00::");
  fib_.want(desired);
  sync();
  EXPECT_EQ(paths_of(kernel_.state).at(kTier), desired.routes.at(kTier).path);
  Fib restarted(kernel_);
  kernel_.log.clear();
  restarted.want(desired);
  ASSERT_TRUE(restarted.sync());
  EXPECT_THAT(kernel_.log, IsEmpty());
}

TEST_F(FibTest, TheMtuOfTheNetworkUnderneathIsPartOfTheRoute) {
  auto desired = spread("fcbb:bb80:4:fe00::", "fcbb:bb81:4:fe00::");
  fib_.want(desired);
  sync();
  desired.routes.at(kTier).mtu = 1400;
  fib_.want(desired);
  EXPECT_THAT(sync(), ElementsAre("route fd00:1:4a::/64 metric 512 nhid 4000002 mtu 1400"));
}

TEST_F(FibTest, ANexthopOfAnotherFormIsNotAdopted) {
  kernel_.state.nexthops[4'000'000] = {.egress = {.ifindex = 1}, .usable = false};
  kernel_.state.routes[{.prefix = kTier}] = {.nexthop_id = 4'000'000};
  fib_.want({.routes = {{kTier, route_over("fcbb:bb80:4:fe00::")}}});
  EXPECT_THAT(sync(), ElementsAre("nexthop 4000001 dev 1 segs fcbb:bb80:4:fe00::",
                                  "route fd00:1:4a::/64 metric 512 nhid 4000001", "remove nexthop 4000000"));
}

}  // namespace
}  // namespace pathwise::te
