// SPDX-License-Identifier: GPL-2.0-or-later
#include "te/frr/program/config.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "base/format.h"
#include "base/process.h"
#include "net/test_ca.h"

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
link_delay: {interval: 25ms, window: 300ms, threshold: 12.5%, min_change: 200us, hold: 1s, period: 30s, key_file: /k}
ordered_install: {step: 250ms, longest: 1s}
graceful_restart: 2m
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
  EXPECT_EQ(config->link_delay.damper.period, Milliseconds(30'000));
  EXPECT_EQ(config->link_delay.key_file, "/k");
  EXPECT_EQ(config->ordered_install.step, Milliseconds(250));
  EXPECT_EQ(config->ordered_install.longest, Milliseconds(1000));
  EXPECT_EQ(config->graceful_restart, std::chrono::seconds(120));
  EXPECT_THAT(config->excluded_interfaces, ElementsAre("to-host", "to-pce"));
}

TEST(FrrConfig, HasDefaults) {
  const auto config = parse_frr_config("node: r1\nlisten: {topology: \"unix:/run/t.sock\"}\n", "frr.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->zserv, "/var/run/frr/zserv.api");
  EXPECT_EQ(config->link_delay.interval, Milliseconds(50));
  EXPECT_EQ(config->link_delay.damper.hold, Milliseconds(2000));
  EXPECT_EQ(config->ordered_install.step, Milliseconds(100));
  EXPECT_EQ(config->graceful_restart, std::chrono::seconds(60));
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

TEST(FrrConfig, TimesOutsideTheirRangeAreReported) {
  EXPECT_THAT(problems("node: r1\nlisten: {topology: \"unix:/t\"}\nordered_install: {step: 2s}\n"),
              HasSubstr("frr.yaml:3:25: must be 0ms..1000ms"));
  EXPECT_THAT(problems("node: r1\nlisten: {topology: \"unix:/t\"}\ngraceful_restart: 2h\n"),
              HasSubstr("frr.yaml:3:19: must be 0ms..3600000ms"));
}

TEST(FrrConfig, WhatIsThereTwiceIsReported) {
  EXPECT_THAT(problems("node: r1\nlisten: {topology: \"unix:/t\"}\ninterfaces: {exclude: [a, b, a]}\n"),
              HasSubstr("frr.yaml:3:30: 'a' is listed twice"));
  EXPECT_THAT(problems("node: r1\nlisten: {metrics: \":9340\"}\n"),
              HasSubstr("frr.yaml:2:19: topology [::]:9340 and metrics :9340 overlap"));
  EXPECT_THAT(problems("node: r1\nlisten: {topology: \":9466\"}\n"), HasSubstr("frr.yaml:2:20: topology :9466 and"));
  EXPECT_THAT(problems("node: r1\nlisten: {topology: \"unix:/a\", metrics: \"unix:/a\"}\n"), HasSubstr("overlap"));
}

TEST(FrrConfig, ChecksTheFilesOfTls) {
  const auto directory = std::filesystem::temp_directory_path() / formatted("frr-config-{}", ::getpid());
  std::filesystem::create_directories(directory);
  const auto path = [&](const std::string& name) { return (directory / name).string(); };
  const auto ca = net::TestCa::create("tiers.lab");
  ASSERT_TRUE(ca);
  ASSERT_TRUE(write_file_atomically(path("ca.pem"), ca->pem().certificate));
  ASSERT_TRUE(write_file_atomically(path("junk.pem"), "no PEM\n"));
  for (const auto& [name, uri] : {std::pair{"pa1", "node/pa1/frr"}, {"pa2", "node/pa2/frr"}, {"h", "site/h/router"}}) {
    const auto pem = ca->issue({.uris = {formatted("spiffe://tiers.lab/{}", uri)}});
    ASSERT_TRUE(pem);
    ASSERT_TRUE(write_file_atomically(path(formatted("{}.pem", name)), pem->certificate));
    ASSERT_TRUE(write_file_atomically(path(formatted("{}.key", name)), pem->key));
  }
  const auto refusal = [&](const std::string& cert, const std::string& key, const std::string& authority) {
    FrrConfig config{.node = NodeName("pa1")};
    config.tls = TopologyTls{path(cert), path(key), path(authority), "tiers.lab", {}};
    const auto good = check_frr_tls(config);
    return good ? "accepted" : good.error().message;
  };
  EXPECT_EQ(refusal("pa1.pem", "pa1.key", "ca.pem"), "accepted");
  EXPECT_THAT(refusal("pa1.pem", "pa2.key", "ca.pem"), HasSubstr("pa2.key: not the key of the certificate"));
  EXPECT_THAT(refusal("pa1.pem", "pa1.key", "junk.pem"), HasSubstr("junk.pem: no certificate in it"));
  EXPECT_THAT(refusal("pa1.pem", "pa1.key", "none.pem"), HasSubstr("none.pem: no such file"));
  for (const std::string other : {"pa2", "h"}) {
    EXPECT_THAT(refusal(other + ".pem", other + ".key", "ca.pem"),
                AllOf(HasSubstr(other + ".pem: is the certificate of spiffe://tiers.lab/"),
                      HasSubstr("needed here: spiffe://tiers.lab/node/pa1/frr")));
  }
  EXPECT_TRUE(check_frr_tls({.node = NodeName("pa1")})) << "a unix socket needs no TLS";
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace pathwise::te
