// SPDX-License-Identifier: Apache-2.0
#include "topology_svg.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/format.h"
#include "graph_layout.h"
#include "tiers_network.h"

namespace pathwise::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

std::vector<TierPaths> tiers() {
  return {
      {.tier = TierName("realtime"),
       .color = Color(10),
       .paths = {{SiteName("dubai"), {NodeName("r-pune"), NodeName("pa1"), NodeName("pa2"), NodeName("r-dub")}},
                 {SiteName("singapore"), {NodeName("r-pune"), NodeName("pa1"), NodeName("pa2"), NodeName("r-sin")}}}},
      {.tier = TierName("standard"),
       .color = Color(20),
       .paths = {{SiteName("mumbai"), {NodeName("r-pune"), NodeName("pa1"), NodeName("r-mum")}}}},
      {.tier = TierName("batch"),
       .color = Color(30),
       .paths = {{SiteName("singapore"), {NodeName("r-pune"), NodeName("pb1"), NodeName("pb2"), NodeName("r-sin")}}}}};
}

bool well_formed(const std::string& svg) {
  const auto file = std::filesystem::temp_directory_path() / formatted("pathwise-{}.svg", ::getpid());
  std::ofstream(file) << svg;
  const int status = std::system(
      formatted("python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' {}", file.string())
          .c_str());
  std::filesystem::remove(file);
  return status == 0;
}

TEST(TopologySvg, DrawsEveryNodeLinkAndPathOnce) {
  const auto topology = te::test::TiersNetwork().build();
  const auto svg = topology_to_svg({.topology = *topology, .state = "live", .tiers = tiers()});
  ASSERT_TRUE(svg) << svg.error().message;
  if (const char* keep = std::getenv("PATHWISE_KEEP_SVG")) std::ofstream(keep) << *svg;
  EXPECT_EQ(count(*svg, "<rect class=\"node"), 8U);
  EXPECT_EQ(count(*svg, "<rect class=\"node head\""), 1U);
  EXPECT_EQ(count(*svg, "<path class=\"link\""), 12U);
  EXPECT_EQ(count(*svg, "<title>realtime to"), 4U);
  EXPECT_THAT(*svg, HasSubstr("<title>realtime to dubai, singapore</title>"));
  EXPECT_THAT(*svg, HasSubstr(">18ms</text>"));
  EXPECT_THAT(*svg, HasSubstr(">singapore</text>"));
  EXPECT_THAT(*svg, HasSubstr("realtime: to dubai, singapore"));
  EXPECT_THAT(*svg, HasSubstr("prefers-color-scheme:dark"));
  EXPECT_TRUE(well_formed(*svg));
  EXPECT_EQ(*svg, *topology_to_svg({.topology = *topology, .state = "live", .tiers = tiers()}));
}

TEST(TopologySvg, UnusableAndParallelLinksAreSeen) {
  te::test::TiersNetwork network;
  network.link("pa1", "pa2", {.igp_metric = 100, .delay_us = 9000, .min_delay_us = 9000});
  network.link("pa1", "r-sin", {.igp_metric = te::kMaxLinkMetric});
  const auto topology = network.build();
  const auto svg = topology_to_svg({.topology = *topology, .state = "live"});
  ASSERT_TRUE(svg);
  EXPECT_EQ(count(*svg, "class=\"link bad\""), 1U);
  EXPECT_THAT(*svg, HasSubstr("metric 16777215: not for SPF (RFC 5305)"));
  EXPECT_EQ(count(*svg, "Q"), 2U);  // both of the pair are bowed
  EXPECT_THAT(*svg, HasSubstr(">9ms</text>"));
}

TEST(TopologySvg, NamesCannotBreakOutOfTheFile) {
  te::TopologyBuilder builder;
  builder.add_node({.name = NodeName("</svg><script>\x01 & \"")});
  const auto svg = topology_to_svg({.topology = builder.build(1, 1), .state = "of <file>"});
  ASSERT_TRUE(svg);
  EXPECT_THAT(*svg, Not(HasSubstr("<script>")));
  EXPECT_TRUE(well_formed(*svg));
}

TEST(TopologySvg, NothingAndTooMuch) {
  EXPECT_TRUE(well_formed(*topology_to_svg({.topology = te::TopologyBuilder().build(1, 1), .state = "live"})));
  te::TopologyBuilder builder;
  for (std::size_t i = 0; i <= kMaxDrawnNodes; ++i) builder.add_node({.name = NodeName(std::to_string(i))});
  const auto topology = builder.build(1, 1);
  EXPECT_EQ(topology_to_svg({.topology = topology, .state = "live"}).error().code, ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace pathwise::cli
