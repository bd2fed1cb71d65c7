// SPDX-License-Identifier: Apache-2.0
#include "te/algo/flex_algo.h"

#include <xxhash.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/format.h"

namespace pathwise::te {
namespace {

void append(std::vector<std::uint8_t>& bytes, const AdminGroups& groups) {
  for (const std::uint64_t word : groups.words) {
    for (unsigned shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<std::uint8_t>(word >> shift));
  }
}

// Tags that are no algorithm of a definition, so that no two lists read alike.
constexpr std::uint8_t kPriorityTag = 1;
constexpr std::uint8_t kSrlgTag = 2;

void append(std::vector<std::uint8_t>& bytes, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

void append_options(std::vector<std::uint8_t>& bytes, const FlexAlgoDefinition& definition) {
  if (definition.priority != kDefaultFadPriority) {
    bytes.push_back(kPriorityTag);
    bytes.push_back(definition.priority);
  }
  if (definition.exclude_srlg.empty()) return;
  std::vector<std::uint32_t> groups = definition.exclude_srlg;
  std::ranges::sort(groups);
  const auto rest = std::ranges::unique(groups);
  groups.erase(rest.begin(), rest.end());
  bytes.push_back(kSrlgTag);
  append(bytes, static_cast<std::uint32_t>(groups.size()));
  for (const std::uint32_t group : groups) append(bytes, group);
}

bool shares_srlg(const std::vector<std::uint32_t>& excluded, const std::vector<std::uint32_t>& of_link) {
  return std::ranges::any_of(of_link, [&](std::uint32_t group) { return std::ranges::contains(excluded, group); });
}

// Whether `a` beats `b`.
bool beats(const FadAdvertisement& a, const FadAdvertisement& b) {
  return std::tie(a.definition.priority, a.system_id) > std::tie(b.definition.priority, b.system_id);
}

std::string why(const FadAdvertisement& winner, const FadAdvertisement* second) {
  const unsigned priority = winner.definition.priority;
  std::string text = formatted("{}: priority {}", winner.node, priority);
  if (second == nullptr) {
    text += ", the only definition";
  } else if (second->definition.priority != priority) {
    append_formatted(text, " over {} ({})", unsigned{second->definition.priority}, second->node);
  } else {
    append_formatted(text, ", and system id {} over {} ({})", winner.system_id, second->system_id, second->node);
  }
  for (const std::string& part : winner.unsupported) append_formatted(text, "; {} is not supported", part);
  return text;
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
    append_options(bytes, definition);
  }
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::optional<std::uint32_t> link_cost(const FlexAlgoDefinition& definition, const Link& link) {
  if (!link.unusable.empty() || link.reverse == kNoLink) return std::nullopt;
  // RFC 9350 section 13, rules 1 to 4; an empty set is an absent sub-TLV.
  if (definition.exclude_any.intersects(link.admin_groups)) return std::nullopt;
  if (shares_srlg(definition.exclude_srlg, link.srlgs)) return std::nullopt;
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

std::vector<FadElection> elect(const std::vector<FadAdvertisement>& advertisements) {
  struct Ballot {
    const FadAdvertisement* winner = nullptr;
    const FadAdvertisement* second = nullptr;
    std::set<std::string> systems;
  };
  std::map<Algorithm, Ballot> ballots;
  for (const FadAdvertisement& each : advertisements) {
    if (!is_flex_algo(each.definition.algorithm)) continue;
    Ballot& ballot = ballots[each.definition.algorithm];
    if (!ballot.systems.insert(each.system_id).second) continue;
    const FadAdvertisement* loser = &each;
    if (ballot.winner == nullptr || beats(each, *ballot.winner)) loser = std::exchange(ballot.winner, &each);
    if (loser != nullptr && (ballot.second == nullptr || beats(*loser, *ballot.second))) ballot.second = loser;
  }
  std::vector<FadElection> elections;
  elections.reserve(ballots.size());
  for (const auto& [algorithm, ballot] : ballots) {
    elections.push_back({.algorithm = algorithm,
                         .winner = *ballot.winner,
                         .supported = ballot.winner->unsupported.empty(),
                         .reason = why(*ballot.winner, ballot.second)});
  }
  return elections;
}

}  // namespace pathwise::te
