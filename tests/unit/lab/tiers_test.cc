// SPDX-License-Identifier: Apache-2.0
// The committed topology is valid, and its pieces agree: the topology's links, each router's
// frr.conf, the wan's plan.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "lab/clab/topology.h"
#include "lab/wan/plan.h"

namespace pathwise::lab {
namespace {

using testing::HasSubstr;

const std::string kFolder = PATHWISE_SOURCE_DIR "/containerlab/tiers/";

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class Tiers : public testing::Test {
 protected:
  void SetUp() override {
    auto loaded = load(kFolder + "tiers.clab.yml", [](const std::string&) { return std::nullopt; });
    ASSERT_TRUE(loaded) << loaded.error().message;
    topology = std::move(*loaded);
  }
  Topology topology;
};

TEST_F(Tiers, NoNodeIsPrivilegedAndAllAreChecked) {
  for (const Node& node : topology.nodes) {
    EXPECT_FALSE(node.privileged) << node.name;
    EXPECT_TRUE(node.healthcheck) << node.name;
    EXPECT_EQ(node.network_mode, node.name == "h-pune" ? "" : "none") << node.name;
  }
}

TEST_F(Tiers, EveryInterfaceOfARouterIsConfigured) {
  for (const Link& link : topology.links) {
    for (const LinkEnd& end : link.ends) {
      if (topology.find(end.node)->group != "router") continue;
      EXPECT_THAT(text_of(kFolder + "cfg/" + end.node + "/frr.conf"), HasSubstr("interface " + end.interface + "\n"))
          << end.node;
    }
  }
}

TEST_F(Tiers, EveryRouterHasItsLocatorInTheListOfLocators) {
  const std::string locators = text_of(kFolder + "cfg/shared/locators");
  std::set<std::string> seen;
  for (const Node& node : topology.nodes) {
    if (node.group != "router") continue;
    const std::string config = text_of(kFolder + "cfg/" + node.name + "/frr.conf");
    const std::size_t at = config.find("    prefix ");
    ASSERT_NE(at, std::string::npos) << node.name;
    const std::string locator = config.substr(at + 11, config.find(' ', at + 11) - at - 11);
    EXPECT_THAT(locators, HasSubstr(locator + " " + node.name + "\n"));
    EXPECT_TRUE(seen.insert(locator).second) << locator;
  }
  EXPECT_EQ(seen.size(), 8U);
}

TEST_F(Tiers, TheWanJoinsTheTwoEndsOfEachRouterLinkWithTheSameDelay) {
  const auto directions = wan::plan(topology, "wan");
  ASSERT_TRUE(directions) << directions.error().message;
  EXPECT_EQ(directions->size(), 24U);
  for (const wan::Direction& direction : *directions) {
    const auto back = std::ranges::find(*directions, direction.out, &wan::Direction::in);
    ASSERT_NE(back, directions->end());
    EXPECT_EQ(direction.shape, back->shape) << direction.in;
    EXPECT_GT(direction.shape.delay.count(), 0) << direction.in;
    EXPECT_TRUE(direction.shape.rate) << direction.in;
  }
}

}  // namespace
}  // namespace pathwise::lab
