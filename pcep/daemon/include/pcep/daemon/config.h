// SPDX-License-Identifier: Apache-2.0
// pce.yaml, the configuration of pathwise-pce. Immutable after parsing.
//
//   listen: "[::]:4189"
//   trust_domain: fabric.example
//   tls: {cert: /etc/pathwise/tls/pce.pem, key: /etc/pathwise/tls/pce.key, ca: /etc/pathwise/tls/ca.pem}
//   pcep_tls: true                       # default: true if there is `tls`; false is plain TCP, and says so
//   topology: {sources: [{address: "[fd00::1]:9340"}, {file: /etc/pathwise/topology.json}], insecure: false, keep: 10m}
//   fabric: /etc/pathwise/fabric.yaml    # SRv6 blocks and Flex-Algos
//   socket: /run/pathwise/pce.sock       # gRPC, for `pathwise lsps`
//   metrics: "[::1]:9464"
//   timers: {keepalive: 30s, dead: 120s, state: 60s}
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ip.h"
#include "base/units.h"

namespace pathwise::pcep {

struct PceTlsFiles {
  std::string cert, key, ca;  // PEM
};

struct PceTopologySource {
  Endpoint address;  // of a pathwise-frr
  std::string file;  // set: a file instead
  friend bool operator==(const PceTopologySource&, const PceTopologySource&) = default;
};

struct PceDaemonConfig {
  Endpoint listen{.host = "", .port = 4189};
  std::string trust_domain;
  std::optional<PceTlsFiles> tls;
  bool pcep_tls = false;
  std::vector<PceTopologySource> topology_sources;  // tried in order
  bool topology_insecure = false;                   // TCP without TLS to the sources: labs only
  Milliseconds topology_keep{600'000};              // how long the last topology is used without a source
  std::string fabric = "/etc/pathwise/fabric.yaml";
  std::string socket = "/run/pathwise/pce.sock";
  std::optional<Endpoint> metrics;
  std::chrono::seconds keepalive{30};
  std::chrono::seconds dead_timer{120};
  std::chrono::seconds state_timeout{60};
};

// Everything that is wrong, with file:line:column, in one Error.
[[nodiscard]] Result<PceDaemonConfig> load_pce(const std::string& path);
[[nodiscard]] Result<PceDaemonConfig> parse_pce(std::string_view text, const std::string& name);

// The files of `tls`: the key is the certificate's, the authorities are readable, and the certificate is …/pce.
// Nothing to check without `tls`.
[[nodiscard]] Result<void> check_pce_tls(const PceDaemonConfig& config);

}  // namespace pathwise::pcep
