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
     "locators": [{"algorithm": 128, "prefix": "fcbb:bb80:1::/48"}, {"algorithm": 0, "prefix": "fcbb:bb00:1::/48"}],
     "sids": [{"sid": "fcbb:bb00:1::", "behavior": 43, "structure": {"block": 32, "node": 16, "argument": 80}},
              {"sid": "fcbb:bb80:1::", "algorithm": 128}],
     "algorithms": [128, 0], "depths": {"max_segments_left": 8, "max_end_pop": 0, "max_h_encaps": 4, "max_end_d": 8}},
    {"name": "b"}],
  "problems": ["router id fd00::9: claimed by x, y"],
  "links": [
    {"from": "a", "to": "b", "local_address": "fd00:12::1", "remote_address": "fd00:12::2", "igp_metric": 10,
     "te_metric": 11, "delay_us": 1000, "min_delay_us": 900, "max_delay_us": 1100,
     "max_bandwidth_bps": 1000000000, "max_reservable_bandwidth_bps": 800000000, "admin_groups": [0, 255],
     "unreserved_bandwidth_bps": [8, 7, 6, 5, 4, 3, 2, 0], "srlgs": [9, 4], "local_id": 11, "remote_id": 12,
     "sids": [{"sid": "fcbb:bb00:1:f002::", "behavior": 52,
               "structure": {"block": 32, "node": 16, "function": 16, "argument": 64}}]},
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
  EXPECT_EQ(link.srlgs, (std::vector<std::uint32_t>{4, 9}));
  EXPECT_EQ(link.local_id, 11U);
  ASSERT_TRUE(link.unreserved_bandwidth);
  EXPECT_EQ(link.unreserved_bandwidth->at(7), BitsPerSecond(0));  // zero is not absent
  ASSERT_EQ(link.sids.size(), 1U);
  EXPECT_EQ(link.sids[0].structure->function, 16);
  const Node& a = snapshot->nodes[0];
  EXPECT_EQ(a.sids.at(0).behavior, kBehaviorEndNextCsid);
  EXPECT_EQ(a.sids.at(1).structure, std::nullopt);
  EXPECT_EQ(a.algorithms, (std::vector{Algorithm(0), Algorithm(128)}));
  EXPECT_EQ(a.depths.max_end_pop, 0);
  EXPECT_EQ(snapshot->nodes[1].algorithms, std::nullopt);
  EXPECT_EQ(snapshot->nodes[1].depths, SidDepths{});
  EXPECT_EQ(snapshot->links[1].unreserved_bandwidth, std::nullopt);
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
  EXPECT_EQ(again->link_to, snapshot->link_to);
  EXPECT_EQ(again->link_reverse, snapshot->link_reverse);
  EXPECT_EQ(again->problems, snapshot->problems);
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
  EXPECT_THAT(message(R"({"nodes": [{"name": "a"}], "links": [{"from": "a", "to": "b", "igp_metric": 1}]})"),
              HasSubstr("'b' is not advertised"));
  EXPECT_EQ(message(R"({"links": [{"from": "a", "to": "b"}]})"), "links[0].igp_metric: is missing");
  EXPECT_EQ(message(R"({"nodes": [{"name": "a"}, {"name": "a"}]})"), "nodes[1]: is nodes[0] already");
  EXPECT_EQ(message(R"({"nodes": [{"name": "a", "router_id6": "fd00::1"}, {"name": "b", "router_id6": "fd00::1"}]})"),
            "router id fd00::1: claimed by a, b");
  EXPECT_EQ(message(R"({"links": [{"from": "a", "to": "b", "igp_metric": 1},
                                  {"from": "a", "to": "b", "igp_metric": 2}]})"),
            "links[1]: is links[0] already");
  EXPECT_EQ(message(R"({"nodes": [{"name": "a", "algorithms": [0, 256]}]})"),
            "nodes[0].algorithms[1]: must be a whole number of 0..255");
  EXPECT_EQ(message(R"({"nodes": [{"name": "a", "sids": [{"behavior": 1}]}]})"), "nodes[0].sids[0].sid: is missing");
  EXPECT_EQ(message(R"({"nodes": [{"name": "a", "sids": [{"sid": "fd00::", "structure": {"block": 200}}]}]})"),
            "nodes[0].sids[0].structure: its lengths are more than 128 bits together");
  EXPECT_EQ(message(R"({"nodes": [{"name": "a", "depths": {"max_h_encap": 1}}]})"),
            "nodes[0].depths.max_h_encap: is not known");
  EXPECT_EQ(message(R"({"links": [{"from": "a", "to": "b", "unreserved_bandwidth_bps": [1]}]})"),
            "links[0].unreserved_bandwidth_bps: must be eight numbers, of the priorities 0 to 7");
  EXPECT_EQ(message(R"({"links": [{"from": "a", "to": "b", "srlgs": [-1]}]})"),
            "links[0].srlgs[0]: must be a whole number of 0..4294967295");
  EXPECT_EQ(message(R"({"problems": [1]})"), "problems[0]: must be a text");
  EXPECT_THAT(message(R"({"nodes": [{"name": "a", "router_id6": "10.0.0.1"}]})"), HasSubstr("nodes[0].router_id6"));
  EXPECT_THAT(load_topology_json("/nonexistent/t.json").error().message, HasSubstr("/nonexistent/t.json"));
}

}  // namespace
}  // namespace pathwise::te
