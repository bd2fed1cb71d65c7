// SPDX-License-Identifier: Apache-2.0
#include "policy/node_config.h"

#include <gmock/gmock.h>

#include "example.h"

namespace pathwise::policy {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kNode = R"(site: mumbai
router: r1
trust_domain: fabric.example
tls: {cert: /etc/pathwise/tls/node.pem, key: /etc/pathwise/tls/node.key, ca: /etc/pathwise/tls/ca.pem}
listen: {openai: "[::]:8080", peers: 8443, admin: "unix:/run/pathwise/admin.sock", metrics: "[::1]:9464", gnmi: "[::]:9339"}
te: {socket: /run/pathwise/te.sock, fib: kernel, stamp: {interval: 100ms, multiplier: 3}, pce: [{address: "fd00:9::1", precedence: 10, tls: true}]}
runtimes: [{url: "http://[::1]:8000", kind: vllm, hardware: {gpu: L4, count: 2}}]
policy: {authority: file, file: /etc/pathwise/fabric.yaml}
fabric: {backend: peers}
state: /var/lib/pathwise
)";

std::string node_with(std::string_view from, std::string_view to) {
  std::string text(kNode);
  const std::size_t at = text.find(from);
  if (at == std::string::npos) return {};
  return text.replace(at, from.size(), to);
}

TEST(NodeConfig, ReadsTheExample) {
  const auto node = parse_node(kNode, "node.yaml");
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_EQ(node->site, SiteName("mumbai"));
  EXPECT_EQ(node->trust_domain, "fabric.example");
  EXPECT_EQ(node->tls.key, "/etc/pathwise/tls/node.key");
  EXPECT_EQ(node->listen.openai.port, 8080);
  EXPECT_EQ(node->listen.admin.unix_path, "/run/pathwise/admin.sock");
  ASSERT_TRUE(node->listen.gnmi);
  EXPECT_EQ(node->listen.gnmi->port, 9339);
  EXPECT_EQ(node->te.stamp.interval, Milliseconds(100));
  ASSERT_EQ(node->te.pce.size(), 1U);
  EXPECT_EQ(node->te.pce[0].address.host, "fd00:9::1");
  EXPECT_EQ(node->te.pce[0].address.port, 4189) << "a bare address means PCEP's port";
  EXPECT_TRUE(node->te.pce[0].tls);
  EXPECT_EQ(node->runtimes.at(0).gpu, "L4");
  EXPECT_EQ(node->runtimes.at(0).gpu_count, 2U);
  EXPECT_EQ(node->policy_file, "/etc/pathwise/fabric.yaml");
}

TEST(NodeConfig, DefaultsAreThoseOfTheReference) {
  const auto node = parse_node("site: a\ntrust_domain: d\ntls: {cert: c, key: k, ca: a}\n", "node.yaml");
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_EQ(node->router, RouterName("r1"));
  EXPECT_EQ(node->listen.peers, 8443);
  EXPECT_FALSE(node->listen.gnmi);
  EXPECT_EQ(node->fabric.interval, Milliseconds(200));
  EXPECT_EQ(node->te.fib, "kernel");
  EXPECT_EQ(node->threads, 0U);
  const StampConfig& stamp = node->te.stamp;
  EXPECT_TRUE(stamp.key_file.empty() && !stamp.allow_unauthenticated);
  EXPECT_EQ(stamp.clocks, StampClocks::kFree);
  EXPECT_EQ(stamp.transmit_times_every, 8U);
  EXPECT_EQ(stamp.size, 0U);
  EXPECT_EQ(stamp.dscp, 0);
}

TEST(NodeConfig, ReadsHowToMeasure) {
  const auto node = parse_node(node_with("multiplier: 3",
                                         "multiplier: 5, key_file: /k, allow_unauthenticated: true, clocks: ptp, "
                                         "clock_error: 2us, transmit_times_every: 1, size: 1400, dscp: 46"),
                               "node.yaml");
  ASSERT_TRUE(node) << node.error().message;
  const StampConfig& stamp = node->te.stamp;
  EXPECT_EQ(stamp.key_file, "/k");
  EXPECT_TRUE(stamp.allow_unauthenticated);
  EXPECT_EQ(stamp.clocks, StampClocks::kPtp);
  EXPECT_EQ(stamp.clock_error, Microseconds(2));
  EXPECT_EQ(stamp.transmit_times_every, 1U);
  EXPECT_EQ(stamp.size, 1400U);
  EXPECT_EQ(stamp.dscp, 46);
}

