// SPDX-License-Identifier: Apache-2.0
#include "te/algo/flex_algo.h"

#include <xxhash.h>

#include <algorithm>

namespace pathwise::te {
namespace {

void append(std::vector<std::uint8_t>& bytes, const AdminGroups& groups) {
  for (const std::uint64_t word : groups.words) {
    for (unsigned shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<std::uint8_t>(word >> shift));
  }
}

}  // namespace

std::uint64_t definitions_hash(const std::vector<FlexAlgoDefinition>& definitions) {
  std::vector<FlexAlgoDefinition> sorted = definitions;
  std::ranges::sort(sorted, {}, &FlexAlgoDefinition::algorithm);
  std::vector<std::uint8_t> bytes;
  for (const FlexAlgoDefinition& definition : sorted) {
    bytes.push_back(definition.algorithm.value());
    bytes.push_back(static_cast<std::uint8_t>(definition.metric));
    append(bytes, definition.exclude_any);
    append(bytes, definition.include_any);
    append(bytes, definition.include_all);
  }
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::optional<std::uint32_t> link_cost(const FlexAlgoDefinition& definition, const Link& link) {
  if (!link.unusable.empty() || link.reverse == kNoLink) return std::nullopt;
  // RFC 9350 section 13, rules 2 to 4; an empty set is an absent sub-TLV.
  if (definition.exclude_any.intersects(link.admin_groups)) return std::nullopt;
  if (definition.include_any.any() && !definition.include_any.intersects(link.admin_groups)) return std::nullopt;
  if (!link.admin_groups.contains(definition.include_all)) return std::nullopt;
  switch (definition.metric) {  // rule 5: a link without the metric is pruned
    case MetricType::kIgp:
      return link.igp_metric;
    case MetricType::kMinDelay:
      return link.min_delay_us;
    case MetricType::kTe:
      return link.te_metric;
  }
  return std::nullopt;
}

}  // namespace pathwise::te
