// SPDX-License-Identifier: Apache-2.0
#include "policy/node_config.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/format.h"
#include "base/process.h"
#include "base/string_util.h"
#include "reading.h"

namespace pathwise::policy {
namespace {

constexpr std::size_t kMostBytes = 4U << 20;  // as config::parse_text
constexpr std::uint16_t kPcepPort = 4189;     // RFC 5440
constexpr std::uint16_t kTopologyPort = 9340;
constexpr std::uint32_t kMostThreads = 256;

// An endpoint, or a bare IPv6 address with the usual port of its protocol.
bool read_remote(const config::Value& value, config::Diagnostics& problems, std::uint16_t port, Endpoint& out) {
  if (value.kind == config::Value::Kind::kScalar && Ipv6Address::parse(value.scalar)) {
    out = Endpoint{.host = value.scalar, .port = port};
    return true;
  }
  if (!config::read(value, problems, out)) return false;
  if (out.is_unix() || (!out.host.empty() && out.port != 0)) return true;
  problems.add(value.at, "a host and a port are needed, like \"[fd00::1]:{}\"", port);
  return false;
}

void read_one_of(config::MapReader& map, std::string_view key, config::Diagnostics& problems, const Names& choices,
                 std::string& out) {
  const config::Value* value = map.child(key);
  if (value == nullptr) return;
  if (!config::read(*value, problems, out) || choices.contains(out)) return;
  problems.add(value->at, "must be {}, not {}", alternatives(choices), excerpt(out));
}

void read_tls(const config::Value* value, config::Diagnostics& problems, TlsConfig& out) {
  if (value == nullptr) return;
  config::MapReader map(*value, problems);
  map.required("cert", out.cert);
  map.required("key", out.key);
  map.required("ca", out.ca);
  map.finish();
}

void read_listen(const config::Value* value, config::Diagnostics& problems, ListenConfig& out) {
  if (value == nullptr) return;
  config::MapReader map(*value, problems);
  map.optional("openai", out.openai);
  if (const config::Value* peers = map.child("peers");
      peers != nullptr && config::read(*peers, problems, out.peers) && out.peers == 0) {
    problems.add(peers->at, "must be a port from 1 to 65535: peers have to know it");
  }
  map.optional("admin", out.admin);
  map.optional("metrics", out.metrics);
  map.optional("gnmi", out.gnmi);
  map.finish();
}

void read_stamp_clocks(config::MapReader& map, config::Diagnostics& problems, StampConfig& out) {
  constexpr Microseconds kWorstClock{1'000'000};
  std::string clocks = "free";
  read_one_of(map, "clocks", problems, {"free", "ntp", "ptp"}, clocks);
  out.clocks = clocks == "ntp" ? StampClocks::kNtp : clocks == "ptp" ? StampClocks::kPtp : StampClocks::kFree;
  const config::Value* error = map.child("clock_error");
  if (error == nullptr || !config::read(*error, problems, out.clock_error)) return;
  if (out.clocks == StampClocks::kFree) problems.add(error->at, "says something only where 'clocks' is ntp or ptp");
  if (out.clock_error <= Microseconds{0} || out.clock_error > kWorstClock) {
    problems.add(error->at, "must be more than 0us and at most 1s");
  }
}

void read_stamp_probes(config::MapReader& map, config::Diagnostics& problems, StampConfig& out) {
  constexpr std::uint32_t kLeastSize = 160, kMostSize = 8952;  // an authenticated probe with its TLVs; a jumbo frame
  constexpr std::uint8_t kMostDscp = 63;
  map.optional("transmit_times_every", out.transmit_times_every);
  if (const config::Value* size = map.child("size"); size != nullptr && config::read(*size, problems, out.size) &&
                                                     out.size != 0 && (out.size < kLeastSize || out.size > kMostSize)) {
    problems.add(size->at, "must be 0 (what a probe needs) or {} to {} octets of UDP payload", kLeastSize, kMostSize);
  }
  if (const config::Value* dscp = map.child("dscp");
      dscp != nullptr && config::read(*dscp, problems, out.dscp) && out.dscp > kMostDscp) {
    problems.add(dscp->at, "must be from 0 to {}", kMostDscp);
  }
}

void read_stamp(const config::Value* value, config::Diagnostics& problems, StampConfig& out) {
  constexpr Milliseconds kShortest{10};
  constexpr Milliseconds kLongest{10'000};
  if (value == nullptr) return;
  config::MapReader map(*value, problems);
  if (const config::Value* interval = map.child("interval"); interval != nullptr &&
                                                             config::read(*interval, problems, out.interval) &&
                                                             (out.interval < kShortest || out.interval > kLongest)) {
    problems.add(interval->at, "must be from 10ms to 10s");
  }
  if (const config::Value* multiplier = map.child("multiplier"); multiplier != nullptr &&
                                                                 config::read(*multiplier, problems, out.multiplier) &&
                                                                 (out.multiplier < 1 || out.multiplier > 100)) {
    problems.add(multiplier->at, "must be from 1 to 100 losses in a row");
  }
  map.optional("key_file", out.key_file);
  if (const config::Value* allow = map.child("allow_unauthenticated");
      allow != nullptr && config::read(*allow, problems, out.allow_unauthenticated) && out.key_file.empty()) {
    problems.add(allow->at, "says something only with 'key_file': without a key everybody is answered");
  }
  read_stamp_clocks(map, problems, out);
  read_stamp_probes(map, problems, out);
  map.finish();
}

// What PCEP connects to: no name is looked up.
bool read_pce_address(const config::Value& value, config::Diagnostics& problems, Endpoint& out) {
  if (!read_remote(value, problems, kPcepPort, out)) return false;
  in_addr ipv4{};
  if (!out.is_unix() && (Ipv6Address::parse(out.host) || ::inet_pton(AF_INET, out.host.c_str(), &ipv4) == 1)) {
    return true;
  }
  problems.add(value.at, "a numeric address is needed, like \"[fd00::1]:{}\", not {}", kPcepPort,
               excerpt(value.scalar));
  return false;
}

void read_pces(const config::Value* value, config::Diagnostics& problems, std::vector<PceConfig>& out) {
  if (value == nullptr) return;
  for_each_item(*value, problems, [&](const config::Value& item) {
    PceConfig pce;
    config::MapReader map(item, problems);
    const config::Value* address = map.required_child("address");
    const bool good = address != nullptr && read_pce_address(*address, problems, pce.address);
    map.optional("precedence", pce.precedence);
    map.optional("tls", pce.tls);
    map.finish();
    if (good && std::ranges::contains(out, pce.address, &PceConfig::address)) {
      problems.add(address->at, "the PCE {} is listed twice", pce.address);
    }
    out.push_back(std::move(pce));
  });
}

// {address: …} or {file: …}.
void read_topology_source(const config::Value& item, config::Diagnostics& problems,
                          std::vector<TopologySourceConfig>& out) {
  TopologySourceConfig source;
  config::MapReader map(item, problems);
  const config::Value* address = map.child("address");
  const config::Value* file = map.child("file");
  map.finish();
  if (item.kind != config::Value::Kind::kMap) return;  // said already
  if ((address == nullptr) == (file == nullptr)) {
    return problems.add(item.at, "either 'address' (of a pathwise-frr) or 'file' is needed");
  }
  const config::Value& given = address != nullptr ? *address : *file;
  const bool good = address != nullptr ? read_remote(given, problems, kTopologyPort, source.address)
                                       : config::read(given, problems, source.file);
  if (!good) return;
  if (file != nullptr && source.file.empty()) return problems.add(given.at, "is empty; a path is needed");
  const bool twice = std::ranges::any_of(out, [&](const TopologySourceConfig& other) {
    return other.address == source.address && other.file == source.file;
  });
  const std::string name = source.file.empty() ? source.address.to_string() : source.file;
  if (twice) problems.add(given.at, "the source {} is listed twice", name);
  out.push_back(std::move(source));
}

void read_topology(const config::Value* value, config::Diagnostics& problems, std::vector<TopologySourceConfig>& out) {
  if (value == nullptr) return;
  for_each_item(*value, problems, [&](const config::Value& item) { read_topology_source(item, problems, out); });
}

void read_te(const config::Value* value, config::Diagnostics& problems, TeConfig& out) {
  if (value == nullptr) return;
  config::MapReader map(*value, problems);
  map.optional("socket", out.socket);
  read_one_of(map, "fib", problems, {"kernel", "none"}, out.fib);
  read_stamp(map.child("stamp"), problems, out.stamp);
  read_pces(map.child("pce"), problems, out.pce);
  read_topology(map.child("topology"), problems, out.topology);
  map.optional("topology_keep", out.topology_keep);
  map.optional("metrics", out.metrics);
  map.finish();
}

void read_url(const config::Value& value, config::Diagnostics& problems, std::string& out) {
  if (!config::read(value, problems, out)) return;
  std::string_view rest = out;
  const bool http = rest.starts_with("http://");
  if (http) rest.remove_prefix(7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto endpoint = Endpoint::parse(rest);
  if (!http || rest.contains('/') || !endpoint || endpoint->host.empty() || endpoint->port == 0) {
    problems.add(value.at, "must be a URL like http://[::1]:8000, not {}", excerpt(out));
  }
}

void read_runtime(const config::Value& value, config::Diagnostics& problems, RuntimeConfig& out) {
  config::MapReader map(value, problems);
  if (const config::Value* url = map.required_child("url")) read_url(*url, problems, out.url);
  read_one_of(map, "kind", problems, {"vllm"}, out.kind);
  if (const config::Value* hardware = map.child("hardware")) {
    config::MapReader inner(*hardware, problems);
    inner.optional("gpu", out.gpu);
    inner.optional("count", out.gpu_count);
    inner.finish();
  }
  if (const config::Value* rate = map.child("prefill_tokens_per_second");
      rate != nullptr && config::read(*rate, problems, out.prefill_tokens_per_second) &&
      out.prefill_tokens_per_second <= 0) {
    problems.add(rate->at, "must be more than 0; leave it out if it is not known");
  }
  map.optional("max_num_seqs", out.max_num_seqs);
  map.finish();
}

void read_runtimes(const config::Value* value, config::Diagnostics& problems, std::vector<RuntimeConfig>& out) {
  if (value == nullptr) return;
  for_each_item(*value, problems, [&](const config::Value& item) {
    RuntimeConfig runtime;
    read_runtime(item, problems, runtime);
    if (!runtime.url.empty() && std::ranges::contains(out, runtime.url, &RuntimeConfig::url)) {
      problems.add(item.at, "the runtime {} is listed twice", runtime.url);
    }
    out.push_back(std::move(runtime));
  });
}

void read_policy(const config::Value* value, config::Diagnostics& problems, NodeConfig& node) {
  if (value == nullptr) return;
  config::MapReader map(*value, problems);
  read_one_of(map, "authority", problems, {"file"}, node.policy_authority);
  map.optional("file", node.policy_file);
  map.finish();
}

void read_bus(const config::Value* value, config::Diagnostics& problems, NodeConfig& node) {
  if (value == nullptr) return;
  config::MapReader map(*value, problems);
  read_one_of(map, "backend", problems, {"peers"}, node.fabric.backend);
  if (const config::Value* tier = map.child("tier")) {
    node.fabric_tier_at = tier->at;
    config::read(*tier, problems, node.fabric.tier);
  }
  if (const config::Value* interval = map.child("interval");
      interval != nullptr && config::read(*interval, problems, node.fabric.interval) &&
      (node.fabric.interval < Milliseconds{20} || node.fabric.interval > Milliseconds{10'000})) {
    problems.add(interval->at, "must be from 20ms to 10s");
  }
  map.finish();
}

// The name of a SPIFFE trust domain: lower-case letters, digits and ".-_".
void check_trust_domain(const config::Value* value, config::Diagnostics& problems, const std::string& name) {
  if (value == nullptr || name.empty()) return;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  if (name.size() > 255 || !std::ranges::all_of(name, allowed)) {
    problems.add(value->at,
                 "a trust domain is lower-case letters, digits, '.', '-' and '_', like fabric.example, not {}",
                 excerpt(name));
  }
}

void read_identity(config::MapReader& map, config::Diagnostics& problems, NodeConfig& node) {
  if (const config::Value* site = map.required_child("site")) {
    node.site_at = site->at;
    config::read(*site, problems, node.site);
  }
  node.router_at = map.at();
  if (const config::Value* router = map.child("router")) {
    node.router_at = router->at;
    config::read(*router, problems, node.router);
  }
  map.required("trust_domain", node.trust_domain);
  check_trust_domain(map.child("trust_domain"), problems, node.trust_domain);
}

// Every listener of the router and of te: they share the machine. A default has no place of its own; the mistake is
// then at the key that meets it.
class Claims {
 public:
  Claims(const config::Value& root, config::Diagnostics& problems) : root_(root), problems_(problems) {}
  void add(std::string_view section, std::string_view key, const Endpoint& endpoint, std::string text = {}) {
    if (text.empty()) text = endpoint.to_string();
    const config::Value* map = root_.find(section);
    const config::Value* value = map == nullptr ? nullptr : map->find(key);
    const Claim claim{formatted("{}.{}", section, key), endpoint, std::move(text), value};
    for (const Claim& other : claims_) {
      if (endpoint.overlaps(other.endpoint)) report(claim, other);
    }
    claims_.push_back(claim);
  }

 private:
  struct Claim {
    std::string key;
    Endpoint endpoint;
    std::string text;
    const config::Value* value;
  };
  void report(const Claim& claim, const Claim& other) {
    const bool swap = claim.value == nullptr && other.value != nullptr;
    const Claim& here = swap ? other : claim;
    const Claim& there = swap ? claim : other;
    const config::Location& at = here.value != nullptr ? here.value->at : root_.at;
    if (here.endpoint == there.endpoint) return problems_.add(at, "{} is {} already", here.text, there.key);
    problems_.add(at, "{} overlaps {}, which is {}", here.text, there.key, there.text);
  }
  const config::Value& root_;
  config::Diagnostics& problems_;
  std::vector<Claim> claims_;
};

void check_listeners(const config::Value& root, config::Diagnostics& problems, const NodeConfig& node) {
  Claims claims(root, problems);
  claims.add("listen", "openai", node.listen.openai);
  // The tier addresses are in the fabric file; one that is nobody's stands for them.
  claims.add("listen", "peers", Endpoint{.host = "100::", .port = node.listen.peers, .unix_path = {}},
             formatted("port {} of the tier addresses", node.listen.peers));
  claims.add("listen", "admin", node.listen.admin);
  claims.add("listen", "metrics", node.listen.metrics);
  if (node.listen.gnmi) claims.add("listen", "gnmi", *node.listen.gnmi);
  claims.add("te", "socket", Endpoint{.host = {}, .port = 0, .unix_path = node.te.socket});
  claims.add("te", "metrics", node.te.metrics);
}

NodeConfig read_node(const config::Value& root, config::Diagnostics& problems) {
  NodeConfig node;
  config::MapReader map(root, problems);
  read_identity(map, problems, node);
  read_tls(map.required_child("tls"), problems, node.tls);
  read_listen(map.child("listen"), problems, node.listen);
  read_te(map.child("te"), problems, node.te);
  read_runtimes(map.child("runtimes"), problems, node.runtimes);
  read_policy(map.child("policy"), problems, node);
  read_bus(map.child("fabric"), problems, node);
  map.optional("state", node.state);
  if (const config::Value* threads = map.child("threads");
      threads != nullptr && config::read(*threads, problems, node.threads) && node.threads > kMostThreads) {
    problems.add(threads->at, "must be from 0 (one a core) to {}", kMostThreads);
  }
  map.finish();
  check_listeners(root, problems, node);
  return node;
}

}  // namespace

Result<NodeConfig> parse_node(std::string_view text, const std::string& name) {
  config::Diagnostics problems;
  const auto root = config::parse_text(text, name, problems);
  if (!root) return std::unexpected(problems.error());
  NodeConfig node = read_node(*root, problems);
  if (!problems.empty()) return std::unexpected(problems.error());
  return node;
}

Result<NodeConfig> load_node(const std::string& path) {
  return read_file(path, kMostBytes).and_then([&path](const std::string& text) { return parse_node(text, path); });
}

Result<void> check_node(const NodeConfig& node, const FabricConfig& fabric) {
  config::Diagnostics problems;
  Names sites;
  for (const auto& [name, site] : fabric.sites) sites.insert(name.str());
  known_name(node.site_at, problems, "site", node.site.str(), sites);
  if (const SiteConfig* site = fabric.site(node.site)) {
    Names routers;
    for (const RouterName& router : site->routers) routers.insert(router.str());
    known_name(node.router_at, problems, "router", node.router.str(), routers);
  }
  Names tiers;
  for (const TierConfig& tier : fabric.tiers) tiers.insert(tier.name.str());
  if (!node.fabric.tier.empty()) known_name(node.fabric_tier_at, problems, "tier", node.fabric.tier.str(), tiers);
  if (!problems.empty()) return std::unexpected(problems.error());
  return {};
}

}  // namespace pathwise::policy
