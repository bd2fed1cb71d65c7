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

inline constexpr std::uint8_t kDefaultFadPriority = 128;  // of configurations that give none, as routers have it

struct FlexAlgoDefinition {
  Algorithm algorithm;  // 0 stands for plain SPF; else 128..255
  MetricType metric = MetricType::kIgp;
  AdminGroups exclude_any;
  AdminGroups include_any;
  AdminGroups include_all;
  std::vector<std::uint32_t> exclude_srlg;      // ascending (RFC 9350 section 6.5)
  std::uint8_t priority = kDefaultFadPriority;  // of the advertisement, not of the paths (section 5.1)
  friend bool operator==(const FlexAlgoDefinition&, const FlexAlgoDefinition&) = default;
};

// xxh3 over a canonical form of all definitions: neighbours exchange it before they use any route. The order of
// the definitions and of their SRLGs does not matter. A priority of 128 and no SRLGs add nothing to the form, so
// that a release without them has the same hash.
[[nodiscard]] std::uint64_t definitions_hash(const std::vector<FlexAlgoDefinition>& definitions);

// The cost of a link under the definition; nullopt: pruned (RFC 9350 section 13).
[[nodiscard]] std::optional<std::uint32_t> link_cost(const FlexAlgoDefinition& definition, const Link& link);

// One node's Flex-Algo Definition as it was received (or our own, as configured). What this code does not know
// is kept by name, because a node that does not understand the elected definition must not take part.
struct FadAdvertisement {
  std::string system_id;  // of the advertiser: "0000.0000.0001"; equal priorities are decided by it
  NodeName node;          // for people
  FlexAlgoDefinition definition;
  // Parts that link_cost() cannot follow: "metric type 3", "sub-TLV 6", "calculation type 1".
  std::vector<std::string> unsupported;
};

// Who won the algorithm.
struct FadElection {
  Algorithm algorithm;
  FadAdvertisement winner;
  // True if all of the winner is understood. Otherwise this node neither takes part in the algorithm nor keeps
  // routes for it (RFC 9350 section 5.3).
  bool supported = true;
  std::string reason;  // "r2: priority 200 over 128 (r1)", and what is not understood
};

// RFC 9350 section 5.3: for each algorithm the definition of the highest priority wins, of equal ones that of
// the highest system id. Advertisements of algorithms below 128 are ignored; of two by one system for one
// algorithm the first counts (section 5.1). Ascending by algorithm. Pure.
[[nodiscard]] std::vector<FadElection> elect(const std::vector<FadAdvertisement>& advertisements);

}  // namespace pathwise::te
