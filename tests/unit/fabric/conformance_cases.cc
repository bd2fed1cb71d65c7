// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "conformance.h"

namespace pathwise::fabric::conformance {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BusConformance);

TEST_P(BusConformance, EveryoneHearsEveryoneAndItself) {
  std::uint32_t running = 10;
  const std::vector<std::string> sites{"a", "b", "c", "d"};
  for (const std::string& site : sites) network_.start({site}).publish(load_of(running++));
  network_.run_for(seconds(1));
  for (const std::string& site : sites) {
    running = 10;
    EXPECT_EQ(network_.bus(site).snapshot()->size(), sites.size());
    for (const std::string& other : sites) {
      const auto known = belief(network_.bus(site), other);
      ASSERT_TRUE(known) << site << " of " << other;
      EXPECT_EQ(known->running, running++);
      EXPECT_DOUBLE_EQ(known->price, 0.5);
    }
  }
}

TEST_P(BusConformance, ASignificantChangeArrivesAtOnce) {
  Bus& a = network_.start({"a"});
  Bus& b = network_.start({"b"});
  a.publish(load_of(1));
  network_.run_for(seconds(1));
  a.publish(load_of(1, Admission::kClosed));
  EXPECT_TRUE(network_.run_until(milliseconds(100), [&] { return belief(b, "a")->admission == Admission::kClosed; }));
}

TEST_P(BusConformance, ASmallChangeArrivesWithTheInterval) {
  Bus& a = network_.start({"a"});
  Bus& b = network_.start({"b"});
  a.publish(load_of(1));
  network_.run_for(seconds(1));
  a.publish(load_of(2));
  EXPECT_TRUE(network_.run_until(milliseconds(300), [&] { return belief(b, "a")->running == 2; }));
}

TEST_P(BusConformance, ChangesWithoutEndCostABoundedNumberOfMessages) {
  Bus& a = network_.start({"a"});
  network_.start({"b"});
  network_.run_for(seconds(1));
  const auto before = network_.messages();
  for (std::uint32_t i = 0; i < 2000; ++i) {
    a.publish(load_of(i % 2 == 0 ? 0 : 100));  // significant each time
    if (i % 10 == 9) network_.run_for(milliseconds(5));
  }
  EXPECT_LE(network_.messages() - before, 1000U / 20 + 20) << "one in 20 ms for a second, and the rare parts";
}

TEST_P(BusConformance, LossIsMadeGood) {
  network_.set_weather({.loss = 0.4});
  Bus& a = network_.start({"a"});
  Bus& b = network_.start({"b"});
  a.publish(load_of(1));
  network_.run_for(seconds(30));
  a.publish(load_of(2));
  EXPECT_TRUE(network_.run_until(seconds(5), [&] {
    const auto known = belief(b, "a");
    return known && known->running == 2 && known->price == 0.5;
  }));
}

TEST_P(BusConformance, ReorderingAndRepetitionNeverGoBack) {
  network_.set_weather({.duplicate = 0.5, .least_delay = milliseconds(5), .most_delay = milliseconds(900)});
  Bus& a = network_.start({"a"});
  Bus& b = network_.start({"b"});
  std::vector<std::uint32_t> seen;
  b.set_on_change([&](const FabricSnapshotPtr& snapshot) {
    for (std::size_t i = 0; i < snapshot->size(); ++i) {
      if (snapshot->site[i] == SiteName("a")) seen.push_back(snapshot->models[i].at(0).running);
    }
  });
  for (std::uint32_t running = 0; running < 100; ++running) {
    a.publish(load_of(running));
    network_.run_for(milliseconds(100));
  }
  network_.run_for(seconds(2));
  EXPECT_TRUE(std::ranges::is_sorted(seen)) << ::testing::PrintToString(seen);
  ASSERT_GT(seen.size(), 10U);
  EXPECT_EQ(seen.back(), 99U);
}

TEST_P(BusConformance, ARestartIsANewLife) {
  network_.set_weather({.least_delay = milliseconds(5), .most_delay = milliseconds(400)});
  network_.start({.site = "a", .epoch = 100}).publish(load_of(50));
  Bus& b = network_.start({"b"});
  network_.run_for(seconds(10));
  network_.bus("a").publish(load_of(60, Admission::kBusy));  // still on its way when the new life speaks
  network_.run_for(milliseconds(10));
  network_.start({.site = "a", .epoch = 200}).publish(load_of(1));
  network_.run_for(seconds(2));
  ASSERT_TRUE(belief(b, "a"));
  EXPECT_EQ(belief(b, "a")->running, 1U);
  EXPECT_EQ(belief(b, "a")->admission, Admission::kOpen);
}

