// SPDX-License-Identifier: Apache-2.0
#include "router/openai/authenticator.h"

#include <openssl/sha.h>

#include <cstring>

#include "base/string_util.h"

namespace pathwise::router::openai {

std::optional<std::string_view> bearer_key(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  constexpr std::size_t kMaxKey = 256;  // longer than every key that policy makes
  if (authorization.size() <= kScheme.size() || !iequals(authorization.substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  const std::string_view key = trim(authorization.substr(kScheme.size()));
  if (!key.starts_with("pw-") || key.size() > kMaxKey) return std::nullopt;
  return key;
}

KeyDigest digest_key(std::string_view key) {
  KeyDigest digest;
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
  return digest;
}

std::size_t KeyCache::Hash::operator()(const KeyDigest& digest) const noexcept {
  std::size_t word = 0;  // any 8 bytes of a SHA-256 are as good as a hash of it
  std::memcpy(&word, digest.data(), sizeof word);
  return word;
}

const KeyCache::Known* KeyCache::find(const KeyDigest& digest, std::uint64_t revision, SteadyTime now) {
  const auto found = entries_.find(digest);
  if (found == entries_.end()) return nullptr;
  const auto entry = found->second;
  if (entry->revision != revision || now >= entry->until) {
    recency_.erase(entry);
    entries_.erase(found);
    return nullptr;
  }
  recency_.splice(recency_.begin(), recency_, entry);
  return &entry->known;
}

void KeyCache::remember(const KeyDigest& digest, std::uint64_t revision, std::optional<TenantName> tenant,
                        SteadyTime now) {
  if (const auto found = entries_.find(digest); found != entries_.end()) {
    recency_.erase(found->second);
    entries_.erase(found);
  }
  while (entries_.size() >= limits_.max_entries) {
    entries_.erase(recency_.back().digest);
    recency_.pop_back();
  }
  const SteadyTime until = tenant ? SteadyTime::max() : now + limits_.refused_for;
  recency_.push_front({digest, revision, {tenant.value_or(TenantName{})}, until});
  entries_.emplace(digest, recency_.begin());
}

}  // namespace pathwise::router::openai
