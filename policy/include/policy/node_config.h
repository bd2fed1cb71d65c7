// SPDX-License-Identifier: Apache-2.0
// node.yaml: what this machine is (router, te). Field by field: docs/policy-reference.md. Immutable after parsing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/ids.h"
#include "base/ip.h"
#include "base/units.h"
#include "policy/fabric_config.h"

namespace pathwise::policy {

struct TlsConfig {
  std::string cert, key, ca;  // PEM files
};
struct ListenConfig {
  Endpoint openai{.host = "", .port = 8080};
  std::uint16_t peers = 8443;  // on every tier address of this router
  Endpoint admin{.unix_path = "/run/pathwise/admin.sock"};
  Endpoint metrics{.host = "::1", .port = 9464};
  std::optional<Endpoint> gnmi;  // absent: no gNMI target
};
enum class StampClocks : std::uint8_t { kFree, kNtp, kPtp };
struct StampConfig {
  Milliseconds interval{100};
  std::uint32_t multiplier = 3;        // losses in a row that mean dead
  std::string key_file;                // empty: unauthenticated (RFC 8762 section 4)
  bool allow_unauthenticated = false;  // with a key: who has none is answered too
  StampClocks clocks = StampClocks::kFree;
  Microseconds clock_error{1000};          // of ours, where it is synchronised
  std::uint32_t transmit_times_every = 8;  // probes of a session; 0: never
  std::uint32_t size = 0;                  // octets of a probe's UDP payload; 0: what it needs
  std::uint8_t dscp = 0;
};
struct PceConfig {
  Endpoint address;
  std::uint32_t precedence = 10;  // lower is preferred
  bool tls = false;
};
struct TopologySourceConfig {
  Endpoint address;  // of a pathwise-frr
  std::string file;  // set: a file instead
};
struct TeConfig {
  std::string socket = "/run/pathwise/te.sock";
  std::string fib = "kernel";  // "kernel" or "none" (tests, dry run)
  StampConfig stamp;
  std::vector<PceConfig> pce;
  std::vector<TopologySourceConfig> topology;  // tried in order
  Milliseconds topology_keep{600'000};         // how long the last topology is used without a source
  Endpoint metrics{.host = "::1", .port = 9465};
};
struct RuntimeConfig {
  std::string url;  // "http://[::1]:8000"
  std::string kind = "vllm";
  std::string gpu;
  std::uint32_t gpu_count = 0;
  double prefill_tokens_per_second = 0;  // declared; corrected by what is observed; 0: unknown
  std::uint32_t max_num_seqs = 0;        // declared; 0: unknown
};
struct FabricBusConfig {
  std::string backend = "peers";
  TierName tier;  // whose addresses carry digests; empty: the fabric's first tier
  Milliseconds interval{200};
};
struct NodeConfig {
  SiteName site;
  RouterName router{"r1"};
  std::string trust_domain;
  TlsConfig tls;
  ListenConfig listen;
  TeConfig te;
  std::vector<RuntimeConfig> runtimes;
  std::string policy_authority = "file";  // only "file" in this version; others are refused
  std::string policy_file = "/etc/pathwise/fabric.yaml";
  FabricBusConfig fabric;
  std::string state = "/var/lib/pathwise";
  std::uint32_t threads = 0;                            // 0: one a core
  config::Location site_at, router_at, fabric_tier_at;  // where they stand, for check_node()
};

[[nodiscard]] Result<NodeConfig> load_node(const std::string& path);
[[nodiscard]] Result<NodeConfig> parse_node(std::string_view text, const std::string& name);

// What only the two files together can show: the site, the router and the tier that carries digests
// must be in fabric.yaml. Errors name the place in node.yaml.
[[nodiscard]] Result<void> check_node(const NodeConfig& node, const FabricConfig& fabric);

}  // namespace pathwise::policy