TEST_P(BusConformance, ARestartWithAClockThatWentBackIsBelievedAfterAWhile) {
  network_.start({.site = "a", .epoch = 200}).publish(load_of(50));
  Bus& b = network_.start({"b"});
  network_.run_for(seconds(2));
  network_.start({.site = "a", .epoch = 100}).publish(load_of(1));
  EXPECT_TRUE(network_.run_until(seconds(5), [&] { return belief(b, "a")->running == 1; }));
}

TEST_P(BusConformance, APartitionAgesThenForgetsThenHeals) {
  Bus& a = network_.start({"a"});
  Bus& b = network_.start({"b"});
  Bus& c = network_.start({"c"});
  for (Bus* bus : {&a, &b, &c}) bus->publish(load_of(5));
  network_.run_for(seconds(1));
  network_.cut("a", "b");
  network_.run_for(seconds(10));
  ASSERT_TRUE(belief(b, "a")) << "what was last known stays for a while";
  EXPECT_GE(network_.now() - belief(b, "a")->received, seconds(9)) << "and its age is told";
  EXPECT_LE(network_.now() - belief(b, "c")->received, seconds(1)) << "the others are as fresh as ever";
  EXPECT_LE(network_.now() - belief(b, "b")->received, seconds(1));
  network_.run_for(seconds(60));
  EXPECT_FALSE(belief(b, "a"));
  network_.heal();
  EXPECT_TRUE(network_.run_until(seconds(6), [&] { return belief(b, "a") && belief(b, "a")->price == 0.5; }));
}

TEST_P(BusConformance, AWrongClockChangesNothing) {
  Bus& ahead = network_.start({.site = "ahead", .clock_offset = hours(24)});
  Bus& behind = network_.start({.site = "behind", .clock_offset = -hours(24)});
  ahead.publish(load_of(1));
  behind.publish(load_of(2));
  network_.run_for(seconds(5));
  ASSERT_TRUE(belief(behind, "ahead") && belief(ahead, "behind"));
  EXPECT_LE(network_.now() - belief(behind, "ahead")->received, seconds(1));
  EXPECT_LE(network_.now() - belief(ahead, "behind")->received, seconds(1));
  EXPECT_EQ(belief(behind, "ahead")->running, 1U);
}

TEST_P(BusConformance, ARefusalCountsUntilTheNextDigest) {
  Bus& a = network_.start({"a"});
  Bus& b = network_.start({"b"});
  a.publish(load_of(5));
  network_.run_for(seconds(1));
  b.merge_refusal(SiteName("a"), RouterName("r1"), {.model = ModelName("m"), .capacity = 100, .running = 100});
  EXPECT_EQ(belief(b, "a")->running, 100U);
  EXPECT_DOUBLE_EQ(belief(b, "a")->price, 0.5);
  network_.run_for(seconds(1));
  EXPECT_EQ(belief(b, "a")->running, 5U);
}

TEST_P(BusConformance, ADisagreementIsSeen) {
  Bus& a = network_.start({"a"});
  Bus& b = network_.start({"b"});
  a.publish(load_of(1));
  b.publish(load_of(1));
  a.set_hashes({.policy = "new"});
  network_.run_for(seconds(6));
  const auto snapshot = b.snapshot();
  ASSERT_EQ(snapshot->size(), 2U);
  EXPECT_EQ(snapshot->policy_hash[0], "new");
  EXPECT_NE(snapshot->policy_hash[1], "new");
}

TEST_P(BusConformance, SnapshotsAreToldInOrder) {
  Bus& a = network_.start({"a"});
  Bus& b = network_.start({"b"});
  std::vector<std::uint64_t> versions;
  b.set_on_change([&](const FabricSnapshotPtr& snapshot) { versions.push_back(snapshot->version); });
  for (std::uint32_t i = 0; i < 50; ++i) {
    a.publish(load_of(i));
    network_.run_for(milliseconds(50));
  }
  EXPECT_GT(versions.size(), 5U);
  EXPECT_TRUE(std::ranges::is_sorted(versions, std::ranges::less_equal{})) << "each once";
  EXPECT_EQ(versions.back(), b.snapshot()->version);
}

}  // namespace pathwise::fabric::conformance
