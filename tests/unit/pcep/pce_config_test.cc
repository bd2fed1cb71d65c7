// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/format.h"
#include "base/process.h"
#include "net/test_ca.h"
#include "pcep/daemon/config.h"

namespace pathwise::pcep {
namespace {

TEST(PceConfig, ReadsEverything) {
  const Result<PceDaemonConfig> config = parse_pce(R"(
listen: "[fd00:9::1]:4189"
trust_domain: fabric.example
tls: {cert: /c, key: /k, ca: /a}
topology: {sources: [{address: "[fd00::1]:9340"}, {address: "unix:/run/frr.sock"}]}
fabric: /etc/fabric.yaml
socket: /run/pce.sock
metrics: "[::1]:9464"
timers: {keepalive: 5s, dead: 20s, state: 90s}
)",
                                                   "pce.yaml");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->listen.to_string(), "[fd00:9::1]:4189");
  EXPECT_TRUE(config->pcep_tls);
  ASSERT_EQ(config->topology_sources.size(), 2U);
  EXPECT_TRUE(config->topology_sources[1].address.is_unix());
  EXPECT_EQ(config->keepalive, std::chrono::seconds(5));
  EXPECT_EQ(config->state_timeout, std::chrono::seconds(90));
}

TEST(PceConfig, NamesEveryMistakeWithItsPlace) {
  const Result<PceDaemonConfig> config = parse_pce(R"(listne: "[::]:4189"
pcep_tls: true
topology: {sources: [{address: "[fd00::1]:9340"}]}
timers: {keepalive: 1500ms, dead: 300s}
)",
                                                   "pce.yaml");
  ASSERT_FALSE(config.has_value());
  const std::string& text = config.error().message;
  for (const char* expected : {"pce.yaml:1:", "listne", "pce.yaml:2:", "needs tls", "pce.yaml:3:", "insecure: true",
                               "pce.yaml:4:", "whole seconds"})
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
}

TEST(PceConfig, SourcesAreAListOfAddresses) {
  for (const char* sources : {"[]", "x", "[unix:/x]", "[{adress: \"unix:/x\"}]"}) {
    const Result<PceDaemonConfig> config = parse_pce(formatted("topology: {{sources: {}}}\n", sources), "pce.yaml");
    ASSERT_FALSE(config.has_value()) << sources;
    EXPECT_NE(config.error().message.find("pce.yaml:1:"), std::string::npos) << config.error().message;
  }
}

TEST(PceConfig, AFileMayBeASource) {
  const auto config =
      parse_pce("topology: {sources: [{file: /t.json}, {address: \"unix:/x\"}], keep: 30s}\n", "pce.yaml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->topology_sources[0].file, "/t.json");
  EXPECT_EQ(config->topology_keep, Milliseconds(30'000));
  const auto both = parse_pce("topology: {sources: [{file: /t.json, address: \"unix:/x\"}]}\n", "pce.yaml");
  ASSERT_FALSE(both);
  EXPECT_NE(both.error().message.find("pce.yaml:1:22: either 'address'"), std::string::npos) << both.error().message;
}

TEST(PceConfig, WhatIsThereTwiceIsReported) {
  const auto problem = [](const std::string& text) {
    const auto config = parse_pce(text, "pce.yaml");
    return config ? "accepted" : config.error().message;
  };
  const std::string one = "topology: {sources: [{address: \"unix:/x\"}]}\n";
  for (const auto& [text, expected] :
       {std::pair{one + "metrics: \"[::1]:4189\"\n", "pce.yaml:2:10: [::1]:4189 overlaps listen, :4189"},
        {one + "metrics: \"unix:/run/pathwise/pce.sock\"\n",
         "pce.yaml:2:10: unix:/run/pathwise/pce.sock is the socket"},
        {one + "listen: \"unix:/x\"\n", "pce.yaml:2:9: must be an address and a port"},
        {std::string("topology: {sources: [{address: \"unix:/x\"}, {address: \"unix:/x\"}]}\n"),
         "pce.yaml:1:54: the source unix:/x is listed twice"}})
    EXPECT_NE(problem(text).find(expected), std::string::npos) << problem(text);
  EXPECT_EQ(problem(one + "metrics: \"[::1]:9467\"\n"), "accepted");
}

TEST(PceConfig, WithoutTlsItIsPlainOnlyBecauseNoneIsConfigured) {
  const Result<PceDaemonConfig> config = parse_pce("topology: {sources: [{address: \"unix:/x\"}]}\n", "pce.yaml");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_FALSE(config->pcep_tls);
}

TEST(PceConfig, ChecksTheFilesOfTls) {
  const auto directory = std::filesystem::temp_directory_path() / formatted("pce-config-{}", ::getpid());
  std::filesystem::create_directories(directory);
  const auto path = [&](const std::string& name) { return (directory / name).string(); };
  const auto ca = net::TestCa::create("fabric.example");
  ASSERT_TRUE(ca && write_file_atomically(path("ca.pem"), ca->pem().certificate));
  for (const auto& [name, id] : {std::pair{"pce", "pce"}, {"h", "site/mumbai/router"}}) {
    const auto pem = ca->issue({.uris = {formatted("spiffe://fabric.example/{}", id)}});
    ASSERT_TRUE(pem && write_file_atomically(path(formatted("{}.pem", name)), pem->certificate));
    ASSERT_TRUE(write_file_atomically(path(formatted("{}.key", name)), pem->key));
  }
  const auto refusal = [&](const std::string& cert, const std::string& key, const std::string& authority) {
    PceDaemonConfig config{.trust_domain = "fabric.example"};
    config.tls = PceTlsFiles{path(cert), path(key), path(authority)};
    const auto good = check_pce_tls(config);
    return good ? "accepted" : good.error().message;
  };
  const auto has = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  EXPECT_EQ(refusal("pce.pem", "pce.key", "ca.pem"), "accepted");
  has(refusal("none.pem", "pce.key", "ca.pem"), "none.pem: no such file");
  has(refusal("pce.pem", "h.key", "ca.pem"), "h.key: not the key of the certificate");
  has(refusal("pce.pem", "pce.key", "h.key"), "h.key: no certificate in it");
  has(refusal("h.pem", "h.key", "ca.pem"), "needed here: spiffe://fabric.example/pce");
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace pathwise::pcep
