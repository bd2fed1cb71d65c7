// SPDX-License-Identifier: Apache-2.0
// What a client can send: labels and keys.
#include <cstdlib>
#include <string_view>

#include "policy/policy_snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  namespace policy = pathwise::policy;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto labels = policy::Labels::parse(text)) {
    const auto again = policy::Labels::parse(labels->to_string());
    if (!again || again->items != labels->items) std::abort();
  }
  static_cast<void>(policy::api_key_id(text));
  return 0;
}
