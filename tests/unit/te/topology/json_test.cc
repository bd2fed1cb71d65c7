// SPDX-License-Identifier: Apache-2.0
#include "te/topology/json.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "te/topology/builder.h"
#include "te/topology/diff.h"

namespace pathwise::te {
namespace {

using testing::HasSubstr;

constexpr std::string_view kPair = R"({
  "epoch": 5, "version": 2,
  "nodes": [
    {"name": "a", "system_id": "0000.0000.0001", "router_id6": "fd00::1",
     "locators": [{"algorithm": 128, "prefix": "fcbb:bb80:1::/48"}, {"algorithm": 0, "prefix": "fcbb:bb00:1::/48"}]},
    {"name": "b"}],
  "links": [
    {"from": "a", "to": "b", "local_address": "fd00:12::1", "remote_address": "fd00:12::2", "igp_metric": 10,
     "te_metric": 11, "delay_us": 1000, "min_delay_us": 900, "max_delay_us": 1100,
     "max_bandwidth_bps": 1000000000, "max_reservable_bandwidth_bps": 800000000, "admin_groups": [0, 255]},
    {"from": "b", "to": "a", "igp_metric": 20, "unusable": "drained"}]})";

TEST(TopologyJson, ReadsEveryField) {
  const auto snapshot = parse_topology_json(kPair);
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->epoch, 5U);
  EXPECT_EQ(snapshot->version, 2U);
  EXPECT_EQ(snapshot->nodes[0].locators.front().first, kAlgorithmSpf);
  const Link& link = snapshot->links[0];
  EXPECT_EQ(link.te_metric, 11U);
  EXPECT_EQ(link.min_delay_us, 900U);
  EXPECT_EQ(link.max_reservable_bandwidth, BitsPerSecond(800'000'000));
  EXPECT_TRUE(link.admin_groups.test(255));
  EXPECT_FALSE(link.admin_groups.test(254));
  EXPECT_EQ(snapshot->links[1].delay_us, std::nullopt);
  EXPECT_EQ(snapshot->links[1].unusable, "drained");
  EXPECT_EQ(snapshot->links[1].reverse, 0U);
}

TEST(TopologyJson, WritesWhatItReads) {
  const auto snapshot = parse_topology_json(kPair);
  ASSERT_TRUE(snapshot);
  const auto path = (std::filesystem::path(testing::TempDir()) / "topology.json").string();
  ASSERT_TRUE(save_topology_json(*snapshot, path));
  const auto again = load_topology_json(path);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->nodes, snapshot->nodes);
  EXPECT_EQ(again->links, snapshot->links);
  EXPECT_EQ(again->first_link, snapshot->first_link);
}

TEST(TopologyJson, NamesTheElementThatIsWrong) {
  const auto message = [](std::string_view text) {
    const auto result = parse_topology_json(text);
    return result ? std::string("accepted") : result.error().message;
  };
  EXPECT_THAT(message("{"), HasSubstr("not JSON"));
  EXPECT_EQ(message(R"({"node": []})"), "node: is not known");
  EXPECT_EQ(message(R"({"nodes": [{}]})"), "nodes[0].name: is missing");
  EXPECT_EQ(message(R"({"nodes": [{"name": "a"}], "links": [{"from": "a"}]})"), "links[0].to: is missing");
  EXPECT_EQ(
      message(R"({"nodes": [{"name": "a"}, {"name": "b"}], "links": [{"from": "a", "to": "b", "delay_us": -1}]})"),
      "links[0].delay_us: must be a whole number of 0..4294967295");
  EXPECT_EQ(message(R"({"links": [{"from": "a", "to": "b", "admin_groups": [256]}]})"),
            "links[0].admin_groups[0]: must be a bit position of 0..255");
  EXPECT_THAT(message(R"({"nodes": [{"name": "a"}], "links": [{"from": "a", "to": "b"}]})"),
              HasSubstr("'b' is not advertised"));
  EXPECT_THAT(message(R"({"nodes": [{"name": "a", "router_id6": "10.0.0.1"}]})"), HasSubstr("nodes[0].router_id6"));
  EXPECT_THAT(load_topology_json("/nonexistent/t.json").error().message, HasSubstr("/nonexistent/t.json"));
}

}  // namespace
}  // namespace pathwise::te
