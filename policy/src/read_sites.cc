// SPDX-License-Identifier: Apache-2.0
// Section sites.
#include <algorithm>

#include "base/string_util.h"
#include "reading.h"

namespace pathwise::policy {
namespace {

constexpr std::uint16_t kFirstFunction = 0xE000;  // node ids are below
constexpr std::uint8_t kTierPrefixLength = 64;
constexpr std::size_t kMostRouters = 255;  // addresses: 0x0100 * (k + 1) + n

bool overlap(const Ipv6Prefix& a, const Ipv6Prefix& b) {
  return a.contains(b) || b.contains(a);
}

void check_prefix(const config::Entry& entry, const Ipv6Prefix& prefix, Reading& reading) {
  const Ipv6Prefix& aggregate = reading.config.tier_aggregate;
  if (prefix.length != kTierPrefixLength) {
    reading.problems.add(entry.value.at, "a tier prefix must be a /{}, not {}", kTierPrefixLength, prefix);
  } else if (aggregate.length > 0 && !aggregate.contains(prefix)) {
    reading.problems.add(entry.value.at, "{} is outside tier_aggregate {}", prefix, aggregate);
  }
  for (const auto& [name, site] : reading.config.sites) {
    for (const auto& [tier, other] : site.prefixes) {
      if (!overlap(prefix, other)) continue;
      reading.problems.add(entry.value.at, "{} overlaps {} of site '{}', tier '{}'", prefix, other, name, tier);
    }
  }
}

void read_prefixes(const config::Value& value, Reading& reading, SiteConfig& site) {
  for_each_entry(value, reading.problems, [&](const config::Entry& entry) {
    known_name(entry.at, reading.problems, "tier", entry.key, reading.tiers);
    Ipv6Prefix prefix;
    if (!config::read(entry.value, reading.problems, prefix)) return;
    check_prefix(entry, prefix, reading);
    for (const auto& [tier, other] : site.prefixes) {
      if (overlap(prefix, other)) {
        reading.problems.add(entry.value.at, "{} overlaps {} of tier '{}' of the same site", prefix, other, tier);
      }
    }
    site.prefixes.emplace(TierName(entry.key), prefix);
  });
  if (value.kind != config::Value::Kind::kMap) return;
  for (const std::string& tier : reading.tiers) {
    if (value.find(tier) == nullptr)
      reading.problems.add(value.at, "no prefix for tier '{}'; each tier needs one", tier);
  }
}

void read_node_id(const config::Value& value, Reading& reading, SiteConfig& site) {
  std::uint16_t number = 0;
  if (!config::read(value, reading.problems, number)) return;
  if (number == 0 || number >= kFirstFunction) {
    reading.problems.add(value.at, "a node id must be from 1 to {} (below 0xe000), not {}", kFirstFunction - 1, number);
    return;
  }
  site.node_id = NodeId(number);
  for (const auto& [name, other] : reading.config.sites) {
    if (other.node_id == site.node_id) {
      reading.problems.add(value.at, "node id {} is that of site '{}' already", number, name);
    }
  }
}

void read_edge(config::MapReader& map, Reading& reading, SiteConfig& site) {
  const config::Value* edge = map.child("edge");
  const config::Value* node_id = map.child("node_id");
  const config::Value* address = map.child("edge_address");
  if (edge != nullptr && config::read(*edge, reading.problems, site.edge) &&
      check_token(edge->at, reading.problems, "edge", site.edge.str())) {
    for (const auto& [name, other] : reading.config.sites) {
      if (other.edge == site.edge) {
        reading.problems.add(edge->at, "'{}' is the edge of site '{}' already", site.edge, name);
      }
    }
    if (node_id == nullptr) reading.problems.add(edge->at, "a site with an edge router needs its node_id");
    if (reading.config.srv6.blocks.empty()) {
      reading.problems.add(edge->at, "a site with an edge router needs the section srv6");
    }
  }
  if (node_id != nullptr) {
    if (edge == nullptr) reading.problems.add(node_id->at, "node_id without edge: whose is it?");
    read_node_id(*node_id, reading, site);
  }
  if (address != nullptr) {
    if (edge == nullptr) reading.problems.add(address->at, "edge_address without edge: whose is it?");
    if (!config::read(*address, reading.problems, site.edge_address) || site.edge_address.is_unspecified()) return;
    for (const auto& [name, other] : reading.config.sites) {
      if (other.edge_address == site.edge_address) {
        reading.problems.add(address->at, "{} is the edge_address of site '{}' already", site.edge_address, name);
      }
    }
  }
}

void read_routers(const config::Value& value, Reading& reading, SiteConfig& site) {
  const auto names = read_texts(value, reading.problems, [&reading](const config::Value& item) {
    return check_label(item.at, reading.problems, "router", item.scalar);
  });
  if (value.kind != config::Value::Kind::kSequence) return;
  if (value.items.empty() || value.items.size() > kMostRouters) {
    reading.problems.add(value.at, "a site has from 1 to {} routers", kMostRouters);
    return;
  }
  site.routers.clear();
  for (const std::string& name : names) site.routers.emplace_back(name);
}

void read_site(const config::Entry& entry, Reading& reading) {
  SiteConfig site;
  site.name = SiteName(entry.key);
  check_label(entry.at, reading.problems, "site", entry.key);
  config::MapReader map(entry.value, reading.problems);
  map.required("region", site.region);
  if (const config::Value* list = map.required_child("jurisdictions")) {
    site.jurisdictions = read_texts(*list, reading.problems, [&reading](const config::Value& item) {
      return check_token(item.at, reading.problems, "jurisdiction", item.scalar);
    });
    if (list->kind == config::Value::Kind::kSequence && list->items.empty()) {
      reading.problems.add(list->at, "is empty; residency needs at least one jurisdiction, like [IN]");
    }
  }
  read_edge(map, reading, site);
  if (const config::Value* prefixes = map.required_child("prefixes")) read_prefixes(*prefixes, reading, site);
  if (const config::Value* routers = map.child("routers")) read_routers(*routers, reading, site);
  map.finish();
  reading.config.sites.emplace(site.name, std::move(site));
}

}  // namespace

void read_sites(const config::Value* section, Reading& reading) {
  if (section == nullptr) return;
  for_each_entry(*section, reading.problems, [&](const config::Entry& entry) { read_site(entry, reading); });
  if (section->kind == config::Value::Kind::kMap && section->entries.empty()) {
    reading.problems.add(section->at, "at least one site is needed");
  }
}

}  // namespace pathwise::policy
