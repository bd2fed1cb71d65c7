// SPDX-License-Identifier: Apache-2.0
#include "te/policy/network_view.h"

#include <gmock/gmock.h>

#include "base/format.h"
#include "te/topology/builder.h"

namespace pathwise::te {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Ipv6Address address(std::string_view text) {
  return *Ipv6Address::parse(text);
}
Ipv6Prefix prefix(std::string_view text) {
  return *Ipv6Prefix::parse(text);
}

// A diamond a–b–d (short in IGP metric, 9 ms) and a–c–d (long, 2 ms); e hangs nowhere.
class NetworkViewTest : public testing::Test {
 protected:
  void node(const char* name, int id, bool flex_algo) {
    Node node{.name = NodeName(name)};
    node.locators.push_back({Algorithm(0), prefix(formatted("fcbb:bb00:{}::/48", id))});
    if (flex_algo) node.locators.push_back({Algorithm(128), prefix(formatted("fcbb:bb80:{}::/48", id))});
    builder_.add_node(std::move(node));
  }
  void link(const char* a, const char* b, std::uint32_t metric, std::uint32_t delay) {
    const int n = ++links_;
    const Ipv6Address at_a = address(formatted("2001:db8:{}::1", n));
    const Ipv6Address at_b = address(formatted("2001:db8:{}::2", n));
    builder_.add_link({NodeName(a), NodeName(b),
                       Link{.local_address = at_a,
                            .remote_address = at_b,
                            .igp_metric = metric,
                            .delay_us = delay,
                            .min_delay_us = delay}});
    builder_.add_link({NodeName(b), NodeName(a),
                       Link{.local_address = at_b,
                            .remote_address = at_a,
                            .igp_metric = metric,
                            .delay_us = delay,
                            .min_delay_us = delay}});
  }
  TopologyView view(bool flex_algo = true, std::vector<FlexAlgoDefinition> definitions = {
                                               {.algorithm = Algorithm(128), .metric = MetricType::kMinDelay}}) {
    int id = 0;
    for (const char* name : {"a", "b", "c", "d", "e"}) node(name, ++id, flex_algo);
    link("a", "b", 10, 4000);
    link("b", "d", 10, 5000);
    link("a", "c", 100, 1000);
    link("c", "d", 100, 1000);
    const auto map =
        SidMap::create({{Algorithm(0), prefix("fcbb:bb00::/32")}, {Algorithm(128), prefix("fcbb:bb80::/32")}}, 0xFE00);
    return {std::make_shared<const TopologySnapshot>(builder_.build(1, 1)), *map, std::move(definitions)};
  }
  TopologyBuilder builder_;
  int links_ = 0;
};

TEST_F(NetworkViewTest, EachAlgorithmHasItsOwnPathAndDelay) {
  auto network = view();
  const auto igp = network.shortest(kAlgorithmSpf, NodeName("a"), NodeName("d"));
  ASSERT_TRUE(igp) << igp.error().message;
  EXPECT_THAT(igp->nodes, ElementsAre(NodeName("a"), NodeName("b"), NodeName("d")));
  EXPECT_EQ(igp->delay, Microseconds(9000));
  const auto delay = network.shortest(Algorithm(128), NodeName("a"), NodeName("d"));
  ASSERT_TRUE(delay) << delay.error().message;
  EXPECT_THAT(delay->nodes, ElementsAre(NodeName("a"), NodeName("c"), NodeName("d")));
  EXPECT_EQ(delay->delay, Microseconds(2000));
}

TEST_F(NetworkViewTest, UnreachableAndUnknownAreDifferent) {
  auto network = view();
  EXPECT_EQ(network.shortest(Algorithm(128), NodeName("a"), NodeName("e")).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(network.shortest(Algorithm(0), NodeName("a"), NodeName("x")).error().message,
              HasSubstr("x is not in the topology"));
  EXPECT_EQ(network.shortest(Algorithm(130), NodeName("a"), NodeName("d")).error().code, ErrorCode::kUnavailable);
}

TEST_F(NetworkViewTest, AnAlgorithmThatNobodyAnnouncesCannotBeJudged) {
  auto network = view(false);
  EXPECT_EQ(network.shortest(Algorithm(128), NodeName("a"), NodeName("d")).error().code, ErrorCode::kUnavailable);
}

TEST_F(NetworkViewTest, TracesASegmentListAcrossBlocks) {
  auto network = view();
  const auto path = network.trace(NodeName("a"), {address("fcbb:bb00:2::"), address("fcbb:bb80:4:fe00::")});
  ASSERT_TRUE(path);
  EXPECT_THAT(path->nodes, ElementsAre(NodeName("a"), NodeName("b"), NodeName("d")));
  EXPECT_EQ(path->delay, Microseconds(9000));
}

}  // namespace
}  // namespace pathwise::te
