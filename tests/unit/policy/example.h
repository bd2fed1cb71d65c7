// SPDX-License-Identifier: Apache-2.0
// The fabric of the documentation, and a way to break one line of it.
#pragma once

#include <string>
#include <string_view>

namespace pathwise::policy {

inline constexpr std::string_view kFabric = R"(sites:
  mumbai:    {region: ap-south, jurisdictions: [IN], edge: r-mum, node_id: 1, edge_address: "fd00:9::1", prefixes: {realtime: "fd00:1:a::/64", standard: "fd00:1:b::/64", batch: "fd00:1:c::/64"}}
  singapore: {region: ap-southeast, jurisdictions: [SG], edge: r-sin, node_id: 4, prefixes: {realtime: "fd00:1:4a::/64", standard: "fd00:1:4b::/64", batch: "fd00:1:4c::/64"}, routers: [r1, r2]}
  paris:     {region: eu-west, jurisdictions: [FR, EU], prefixes: {realtime: "fd00:1:5a::/64", standard: "fd00:1:5b::/64", batch: "fd00:1:5c::/64"}}
tier_aggregate: "fd00:1::/32"
srv6: {blocks: {0: "fcbb:bb00::/32", 128: "fcbb:bb80::/32", 129: "fcbb:bb81::/32"}, udt6_function: fe00}
affinities: {premium: 0, bulk: 1, cross: 2}
flex_algos:
  128: {metric: min-delay}
  129: {metric: igp, exclude_any: [premium]}
tiers:
  realtime: {color: 10, objective: {ttft: 300ms}, paths: [{pcep: {optimise: delay, max_delay: 30ms, bandwidth: 200Mbps}}, {flex_algo: 128}], strict: false}
  standard: {color: 20, objective: {e2e: 20s}, paths: [{flex_algo: 128}]}
  batch:    {color: 30, objective: {cost: {deadline: 1h}}, paths: [{flex_algo: 129}]}
tenants:
  acme: {keys: [{id: k1, scrypt: "scrypt:N=1024,r=8,p=1:c2FsdHNhbHQ=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}], tiers: [realtime, batch], default_tier: batch, tokens_per_minute: 2M}
  eu-bank: {tiers: [standard], labels: {data: personal-eu}}
residency:
  - {match: {labels: {data: personal-eu}}, allow: {jurisdictions: [EU]}}
  - {name: acme-asia, match: {tenants: [acme]}, allow: {jurisdictions: [IN], sites: [singapore]}}
models:
  llama-70b: {aliases: [gpt-4o-like], context: 128k, price_per_million_tokens: {default: 0.6, mumbai: 0.4}}
  llama-8b: {context: 32k, price_per_million_tokens: 0.1}
)";

// kFabric with the first `from` replaced by `to`; empty if `from` is not there, so that a stale test fails.
inline std::string fabric_with(std::string_view from, std::string_view to) {
  std::string text(kFabric);
  const std::size_t at = text.find(from);
  if (at == std::string::npos) return {};
  return text.replace(at, from.size(), to);
}

}  // namespace pathwise::policy
