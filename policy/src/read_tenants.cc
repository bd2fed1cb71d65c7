// SPDX-License-Identifier: Apache-2.0
// Sections tenants and residency.
#include <algorithm>

#include "base/string_util.h"
#include "policy/policy_snapshot.h"
#include "reading.h"

namespace pathwise::policy {
namespace {

void read_labels(const config::Value& value, config::Diagnostics& problems, std::map<std::string, std::string>& out) {
  for_each_entry(value, problems, [&](const config::Entry& entry) {
    std::string text;
    if (!config::read(entry.value, problems, text)) return;
    if (!is_label_text(entry.key) || !is_label_text(text)) {
      problems.add(entry.at, "a label is 1 to 63 letters, digits and '._-/' on each side, like 'data: personal-eu'");
      return;
    }
    out.emplace(entry.key, std::move(text));
  });
}

void read_key(const config::Value& value, Reading& reading, TenantConfig& tenant) {
  ApiKeyConfig key;
  config::MapReader map(value, reading.problems);
  const config::Value* id = map.required_child("id");
  const config::Value* scrypt = map.required_child("scrypt");
  map.finish();
  if (id == nullptr || scrypt == nullptr) return;
  if (!config::read(*id, reading.problems, key.id) || !config::read(*scrypt, reading.problems, key.scrypt)) return;
  if (api_key_id("pw-" + key.id + "-12345678") != key.id) {
    reading.problems.add(id->at, "a key id must be 1 to 32 lower-case letters and digits, not {}", excerpt(key.id));
  }
  const auto same_id = [&key](const ApiKeyConfig& other) { return other.id == key.id; };
  for (const TenantConfig& other : reading.config.tenants) {
    if (std::ranges::any_of(other.keys, same_id)) {
      reading.problems.add(id->at, "key id '{}' is of tenant '{}' already; ids are unique in the fabric", key.id,
                           other.name);
    }
  }
  if (std::ranges::any_of(tenant.keys, same_id)) reading.problems.add(id->at, "key id '{}' is listed twice", key.id);
  if (const auto good = check_scrypt(key.scrypt); !good) reading.problems.append(scrypt->at, good.error().message);
  tenant.keys.push_back(std::move(key));
}

void read_entitlement(config::MapReader& map, Reading& reading, TenantConfig& tenant) {
  const config::Value* tiers = map.required_child("tiers");
  const config::Value* standard = map.child("default_tier");
  if (tiers == nullptr) return;
  const auto names = read_texts(*tiers, reading.problems, [&reading](const config::Value& item) {
    return known_name(item.at, reading.problems, "tier", item.scalar, reading.tiers);
  });
  for (const std::string& name : names) tenant.tiers.emplace_back(name);
  if (tiers->kind != config::Value::Kind::kSequence) return;
  if (tiers->items.empty()) reading.problems.add(tiers->at, "is empty; a tenant needs at least one tier");
  if (standard != nullptr) {
    if (!config::read(*standard, reading.problems, tenant.default_tier)) return;
    const auto written = [&](const config::Value& item) { return item.scalar == tenant.default_tier.str(); };
    if (std::ranges::none_of(tiers->items, written)) {
      reading.problems.add(standard->at, "default_tier '{}' is not one of the tenant's tiers: {}", tenant.default_tier,
                           alternatives(Names(names.begin(), names.end())));
    }
  } else if (tiers->items.size() == 1 && names.size() == 1) {
    tenant.default_tier = tenant.tiers.front();
  } else if (tiers->items.size() > 1) {
    reading.problems.add(map.at(), "default_tier is missing; with several tiers, say which one a request gets");
  }
}

void read_tenant(const config::Entry& entry, Reading& reading) {
  TenantConfig tenant;
  tenant.name = TenantName(entry.key);
  check_label(entry.at, reading.problems, "tenant", entry.key);
  config::MapReader map(entry.value, reading.problems);
  if (const config::Value* keys = map.child("keys")) {
    for_each_item(*keys, reading.problems, [&](const config::Value& item) { read_key(item, reading, tenant); });
  }
  read_entitlement(map, reading, tenant);
  map.optional("tokens_per_minute", tenant.tokens_per_minute);
  if (const config::Value* labels = map.child("labels")) read_labels(*labels, reading.problems, tenant.labels);
  map.finish();
  reading.config.tenants.push_back(std::move(tenant));
}

void read_match(const config::Value& value, Reading& reading, ResidencyRule& rule) {
  config::MapReader map(value, reading.problems);
  if (const config::Value* labels = map.child("labels")) read_labels(*labels, reading.problems, rule.match_labels);
  if (const config::Value* tenants = map.child("tenants")) {
    const auto names = read_texts(*tenants, reading.problems, [&reading](const config::Value& item) {
      return known_name(item.at, reading.problems, "tenant", item.scalar, reading.tenants);
    });
    for (const std::string& name : names) rule.match_tenants.emplace_back(name);
    if (tenants->kind == config::Value::Kind::kSequence && tenants->items.empty()) {
      reading.problems.add(tenants->at, "is empty; leave it out to match every tenant");
    }
  }
  map.finish();
}

void read_allow(const config::Value& value, Reading& reading, ResidencyRule& rule) {
  config::MapReader map(value, reading.problems);
  if (const config::Value* list = map.child("jurisdictions")) {
    Names known;
    for (const auto& [name, site] : reading.config.sites)
      known.insert(site.jurisdictions.begin(), site.jurisdictions.end());
    rule.allow_jurisdictions = read_texts(*list, reading.problems, [&](const config::Value& item) {
      return check_token(item.at, reading.problems, "jurisdiction", item.scalar) &&
             known_name(item.at, reading.problems, "jurisdiction", item.scalar, known);
    });
  }
  if (const config::Value* list = map.child("sites")) {
    const auto names = read_texts(*list, reading.problems, [&reading](const config::Value& item) {
      return known_name(item.at, reading.problems, "site", item.scalar, reading.sites);
    });
    for (const std::string& name : names) rule.allow_sites.emplace_back(name);
  }
  map.finish();
  const auto items = [&value](std::string_view key) {
    const config::Value* list = value.find(key);
    return list == nullptr ? 0 : list->items.size();
  };
  if (value.kind == config::Value::Kind::kMap && items("jurisdictions") + items("sites") == 0) {
    reading.problems.add(value.at, "allows no site; list jurisdictions or sites");
  }
}

}  // namespace

void read_tenants(const config::Value* section, Reading& reading) {
  if (section == nullptr) return;
  for_each_entry(*section, reading.problems, [&](const config::Entry& entry) { read_tenant(entry, reading); });
}

void read_residency(const config::Value* section, Reading& reading) {
  if (section == nullptr) return;
  for_each_item(*section, reading.problems, [&](const config::Value& item) {
    ResidencyRule rule;
    rule.name = "residency[" + std::to_string(reading.config.residency.size()) + "]";
    config::MapReader map(item, reading.problems);
    if (const config::Value* name = map.child("name");
        name != nullptr && config::read(*name, reading.problems, rule.name)) {
      check_label(name->at, reading.problems, "rule", rule.name);
      if (std::ranges::contains(reading.config.residency, rule.name, &ResidencyRule::name)) {
        reading.problems.add(name->at, "a rule '{}' exists already", rule.name);
      }
    }
    if (const config::Value* match = map.required_child("match")) read_match(*match, reading, rule);
    if (const config::Value* allow = map.required_child("allow")) read_allow(*allow, reading, rule);
    map.finish();
    reading.config.residency.push_back(std::move(rule));
  });
}

}  // namespace pathwise::policy
