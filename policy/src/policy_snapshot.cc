// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_snapshot.h"

#include <algorithm>
#include <unordered_map>

#include "api_key.h"
#include "base/format.h"
#include "base/string_util.h"

namespace pathwise::policy {
namespace {

struct KeyOwner {
  StoredKey key;
  const TenantConfig* tenant;
};

std::string join(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

// Why `rule` refuses `site`; empty: it does not.
std::string refusal(const ResidencyRule& rule, const SiteConfig& site) {
  if (std::ranges::contains(rule.allow_sites, site.name)) return {};
  for (const std::string& jurisdiction : site.jurisdictions) {
    if (std::ranges::contains(rule.allow_jurisdictions, jurisdiction)) return {};
  }
  if (rule.allow_jurisdictions.empty()) return formatted("{}: site {} is not allowed", rule.name, site.name);
  return formatted("{}: jurisdiction {} is not one of {}", rule.name, join(site.jurisdictions),
                   join(rule.allow_jurisdictions));
}

// A label of the request as the rules see it: the tenant's own wins, so that no request can talk
// itself out of what the operator has decided about its tenant.
const std::string* effective_label(const PolicyRequest& request, const std::string& key) {
  if (request.tenant != nullptr) {
    const auto own = request.tenant->labels.find(key);
    if (own != request.tenant->labels.end()) return &own->second;
  }
  const auto found = std::ranges::find(request.labels.items, key, &std::pair<std::string, std::string>::first);
  return found == request.labels.items.end() ? nullptr : &found->second;
}

bool matches(const ResidencyRule& rule, const PolicyRequest& request) {
  if (!rule.match_tenants.empty() &&
      (request.tenant == nullptr || !std::ranges::contains(rule.match_tenants, request.tenant->name))) {
    return false;
  }
  return std::ranges::all_of(rule.match_labels, [&request](const auto& wanted) {
    const std::string* value = effective_label(request, wanted.first);
    return value != nullptr && *value == wanted.second;
  });
}

// Every rule must be satisfied; the first that is not gives its name.
void restrict(SiteVerdicts& verdicts, const SiteVerdicts& by_rule) {
  for (std::size_t i = 0; i < verdicts.sites.size(); ++i) {
    if (!verdicts.sites[i].allowed || by_rule.sites[i].allowed) continue;
    verdicts.sites[i] = by_rule.sites[i];
    verdicts.allowed[i] = 0;
  }
}

void add(SiteVerdicts& verdicts, SiteVerdict verdict) {
  verdicts.allowed.push_back(verdict.allowed ? 1 : 0);
  verdicts.sites.push_back(std::move(verdict));
}

}  // namespace

struct PolicySnapshot::Index {
  std::unordered_map<std::string_view, KeyOwner> keys;  // by key id
  std::unordered_map<std::string_view, const TenantConfig*> tenants;
  std::unordered_map<std::string_view, const ModelConfig*> models;  // by name and alias
  std::unordered_map<std::string_view, const TierConfig*> tiers;
  // Verdicts are computed once a rule, so that the usual request (no rule or one) allocates nothing.
  std::shared_ptr<const SiteVerdicts> unrestricted;
  std::vector<std::shared_ptr<const SiteVerdicts>> by_rule;
};

PolicySnapshot::PolicySnapshot(FabricConfig config, std::uint64_t revision)
    : config_(std::move(config)), revision_(revision) {
  auto index = std::make_shared<Index>();
  for (const TenantConfig& tenant : config_.tenants) {
    index->tenants.emplace(tenant.name.str(), &tenant);
    for (const ApiKeyConfig& key : tenant.keys) {
      // A key that does not parse was refused by load_fabric(); here it authenticates nobody.
      if (auto stored = StoredKey::parse(key.scrypt)) {
        index->keys.emplace(key.id, KeyOwner{*std::move(stored), &tenant});
      }
    }
  }
  for (const ModelConfig& model : config_.models) {
    index->models.emplace(model.name.str(), &model);
    for (const std::string& alias : model.aliases) index->models.emplace(alias, &model);
  }
  for (const TierConfig& tier : config_.tiers) index->tiers.emplace(tier.name.str(), &tier);
  SiteVerdicts open;
  for (const auto& [name, site] : config_.sites) {
    sites_.push_back(name);
    add(open, {.site = name});
  }
  index->unrestricted = std::make_shared<const SiteVerdicts>(std::move(open));
  for (const ResidencyRule& rule : config_.residency) {
    SiteVerdicts verdicts;
    for (const auto& [name, site] : config_.sites) {
      std::string reason = refusal(rule, site);
      const bool allowed = reason.empty();
      add(verdicts, {name, allowed, std::move(reason)});
    }
    index->by_rule.push_back(std::make_shared<const SiteVerdicts>(std::move(verdicts)));
  }
  index_ = std::move(index);
}

bool PolicySnapshot::known_key_id(std::string_view api_key) const {
  const auto id = api_key_id(api_key);
  return id && index_->keys.contains(*id);
}

const TenantConfig* PolicySnapshot::authenticate(std::string_view api_key) const {
  const auto id = api_key_id(api_key);
  if (!id) return nullptr;
  const auto found = index_->keys.find(*id);
  if (found == index_->keys.end() || !found->second.key.matches(api_key)) return nullptr;
  return found->second.tenant;
}

const TenantConfig* PolicySnapshot::tenant(const TenantName& name) const {
  const auto found = index_->tenants.find(name.str());
  return found == index_->tenants.end() ? nullptr : found->second;
}

const ModelConfig* PolicySnapshot::model(std::string_view name_or_alias) const {
  const auto found = index_->models.find(name_or_alias);
  return found == index_->models.end() ? nullptr : found->second;
}

Result<PolicyDecision> PolicySnapshot::evaluate(const PolicyRequest& request) const {
  if (request.tenant == nullptr) return fail(ErrorCode::kPermissionDenied, "no tenant");
  PolicyDecision decision;
  const std::string_view tier_name = request.tier.empty() ? request.tenant->default_tier.str() : request.tier;
  const auto tier = index_->tiers.find(tier_name);
  if (tier == index_->tiers.end()) return fail(ErrorCode::kInvalidArgument, "unknown tier {}", excerpt(tier_name));
  decision.tier = tier->second;
  if (!std::ranges::contains(request.tenant->tiers, decision.tier->name)) {
    return fail(ErrorCode::kPermissionDenied, "tenant '{}' is not entitled to tier '{}'", request.tenant->name,
                decision.tier->name);
  }
  decision.model = model(request.model);
  if (decision.model == nullptr) return fail(ErrorCode::kNotFound, "unknown model {}", excerpt(request.model));
  std::shared_ptr<SiteVerdicts> several;
  for (std::size_t i = 0; i < config_.residency.size(); ++i) {
    if (!matches(config_.residency[i], request)) continue;
    if (decision.owner == nullptr) {
      decision.owner = index_->by_rule[i];
      continue;
    }
    if (several == nullptr) decision.owner = several = std::make_shared<SiteVerdicts>(*decision.owner);
    restrict(*several, *index_->by_rule[i]);
  }
  if (decision.owner == nullptr) decision.owner = index_->unrestricted;
  decision.sites = decision.owner->sites;
  decision.allowed = decision.owner->allowed;
  return decision;
}

}  // namespace pathwise::policy
