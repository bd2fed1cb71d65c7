// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/program/config.h"

#include <gmock/gmock.h>

namespace pathwise::te {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kFull = R"(node: pa1
zserv: /run/frr/r1/zserv.api
fabric: /lab/fabric.yaml
listen: {topology: "[::]:9341", metrics: "[::1]:9467"}
trust_domain: tiers.lab
tls: {cert: /c.pem, key: /k.pem, ca: /ca.pem}
link_delay: {interval: 25ms, window: 300ms, threshold: 12.5%, min_change: 200us, hold: 1s}
interfaces: {exclude: [to-host, to-pce]}
)";

TEST(FrrConfig, ReadsEveryKey) {
  const auto config = parse_frr_config(kFull, "frr.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->node, NodeName("pa1"));
  EXPECT_EQ(config->mgmtd(), "/run/frr/r1/mgmtd_fe.sock");
  EXPECT_EQ(config->topology.port, 9341);
  EXPECT_EQ(config->tls->trust_domain, "tiers.lab");
  EXPECT_EQ(config->link_delay.window, Milliseconds(300));
  EXPECT_DOUBLE_EQ(config->link_delay.damper.threshold, 0.125);
  EXPECT_EQ(config->link_delay.damper.min_change, Microseconds(200));
  EXPECT_EQ(config->link_delay.damper.hold, Milliseconds(1000));
  EXPECT_THAT(config->excluded_interfaces, ElementsAre("to-host", "to-pce"));
}

TEST(FrrConfig, HasDefaults) {
  const auto config = parse_frr_config("node: r1\nlisten: {topology: \"unix:/run/t.sock\"}\n", "frr.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->zserv, "/var/run/frr/zserv.api");
  EXPECT_EQ(config->link_delay.interval, Milliseconds(50));
  EXPECT_EQ(config->link_delay.damper.hold, Milliseconds(2000));
}

std::string problems(std::string_view text) {
  const auto config = parse_frr_config(text, "frr.yaml");
  return config ? "accepted" : config.error().message;
}

TEST(FrrConfig, NeedsTlsOnTcp) {
  EXPECT_THAT(problems("node: r1\n"), HasSubstr("'tls' is missing"));
  EXPECT_THAT(problems("node: r1\ntls: {cert: /c, key: /k, ca: /a}\n"), HasSubstr("'trust_domain' is missing"));
}

TEST(FrrConfig, ReportsEveryMistakeWithItsPlace) {
  const std::string text = problems(R"(zserv: /z
nodes: r1
listen: {topology: "unix:/run/t.sock"}
link_delay: {interval: 1ms, threshold: 10, hold: 2}
)");
  EXPECT_THAT(text, AllOf(HasSubstr("node"), HasSubstr("frr.yaml:2:1"), HasSubstr("frr.yaml:4:24: must be 10ms"),
                          HasSubstr("must be a percentage"), HasSubstr("frr.yaml:4:50")));
}

}  // namespace
}  // namespace pathwise::te
