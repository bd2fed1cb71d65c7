// SPDX-License-Identifier: Apache-2.0
#include "lab/wan/plan.h"

#include <gmock/gmock.h>

namespace pathwise::wan {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

Result<std::vector<Direction>> plan_of(const std::string& links) {
  const std::string text =
      "name: t\ntopology:\n  defaults: {kind: linux, image: i, network-mode: none}\n"
      "  nodes: {a: {}, b: {}, wan: {}}\n  links:\n" +
      links;
  const auto topology = lab::load_text(text, "/labs/t.clab.yml", [](const std::string&) { return std::nullopt; });
  if (!topology) return std::unexpected(topology.error());
  return plan(*topology, "wan");
}

std::string refusal(const std::string& links) {
  const auto directions = plan_of(links);
  return directions ? "accepted" : directions.error().message;
}

constexpr const char* kBack = "    - {endpoints: [\"b:to-a\", \"wan:b-a\"], vars: {delay: 2ms}}\n";

TEST(Plan, PairsInterfacesAndReadsEachDirection) {
  const auto directions = plan_of(
      "    - {endpoints: [\"a:to-b\", \"wan:a-b\"], vars: {delay: 1.5ms, rate: 200Mbps, loss: 1%, queue: 64KiB}}\n" +
      std::string(kBack));
  ASSERT_TRUE(directions) << directions.error().message;
  ASSERT_EQ(directions->size(), 2U);
  EXPECT_EQ((*directions)[0].in, "a-b");
  EXPECT_EQ((*directions)[0].out, "b-a");
  EXPECT_EQ((*directions)[0].shape,
            (Shape{.delay = 1500us, .rate = BitsPerSecond(200'000'000), .loss = 0.01, .queue = 65536}));
  EXPECT_EQ((*directions)[1].in, "b-a");
  EXPECT_EQ((*directions)[1].shape, Shape{.delay = 2ms});
}

TEST(Plan, RefusesWithThePlaceInTheFile) {
  EXPECT_THAT(refusal("    - {endpoints: [\"a:to-b\", \"wan:a-b\"]}\n"),
              AllOf(HasSubstr("t.clab.yml:6:"), HasSubstr("a-b has no pair")));
  EXPECT_THAT(refusal("    - {endpoints: [\"a:to-b\", \"wan:eth1\"]}\n" + std::string(kBack)),
              HasSubstr("'eth1' must be named x-y"));
  const std::string forward = "    - {endpoints: [\"a:to-b\", \"wan:a-b\"], vars: {";
  EXPECT_THAT(refusal(forward + "latency: 1ms}}\n" + kBack), AllOf(HasSubstr(":6:"), HasSubstr("latency")));
  EXPECT_THAT(refusal(forward + "delay: 1.5}}\n" + kBack), HasSubstr(":6:"));
  EXPECT_THAT(refusal(forward + "delay: 11s}}\n" + kBack), HasSubstr("above 10s"));
  EXPECT_THAT(refusal(forward + "loss: 101%}}\n" + kBack), HasSubstr("'101%'"));
  EXPECT_THAT(refusal(forward + "queue: many}}\n" + kBack), HasSubstr("many"));
  EXPECT_THAT(refusal("    - {endpoints: [\"a:to-b\", \"b:to-a\"]}\n"), HasSubstr("no link ends at node wan"));
}

TEST(Loss, IsAShareOrPercent) {
  EXPECT_DOUBLE_EQ(*parse_loss("0.25"), 0.25);
  EXPECT_DOUBLE_EQ(*parse_loss("2.5%"), 0.025);
  EXPECT_DOUBLE_EQ(*parse_loss("0"), 0);
  for (const char* bad : {"", "%", "-1", "2", "nan", "1 %", "x"}) EXPECT_FALSE(parse_loss(bad)) << bad;
}

}  // namespace
}  // namespace pathwise::wan
