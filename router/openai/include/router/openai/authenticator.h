// SPDX-License-Identifier: Apache-2.0
// Who is asking. A key is checked against scrypt once, on a helper thread, and then known by its
// SHA-256: the request path never computes scrypt. Wrong keys are remembered too, for a while, so that
// repeating one costs nothing. One thread; the policy it answers for is the caller's present one.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/ids.h"

namespace pathwise::router::openai {

// "Bearer pw-…": the key; nullopt if the header is not of that form.
[[nodiscard]] std::optional<std::string_view> bearer_key(std::string_view authorization);

using KeyDigest = std::array<std::uint8_t, 32>;
[[nodiscard]] KeyDigest digest_key(std::string_view key);

class KeyCache {
 public:
  struct Limits {
    std::size_t max_entries = 16'384;      // about 2 MB a thread
    std::chrono::seconds refused_for{30};  // how long a wrong key stays known as wrong
  };
  KeyCache() : KeyCache(Limits{}) {}
  explicit KeyCache(Limits limits) : limits_(limits) {}

  struct Known {
    TenantName tenant;  // empty: known to be wrong
  };
  // nullptr: not known. `revision`: of the present policy; entries of another one do not count.
  [[nodiscard]] const Known* find(const KeyDigest& digest, std::uint64_t revision, SteadyTime now);
  void remember(const KeyDigest& digest, std::uint64_t revision, std::optional<TenantName> tenant, SteadyTime now);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    KeyDigest digest;
    std::uint64_t revision;
    Known known;
    SteadyTime until;
  };
  struct Hash {
    std::size_t operator()(const KeyDigest& digest) const noexcept;
  };
  Limits limits_;
  std::list<Entry> recency_;  // the most recent first
  std::unordered_map<KeyDigest, std::list<Entry>::iterator, Hash> entries_;
};

}  // namespace pathwise::router::openai
