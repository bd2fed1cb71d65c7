// SPDX-License-Identifier: Apache-2.0
// The compiled policy: what the request path evaluates. Immutable; each thread holds its own
// pointer. evaluate() is pure and is the only place where entitlement and residency are decided:
// the request path, `explain` and `policy simulate` all call it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "policy/fabric_config.h"

namespace pathwise::policy {

struct Labels {
  std::vector<std::pair<std::string, std::string>> items;  // sorted by key, unique
  // "data=personal-eu,team=x" (x-pathwise-labels). At most 16 labels; keys and values are 1 to 63 of
  // letters, digits and "._-/".
  [[nodiscard]] static Result<Labels> parse(std::string_view header);
  [[nodiscard]] std::string to_string() const;
};

struct PolicyRequest {
  const TenantConfig* tenant = nullptr;
  std::string_view tier;   // x-pathwise-tier; empty: the tenant's default
  std::string_view model;  // name or alias
  Labels labels;           // of the request; the tenant's own are added, and win
};

// Why a site may not serve, and which rule said so.
struct SiteVerdict {
  SiteName site;
  bool allowed = true;
  std::string rule;  // "residency[0]: jurisdiction DE is not one of IN"
};

// Verdicts in the order of PolicySnapshot::sites(), and their `allowed` once more, dense.
struct SiteVerdicts {
  std::vector<SiteVerdict> sites;
  std::vector<std::uint8_t> allowed;
};

struct PolicyDecision {
  const TierConfig* tier = nullptr;
  const ModelConfig* model = nullptr;
  std::span<const SiteVerdict> sites;         // in the order of PolicySnapshot::sites()
  std::span<const std::uint8_t> allowed;      // of each: 0 or 1
  std::shared_ptr<const SiteVerdicts> owner;  // of both, which therefore outlive the snapshot
};

class PolicySnapshot {
 public:
  // `revision` counts loads; cross-references were validated by load_fabric().
  PolicySnapshot(FabricConfig config, std::uint64_t revision);
  PolicySnapshot(const PolicySnapshot&) = delete;
  PolicySnapshot& operator=(const PolicySnapshot&) = delete;

  [[nodiscard]] const FabricConfig& config() const { return config_; }
  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  [[nodiscard]] const std::string& hash() const { return config_.hash; }
  [[nodiscard]] const std::vector<SiteName>& sites() const { return sites_; }  // sorted

  // The tenant whose key this is; nullptr: none. A key is "pw-<key id>-<secret>": only the hash of
  // that id is computed (one scrypt, tens of milliseconds), and none at all for another form, an
  // unknown id or more than kMaxApiKeyBytes. Callers cache the answer, nullptr too, by a digest of the
  // key, and bound how many unseen keys they try in a second; known_key_id() is the cheap first look.
  [[nodiscard]] const TenantConfig* authenticate(std::string_view api_key) const;
  // Whether the key has the right form and an id of this policy: says nothing about its secret.
  [[nodiscard]] bool known_key_id(std::string_view api_key) const;
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
  std::shared_ptr<const Index> index_;  // points into config_: a snapshot is neither copied nor moved
};
using PolicySnapshotPtr = std::shared_ptr<const PolicySnapshot>;

inline constexpr std::size_t kMaxApiKeyBytes = 256;

// The id in "pw-<key id>-<secret>"; nullopt: not of that form. Ids are lower-case letters and digits
// (they cannot contain the dash); the secret is at least 8 characters.
[[nodiscard]] std::optional<std::string_view> api_key_id(std::string_view api_key);

struct ScryptCost {
  std::uint64_t n = 16384;  // power of two; memory is 128 * n * r bytes, at most 64 MiB
  std::uint64_t r = 8;
  std::uint64_t p = 1;
};
// "scrypt:N=…,r=…,p=…:salt:hash" for a new key (CLI, lab set-up). At least 8 bytes of salt.
[[nodiscard]] Result<std::string> hash_api_key(std::string_view api_key, std::span<const std::uint8_t> salt,
                                               ScryptCost cost = {});

}  // namespace pathwise::policy
