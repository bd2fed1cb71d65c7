// SPDX-License-Identifier: Apache-2.0
// fabric.yaml as written: parsed and validated, immutable. The same for every node of the fabric.
// Field by field: docs/policy-reference.md. Reading is a matter of start-up and reload: any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/config.h"
#include "base/ids.h"
#include "base/ip.h"
#include "base/units.h"

namespace pathwise::policy {

struct SiteConfig {
  SiteName name;
  std::string region;
  std::vector<std::string> jurisdictions;
  NodeName edge;             // empty: a site without SRv6, underlay only
  NodeId node_id;            // of the edge router; 0 without SRv6
  Ipv6Address edge_address;  // the edge router's loopback, PCEP END-POINTS; unspecified: none given
  std::map<TierName, Ipv6Prefix> prefixes;
  std::vector<RouterName> routers{RouterName{"r1"}};  // the n-th owns <prefix>::n, from 1
};

enum class Optimise { kIgp, kTe, kDelay };

struct PcepPath {
  Optimise optimise = Optimise::kDelay;
  std::optional<Microseconds> max_delay;
  std::optional<BitsPerSecond> bandwidth;
  std::vector<std::string> exclude_any;  // affinity names
};
struct FlexAlgoPath {
  Algorithm algorithm;
};
// Segment lists by configuration (RFC 9256 section 2.3: origin "local"), for pairs of sites.
struct ExplicitPath {
  struct List {
    SiteName from, to;
    std::uint8_t weight = 1;            // its share of the flows among the pair's lists
    std::vector<Ipv6Address> segments;  // to the far edge; te appends its uDT6
  };
  std::vector<List> lists;
  [[nodiscard]] std::vector<const List*> between(const SiteName& from, const SiteName& to) const;
  [[nodiscard]] std::size_t most_lists() const;  // of any pair: so many probe addresses each site has for it
};
struct BestEffortPath {};
struct UnderlayPath {};
using PathConfig = std::variant<PcepPath, FlexAlgoPath, ExplicitPath, BestEffortPath, UnderlayPath>;

enum class Objective { kTtft, kE2e, kCost };

struct TierConfig {
  TierName name;
  Color color;
  Objective objective = Objective::kE2e;
  Microseconds budget{};          // ttft/e2e: target; cost: deadline
  std::vector<PathConfig> paths;  // in order of preference; best_effort is appended unless strict
  bool strict = false;
  std::optional<Microseconds> queue_timeout;
};

struct FlexAlgoConfig {
  Algorithm algorithm;
  std::string metric = "igp";                                      // "igp", "min-delay", "te"
  std::vector<std::string> exclude_any, include_any, include_all;  // affinity names
  std::vector<std::uint32_t> exclude_srlg;                         // ascending
  std::uint8_t priority = 128;                                     // of the definition (RFC 9350 section 5.1)
};

struct Srv6Config {
  std::map<Algorithm, Ipv6Prefix> blocks;
  std::uint16_t udt6_function = 0xfe00;
  std::uint16_t ua_function = 0xf000;  // of the uA to the neighbour with node id N: ua_function + N
  std::uint32_t path_mtu = 0;          // the narrowest link's, in octets; 0: the hosts' own interface is the narrowest
};

struct ApiKeyConfig {
  std::string id;      // unique in the fabric; the middle of "pw-<id>-<secret>"
  std::string scrypt;  // "scrypt:N=16384,r=8,p=1:<salt base64>:<hash base64>", of the whole key
};

struct TenantConfig {
  TenantName name;
  std::vector<ApiKeyConfig> keys;
  std::vector<TierName> tiers;
  TierName default_tier;
  std::uint64_t tokens_per_minute = 0;        // 0: no limit
  std::map<std::string, std::string> labels;  // added to each request of the tenant
};

struct ResidencyRule {
  std::string name;  // "residency[0]" unless named
  std::map<std::string, std::string> match_labels;
  std::vector<TenantName> match_tenants;         // empty: any
  std::vector<std::string> allow_jurisdictions;  // any of these
  std::vector<SiteName> allow_sites;             // or any of these
};

struct ModelConfig {
  ModelName name;
  std::vector<std::string> aliases;
  std::uint32_t context_tokens = 0;
  std::map<SiteName, double> price_per_million_tokens;  // default price under site ""
  double bytes_per_token = 4.0;                         // first guess of the learned ratio
};

struct FabricConfig {
  std::map<SiteName, SiteConfig> sites;
  Srv6Config srv6;
  std::map<std::string, unsigned> affinities;  // name → admin-group bit
  std::map<Algorithm, FlexAlgoConfig> flex_algos;
  std::vector<TierConfig> tiers;  // in file order
  std::vector<TenantConfig> tenants;
  std::vector<ResidencyRule> residency;
  std::vector<ModelConfig> models;
  Ipv6Prefix tier_aggregate;  // covers every tier prefix; `tier_aggregate:` in the file
  std::string hash;           // xxh3 of the file's text, 16 hex digits

  [[nodiscard]] const TierConfig* tier(const TierName& name) const;
  [[nodiscard]] const SiteConfig* site(const SiteName& name) const;
  // `prefix`::n for router n (from 1); probe address of candidate k (from 0) of router n: `prefix`::<k+1>:0n,
  // i.e. host part 0x0100*(k+1)+n; of the candidate's segment list l (from 0) the 16 bits before that are l.
  [[nodiscard]] static Ipv6Address router_address(const Ipv6Prefix& prefix, std::size_t router);
  [[nodiscard]] static Ipv6Address probe_address(const Ipv6Prefix& prefix, std::size_t router, std::size_t candidate,
                                                 std::size_t list = 0);
};

// Everything that is wrong, with file:line:col, in one Error.
[[nodiscard]] Result<FabricConfig> load_fabric(const std::string& path);
[[nodiscard]] Result<FabricConfig> parse_fabric(std::string_view text, const std::string& name);

}  // namespace pathwise::policy
