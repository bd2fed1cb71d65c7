// SPDX-License-Identifier: Apache-2.0
#include "gnmi/tree.h"

#include <gtest/gtest.h>

#include <thread>

namespace pathwise::gnmi {
namespace {

Path path(std::string_view text) {
  return Path::parse(text).value();
}

class GnmiTree : public ::testing::Test {
 protected:
  ManualClock clock;
  Tree tree{clock};
  std::vector<Change> take(Subscription& subscription) { return subscription.wait(SteadyTime::min()); }
};

TEST_F(GnmiTree, ReplaceReportsOnlyDifferences) {
  tree.replace(path("/paths"), {{path("a"), std::uint64_t{1}}, {path("b"), std::uint64_t{2}}});
  const auto subscription = tree.subscribe({path("/paths")});
  tree.replace(path("/paths"), {{path("a"), std::uint64_t{1}}, {path("c"), std::uint64_t{3}}});
  const auto changes = take(*subscription);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].leaf.path, path("/paths/b"));
  EXPECT_TRUE(changes[0].deleted);
  EXPECT_EQ(changes[1].leaf.path, path("/paths/c"));
  EXPECT_FALSE(changes[1].deleted);
  EXPECT_EQ(tree.size(), 2u);
}

TEST_F(GnmiTree, ReplaceLeavesNeighboursWithTheSameBeginning) {
  tree.set(path("/paths-old/x"), std::string("stays"));
  tree.set(path("/paths/x"), std::string("goes"));
  tree.replace(path("/paths"), {});
  const auto leaves = tree.read({path("/")});
  ASSERT_EQ(leaves.size(), 1u);
  EXPECT_EQ(leaves[0].path, path("/paths-old/x"));
}

TEST_F(GnmiTree, ChangesOfALeafCoalesce) {
  const auto subscription = tree.subscribe({path("/load")});
  for (std::uint64_t n = 1; n <= 1000; ++n) tree.set(path("/load/running"), n);
  const auto changes = take(*subscription);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(std::get<std::uint64_t>(changes[0].leaf.value), 1000u);
  EXPECT_EQ(changes[0].coalesced, 999u);
  EXPECT_TRUE(take(*subscription).empty());
}

TEST_F(GnmiTree, SubscribersSeeOnlyTheirPaths) {
  const auto subscription = tree.subscribe({path("/paths/path[tier=realtime]")});
  tree.set(path("/paths/path[site=a][tier=batch]/rtt"), std::uint64_t{1});
  EXPECT_TRUE(take(*subscription).empty());
  tree.set(path("/paths/path[site=a][tier=realtime]/rtt"), std::uint64_t{1});
  EXPECT_EQ(take(*subscription).size(), 1u);
}

TEST_F(GnmiTree, PublisherAndSubscriberOnTwoThreads) {
  const RealClock real;
  Tree shared(real);
  const auto subscription = shared.subscribe({path("/n")});
  std::thread publisher([&] {
    for (std::uint64_t n = 1; n <= 2000; ++n) shared.set(path("/n"), n);
  });
  std::uint64_t seen = 0;
  const SteadyTime deadline = real.now() + std::chrono::seconds(20);
  while (seen < 2000 && real.now() < deadline) {
    for (const Change& change : subscription->wait(deadline)) {
      const auto value = std::get<std::uint64_t>(change.leaf.value);
      EXPECT_GT(value, seen);
      seen = value;
    }
  }
  EXPECT_EQ(seen, 2000u);
  publisher.join();
}

TEST_F(GnmiTree, StopEndsAWait) {
  const auto subscription = tree.subscribe({path("/")});
  std::thread stopper([&] { subscription->stop(); });
  EXPECT_TRUE(subscription->wait(SteadyTime::max()).empty());
  stopper.join();
}

TEST_F(GnmiTree, AGoneSubscriberIsForgotten) {
  auto subscription = tree.subscribe({path("/")});
  subscription.reset();
  tree.set(path("/x"), true);  // must not touch it
  EXPECT_EQ(tree.size(), 1u);
}

}  // namespace
}  // namespace pathwise::gnmi