struct Mistake {
  std::string name, from, to, where, says;
};
class NodeMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(NodeMistake, IsReportedWithItsPlace) {
  const std::string text = node_with(GetParam().from, GetParam().to);
  ASSERT_FALSE(text.empty()) << "the example no longer has " << GetParam().from;
  const auto node = parse_node(text, "node.yaml");
  ASSERT_FALSE(node);
  EXPECT_THAT(node.error().message, HasSubstr("node.yaml:" + GetParam().where));
  EXPECT_THAT(node.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    All, NodeMistake,
    ::testing::Values(
        Mistake{"UnknownKey", "router: r1", "ruoter: r1", "2:1:", "did you mean 'router'?"},
        Mistake{"NoSite", "site: mumbai\n", "", "1:1:", "'site' is missing"},
        Mistake{"NoTlsKey", "key: /etc/pathwise/tls/node.key, ", "", "4:6:", "'key' is missing"},
        Mistake{"TrustDomain", "fabric.example", "spiffe://fabric.example", "3:15:", "a trust domain is"},
        Mistake{"SamePort", "metrics: \"[::1]:9464\"", "metrics: \"[::]:8080\"",
                "5:", "[::]:8080 is listen.openai already"},
        Mistake{"EveryAddress", "metrics: \"[::1]:9464\"", "metrics: \"127.0.0.1:8080\"",
                "5:", "127.0.0.1:8080 overlaps listen.openai, which is [::]:8080"},
        Mistake{"PeersOnEveryAddress", "openai: \"[::]:8080\"", "openai: \":8443\"",
                "5:34:", "port 8443 of the tier addresses overlaps listen.openai, which is :8443"},
        Mistake{"MetricsOfTe", "fib: kernel", "metrics: \"[::1]:9464\"",
                "6:46:", "[::1]:9464 is listen.metrics already"},
        Mistake{"DefaultOfTe", "metrics: \"[::1]:9464\"", "metrics: \":9465\"",
                "5:93:", ":9465 overlaps te.metrics, which is [::1]:9465"},
        Mistake{"SocketOfTe", "/run/pathwise/te.sock", "/run/pathwise/admin.sock",
                "6:14:", "unix:/run/pathwise/admin.sock is listen.admin already"},
        Mistake{"PeersPort", "peers: 8443", "peers: 0", "5:", "from 1 to 65535"},
        Mistake{"Fib", "fib: kernel", "fib: dpdk", "6:", "must be 'kernel' or 'none', not 'dpdk'"},
        Mistake{"StampInterval", "interval: 100ms", "interval: 1ms", "6:", "from 10ms to 10s"},
        Mistake{"StampUnit", "interval: 100ms", "interval: 100", "6:", "the unit is missing"},
        Mistake{"StampKeyless", "multiplier: 3", "allow_unauthenticated: true",
                "6:", "says something only with 'key_file'"},
        Mistake{"StampClocks", "multiplier: 3", "clocks: gps", "6:", "must be 'free', 'ntp' or 'ptp', not 'gps'"},
        Mistake{"StampFreeClock", "multiplier: 3", "clock_error: 1ms", "6:", "only where 'clocks' is ntp or ptp"},
        Mistake{"StampClockError", "multiplier: 3", "clocks: ntp, clock_error: 2s", "6:", "at most 1s"},
        Mistake{"StampSize", "multiplier: 3", "size: 100", "6:", "must be 0 (what a probe needs) or 160 to 8952"},
        Mistake{"StampDscp", "multiplier: 3", "dscp: 64", "6:", "from 0 to 63"},
        Mistake{"PceName", "\"fd00:9::1\"", "\"pce.example:4189\"",
                "6:107:", "a numeric address is needed, like \"[fd00::1]:4189\", not 'pce.example:4189'"},
        Mistake{"PceSocket", "\"fd00:9::1\"", "\"unix:/run/pce.sock\"", "6:107:", "a numeric address is needed"},
        Mistake{"SourceTwice", "fib: kernel", "topology: [{address: \"[fd00::1]:9340\"}, {address: \"fd00::1\"}]",
                "6:87:", "the source [fd00::1]:9340 is listed twice"},
        Mistake{"SourceFileTwice", "fib: kernel", "topology: [{file: /t.json}, {file: /t.json}]",
                "6:72:", "the source /t.json is listed twice"},
        Mistake{"SourceOfBothKinds", "fib: kernel", "topology: [{file: /t.json, address: \"fd00::1\"}]",
                "6:48:", "either 'address' (of a pathwise-frr) or 'file' is needed"},
        Mistake{"SourceOfNoKind", "fib: kernel", "topology: [{}]", "6:48:", "either 'address'"},
        Mistake{"SourceFileEmpty", "fib: kernel", "topology: [{file: \"\"}]", "6:55:", "a path is needed"},
        Mistake{"TopologyKeep", "fib: kernel", "topology_keep: 10", "6:", "the unit is missing"},
        Mistake{"PceAddress", "\"fd00:9::1\"", "\"unreachable\"", "6:", ""},
        Mistake{"RuntimeUrl", "http://[::1]:8000", "https://[::1]:8000", "7:", "http://[::1]:8000"},
        Mistake{"RuntimePath", "http://[::1]:8000", "http://[::1]:8000/v1", "7:", "http://[::1]:8000"},
        Mistake{"RuntimeKind", "kind: vllm", "kind: vlm", "7:", "must be 'vllm', not 'vlm'"},
        Mistake{"Authority", "authority: file", "authority: orchestrator", "8:", "must be 'file', not 'orchestrator'"},
        Mistake{"Backend", "backend: peers", "backend: nats", "9:", "must be 'peers', not 'nats'"}),
    [](const auto& info) { return info.param.name; });

TEST(NodeConfig, TopologySourcesAreAddressesAndFiles) {
  const auto node = parse_node(
      node_with("fib: kernel", "topology: [{address: \"fd00::1\"}, {file: /t.json}], topology_keep: 90s"), "node.yaml");
  ASSERT_TRUE(node) << node.error().message;
  ASSERT_EQ(node->te.topology.size(), 2U);
  EXPECT_EQ(node->te.topology[0].address.port, 9340);
  EXPECT_EQ(node->te.topology[0].file, "");
  EXPECT_EQ(node->te.topology[1].file, "/t.json");
  EXPECT_EQ(node->te.topology_keep, Milliseconds(90'000));
}

TEST(NodeConfig, ListenersMayShareAPortOfDifferentAddresses) {
  for (const auto& [from, to] : {std::pair{"\"[::]:8080\"", "\"127.0.0.1:9464\""},
                                 {"\"[::]:8080\"", "\"0.0.0.0:8443\""},
                                 {"\"[::]:8080\"", "\"[fd00::1]:9465\""},
                                 {"\"[::]:9339\"", "\"[::1]:0\""},
                                 {"\"fd00:9::1\"", "\"192.0.2.1:4189\""}}) {
    const auto node = parse_node(node_with(from, to), "node.yaml");
    EXPECT_TRUE(node) << to << ": " << node.error().message;
  }
}

TEST(NodeConfig, IsCheckedAgainstTheFabric) {
  const auto fabric = parse_fabric(kFabric, "fabric.yaml");
  ASSERT_TRUE(fabric) << fabric.error().message;
  const auto check = [&](std::string_view from, std::string_view to) {
    const auto node = parse_node(node_with(from, to), "node.yaml");
    if (!node) return node.error().message;
    const auto good = check_node(*node, *fabric);
    return good ? std::string("good") : good.error().message;
  };
  EXPECT_EQ(check("site: mumbai", "site: mumbai"), "good");
  EXPECT_EQ(check("site: mumbai", "site: pune"),
            "node.yaml:1:7: unknown site 'pune'; known: 'mumbai', 'paris' or 'singapore'");
  EXPECT_EQ(check("router: r1", "router: r9"), "node.yaml:2:9: unknown router 'r9'; known: 'r1'");
  EXPECT_THAT(check("backend: peers", "backend: peers, tier: gold"), HasSubstr("node.yaml:9:32: unknown tier 'gold'"));
}

}  // namespace
}  // namespace pathwise::policy
