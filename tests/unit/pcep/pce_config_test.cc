// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/format.h"
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
  EXPECT_TRUE(config->topology_sources[1].is_unix());
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

TEST(PceConfig, WithoutTlsItIsPlainOnlyBecauseNoneIsConfigured) {
  const Result<PceDaemonConfig> config = parse_pce("topology: {sources: [{address: \"unix:/x\"}]}\n", "pce.yaml");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_FALSE(config->pcep_tls);
}

}  // namespace
}  // namespace pathwise::pcep
