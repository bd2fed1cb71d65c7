// SPDX-License-Identifier: Apache-2.0
// Flex-Algo definitions (RFC 9350). Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "te/topology/topology.h"

namespace pathwise::te {

enum class MetricType : std::uint8_t { kIgp = 0, kMinDelay = 1, kTe = 2 };  // RFC 9350 section 5.1

struct FlexAlgoDefinition {
  Algorithm algorithm;  // 0 stands for plain SPF; else 128..255
  MetricType metric = MetricType::kIgp;
  AdminGroups exclude_any;
  AdminGroups include_any;
  AdminGroups include_all;
  friend bool operator==(const FlexAlgoDefinition&, const FlexAlgoDefinition&) = default;
};

// xxh3 over a canonical form of all definitions: neighbours exchange it before they use any route.
[[nodiscard]] std::uint64_t definitions_hash(const std::vector<FlexAlgoDefinition>& definitions);

// The cost of a link under the definition; nullopt: pruned (RFC 9350 section 13).
[[nodiscard]] std::optional<std::uint32_t> link_cost(const FlexAlgoDefinition& definition, const Link& link);

}  // namespace pathwise::te
