// SPDX-License-Identifier: Apache-2.0
// The compiled policy: what the request path evaluates. Immutable; each thread holds its own
// pointer. evaluate() is pure and is the only place where entitlement and residency are decided:
// the request path, `explain` and `policy simulate` all call it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "policy/fabric_config.h"

namespace pathwise::policy {

struct Labels {
  std::vector<std::pair<std::string, std::string>> items;  // sorted by key, unique
  // "data=personal-eu,team=x" (x-pathwise-labels). At most 16 labels of 63 characters.
  [[nodiscard]] static Result<Labels> parse(std::string_view header);
  [[nodiscard]] std::string to_string() const;
};

struct PolicyRequest {
  const TenantConfig* tenant = nullptr;
  std::string_view tier;         // x-pathwise-tier; empty: the tenant's default
  std::string_view model;        // name or alias
  Labels labels;                 // of the request; the tenant's own are added
};

// Why a site may not serve, and which rule said so.
struct SiteVerdict {
  SiteName site;
  bool allowed = true;
  std::string rule;              // "residency[0]: jurisdiction DE is not one of IN"
};

struct PolicyDecision {
  const TierConfig* tier = nullptr;
  const ModelConfig* model = nullptr;
  std::vector<SiteVerdict> sites;   // in the order of PolicySnapshot::sites()
};

class PolicySnapshot {
 public:
  // `revision` counts loads; cross-references were validated by load_fabric().
  PolicySnapshot(FabricConfig config, std::uint64_t revision);

  [[nodiscard]] const FabricConfig& config() const { return config_; }
  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  [[nodiscard]] const std::string& hash() const { return config_.hash; }
  [[nodiscard]] const std::vector<SiteName>& sites() const { return sites_; }  // sorted

  // The tenant whose key this is; nullptr: none. Costly once per key (scrypt) unless it was seen
  // before: callers cache by key digest (router/openai/authenticator).
  [[nodiscard]] const TenantConfig* authenticate(std::string_view api_key) const;
  [[nodiscard]] const TenantConfig* tenant(const TenantName& name) const;
  [[nodiscard]] const ModelConfig* model(std::string_view name_or_alias) const;

  // Errors: kPermissionDenied (tier not entitled), kInvalidArgument (unknown tier), kNotFound (unknown model).
  [[nodiscard]] Result<PolicyDecision> evaluate(const PolicyRequest& request) const;

 private:
  FabricConfig config_;
  std::uint64_t revision_;
  std::vector<SiteName> sites_;
  // Indexes into config_ are in the implementation.
  struct Index;
  std::shared_ptr<const Index> index_;
};
using PolicySnapshotPtr = std::shared_ptr<const PolicySnapshot>;

// "scrypt:N=…,r=…,p=…:salt:hash" for a new key (CLI, lab set-up).
[[nodiscard]] Result<std::string> hash_api_key(std::string_view api_key, std::span<const std::uint8_t> salt);

}  // namespace pathwise::policy
