// SPDX-License-Identifier: Apache-2.0
#include "topology_text.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/format.h"
#include "tiers_network.h"

namespace pathwise::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

te::PathState path(const char* site, const char* tier, std::uint32_t color, std::vector<NodeName> nodes) {
  te::PathState state{.site = SiteName(site), .tier = TierName(tier), .color = Color(color)};
  if (!nodes.empty()) state.active = 0;
  state.candidates.push_back({.nodes = std::move(nodes)});
  return state;
}
std::vector<NodeName> nodes(std::initializer_list<const char*> names) {
  return {names.begin(), names.end()};
}

te::PathSnapshot paths() {
  return {.paths = {path("dubai", "batch", 30, nodes({"r-pune", "pb1", "pb2", "r-dub"})),
                    path("dubai", "realtime", 10, nodes({"r-pune", "pa1", "pa2", "r-dub"})),
                    path("singapore", "batch", 30, {}),
                    path("singapore", "realtime", 10, nodes({"r-pune", "pa1", "pa2", "r-sin"}))}};
}

TEST(TierPaths, AreByColorAndLeaveOutWhatIsNotUp) {
  const auto tiers = tier_paths(paths());
  ASSERT_EQ(tiers.size(), 2U);
  EXPECT_EQ(tiers[0].tier, TierName("realtime"));
  EXPECT_EQ(tiers[0].paths.size(), 2U);
  EXPECT_EQ(tiers[1].paths.size(), 1U);
  const auto topology = te::test::TiersNetwork().build();
  const auto hops = hops_of(*topology, tiers[0]);
  EXPECT_EQ(hops.size(), 4U);  // what both paths share is there once
  const std::pair shared{topology->find(NodeName("pa1")), topology->find(NodeName("pa2"))};
  EXPECT_THAT(hops.at(shared), ElementsAre(SiteName("dubai"), SiteName("singapore")));
}

TEST(TopologyText, ShowsNodesLinksAndPaths) {
  te::TopologyBuilder builder;
  builder.add_node({.name = NodeName("a"),
                    .system_id = "0000.0000.0001",
                    .router_id6 = *Ipv6Address::parse("fd00::1"),
                    .locators = {{Algorithm(0), *Ipv6Prefix::parse("fcbb:bb00:1::/48")},
                                 {Algorithm(128), *Ipv6Prefix::parse("fcbb:bb80:1::/48")}}});
  builder.add_node({.name = NodeName("b")});
  te::Link link{.local_address = *Ipv6Address::parse("2001:db8::1"),
                .remote_address = *Ipv6Address::parse("2001:db8::2"),
                .igp_metric = 10,
                .te_metric = 5,
                .delay_us = 2000,
                .min_delay_us = 1500,
                .max_delay_us = 2500,
                .max_bandwidth = BitsPerSecond(1'000'000'000)};
  link.admin_groups.set(0);
  link.admin_groups.set(200);
  builder.add_link({NodeName("a"), NodeName("b"), link});
  const auto topology = builder.build(1, 3);
  const auto tiers = tier_paths({.paths = {path("there", "realtime", 10, nodes({"a", "b"}))}});
  EXPECT_EQ(topology_to_text({.topology = topology, .state = "live", .tiers = tiers}),
            "topology live, version 3: 2 nodes, 1 links (one a direction), 1 unusable\n"
            "\n"
            "NODE  SYSTEM ID       ROUTER ID  LOCATORS (algorithm: prefix)\n"
            "a     0000.0000.0001  fd00::1    0: fcbb:bb00:1::/48  128: fcbb:bb80:1::/48\n"
            "b     -               -          -\n"
            "\n"
            "LINK   LOCAL ADDRESS  IGP  TE  DELAY              RATE   RESERVABLE  GROUPS  SRLG  STATE\n"
            "a > b  2001:db8::1    10   5   2ms (1.5ms–2.5ms)  1Gbps  -           0,200   -     unusable: one-way: "
            "the other direction is not advertised\n"
            "\n"
            "TIER      SITE   ACTIVE PATH\n"
            "realtime  there  a > b\n");
}

TEST(TopologyText, ControlCharactersOfANameDoNotReachTheTerminal) {
  te::TopologyBuilder builder;
  builder.add_node({.name = NodeName("a\x1b[2J")});
  const auto text = topology_to_text({.topology = builder.build(1, 1), .state = "live"});
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(TopologyText, ALabelIsShortAndNamesBothDirectionsOnlyIfTheyDiffer) {
  te::test::TiersNetwork network;
  network.builder.add_node({.name = NodeName("x")});
  const auto label = [&](std::optional<std::uint32_t> there, std::optional<std::uint32_t> back) {
    network.builder.add_link({NodeName("pa1"), NodeName("x"), {.min_delay_us = there}});
    network.builder.add_link({NodeName("x"), NodeName("pa1"), {.min_delay_us = back}});
    const auto topology = network.build();
    const te::Link* link = nullptr;
    for (const te::Link& each : topology->out_links(topology->find(NodeName("pa1")))) {
      if (each.to == topology->find(NodeName("x"))) link = &each;
    }
    return delay_label(*topology, *link);
  };
  EXPECT_EQ(label(8455, 8030), "8.5ms");
  EXPECT_EQ(label(8455, 18133), "8.5ms/18ms");
  EXPECT_EQ(label(99'600, 99'600), "100ms");
  EXPECT_EQ(label(7, 7), "7us");
  EXPECT_EQ(label(std::nullopt, 1500), "1.5ms");
  EXPECT_EQ(label(std::nullopt, std::nullopt), "");
  EXPECT_EQ(label(0, 0), "0us");
}

TEST(TopologyDot, GraphvizAcceptsItWhateverTheNames) {
  te::test::TiersNetwork network;
  network.builder.add_node({.name = NodeName("odd \"name\" \\ \n <b>")});
  te::Link one_way{.igp_metric = 1};
  network.builder.add_link({NodeName("odd \"name\" \\ \n <b>"), NodeName("pa1"), one_way});
  const auto topology = network.build();
  const std::string dot = topology_to_dot({.topology = *topology, .state = "live", .tiers = tier_paths(paths())});
  EXPECT_THAT(dot, HasSubstr("\"pa1\" -> \"pa2\" [dir=none, label=\"8ms\""));
  EXPECT_THAT(dot,
              HasSubstr("tooltip=\"one-way: the other direction is not advertised\", color=firebrick, style=dashed"));
  EXPECT_THAT(dot, HasSubstr("\"pa1\" -> \"pa2\" [color=\"#d55e00\", penwidth=3, arrowsize=0.6, tooltip=\"realtime to "
                             "dubai, singapore\"];"));
  EXPECT_THAT(dot, HasSubstr("\"r-sin\" [label=\"r-sin\\nsingapore\", pos=\""));
  EXPECT_THAT(dot, HasSubstr("label=<topology live, version 7<br/><font color=\"#d55e00\">━ realtime</font>"));
  if (std::system("command -v dot > /dev/null") != 0) GTEST_SKIP() << "no Graphviz here";
  const auto file = std::filesystem::temp_directory_path() / formatted("pathwise-{}.dot", ::getpid());
  std::ofstream(file) << dot;
  EXPECT_EQ(std::system(formatted("dot -Tcanon {} > /dev/null", file.string()).c_str()), 0) << dot;
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace pathwise::cli
