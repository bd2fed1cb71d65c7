// SPDX-License-Identifier: Apache-2.0
#include "policy/fabric_config.h"

#include <xxhash.h>

#include <algorithm>

#include "base/format.h"
#include "base/process.h"
#include "base/string_util.h"
#include "reading.h"

namespace pathwise::policy {
namespace {

constexpr std::size_t kMostBytes = 4U << 20;  // as config::parse_text

void read_aggregate(config::MapReader& map, Reading& reading) {
  const config::Value* value = map.required_child("tier_aggregate");
  if (value == nullptr || !config::read(*value, reading.problems, reading.config.tier_aggregate)) return;
  const Ipv6Prefix& aggregate = reading.config.tier_aggregate;
  if (aggregate.length < 8 || aggregate.length > 63) {
    // te makes everything in it unreachable but the tiers' own routes.
    reading.problems.add(value->at, "must be a prefix from /8 to /63 that holds every tier prefix, not {}", aggregate);
    return;
  }
  for (const auto& [algorithm, block] : reading.config.srv6.blocks) {
    if (aggregate.contains(block) || block.contains(aggregate)) {
      reading.problems.add(value->at, "{} overlaps the SRv6 block {} of algorithm {}", aggregate, block, algorithm);
    }
  }
}

void read_root(const config::Value& root, Reading& reading) {
  config::MapReader map(root, reading.problems);
  const config::Value* sites = map.required_child("sites");
  const config::Value* tiers = map.required_child("tiers");
  const config::Value* tenants = map.child("tenants");
  const config::Value* affinities = map.child("affinities");
  const config::Value* flex_algos = map.child("flex_algos");
  reading.sites = keys_of(sites);
  reading.tiers = keys_of(tiers);
  reading.tenants = keys_of(tenants);
  reading.affinities = keys_of(affinities);
  reading.flex_algos = keys_of(flex_algos);
  read_affinities(affinities, reading);
  read_srv6(map.child("srv6"), reading);
  read_aggregate(map, reading);
  read_flex_algos(flex_algos, reading);
  read_tiers(tiers, reading);
  read_sites(sites, reading);
  read_models(map.required_child("models"), reading);
  read_tenants(tenants, reading);
  read_residency(map.child("residency"), reading);
  map.finish();
}

}  // namespace

const TierConfig* FabricConfig::tier(const TierName& name) const {
  const auto found = std::ranges::find(tiers, name, &TierConfig::name);
  return found == tiers.end() ? nullptr : &*found;
}

const SiteConfig* FabricConfig::site(const SiteName& name) const {
  const auto found = sites.find(name);
  return found == sites.end() ? nullptr : &found->second;
}

Ipv6Address FabricConfig::router_address(const Ipv6Prefix& prefix, std::size_t router) {
  return prefix.host(static_cast<std::uint16_t>(router));
}

Ipv6Address FabricConfig::probe_address(const Ipv6Prefix& prefix, std::size_t router, std::size_t candidate,
                                        std::size_t list) {
  Ipv6Address address = prefix.host(static_cast<std::uint16_t>(0x0100 * (candidate + 1) + router));
  address.set_group(6, static_cast<std::uint16_t>(list));
  return address;
}

std::vector<const ExplicitPath::List*> ExplicitPath::between(const SiteName& from, const SiteName& to) const {
  std::vector<const List*> found;
  for (const List& list : lists) {
    if (list.from == from && list.to == to) found.push_back(&list);
  }
  return found;
}

std::size_t ExplicitPath::most_lists() const {
  std::size_t most = 0;
  for (const List& list : lists) most = std::max(most, between(list.from, list.to).size());
  return most;
}

Result<FabricConfig> parse_fabric(std::string_view text, const std::string& name) {
  config::Diagnostics problems;
  const auto root = config::parse_text(text, name, problems);
  if (!root) return std::unexpected(problems.error());
  Reading reading{.problems = problems};
  read_root(*root, reading);
  if (!problems.empty()) return std::unexpected(problems.error());
  reading.config.hash = formatted("{:016x}", XXH3_64bits(text.data(), text.size()));
  return std::move(reading.config);
}

Result<FabricConfig> load_fabric(const std::string& path) {
  return read_file(path, kMostBytes).and_then([&path](const std::string& text) { return parse_fabric(text, path); });
}

}  // namespace pathwise::policy
