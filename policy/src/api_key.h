// SPDX-License-Identifier: Apache-2.0
// Stored API keys: "scrypt:N=16384,r=8,p=1:<salt base64>:<hash base64>" (RFC 7914), of the whole key.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "policy/policy_snapshot.h"

namespace pathwise::policy {

struct StoredKey {
  ScryptCost cost;
  std::vector<std::uint8_t> salt;
  std::vector<std::uint8_t> hash;  // 32 bytes

  [[nodiscard]] static Result<StoredKey> parse(std::string_view text);
  // One scrypt; compares in constant time.
  [[nodiscard]] bool matches(std::string_view api_key) const;
};

}  // namespace pathwise::policy
